"""Files that are there whole or not at all, written once, and survive a crash.

A file without a name in the same folder, fsync, hard link to the final name (which,
unlike rename, never replaces), fsync the folder: a writer that is killed leaves
nothing.  Where the file system knows no nameless files (NFS), a temporary name
stands in, and what a killed writer left keeps that.  It must know hard links.
"""

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from custody.domain.language import Text
from custody.domain.os_words import os_fault

PRIVATE_FOLDER = 0o700
_NO_NAMELESS = {errno.EISDIR, errno.EOPNOTSUPP, errno.EINVAL}
UNREADABLE = Text("{file}：无法读取该文件", "{file}: the file cannot be read")
TEMPORARY = ".unfinished-"
"""How the names of files begin that a crash may leave; nothing reads them."""


def write_once(
    path: Path, write: Callable[[BinaryIO], None], *, temporary: str = TEMPORARY
) -> bool:
    """Write a new file (mode 0600); False, and nothing changed, when it exists."""
    make_folder(path.parent)
    with (
        _nameless(path.parent, temporary) as (descriptor, name),
        open(descriptor, "wb") as out,  # noqa: PTH123 - an open descriptor
    ):
        write(out)
        out.flush()
        os.fsync(out.fileno())
        try:
            # A descriptor of whatever folder makes Python follow the link in /proc.
            os.link(name, path, src_dir_fd=descriptor, follow_symlinks=True)
        except FileExistsError:
            return False
    sync_folder(path.parent)
    return True


def keep(path: Path, content: bytes) -> bool:
    """Write these bytes to a new file; False, and nothing changed, when it exists."""

    def write(out: BinaryIO) -> None:
        out.write(content)

    return write_once(path, write)


def replace(path: Path, content: bytes) -> None:
    """Write a file whether or not it exists; readers see the old or the new one."""
    make_folder(path.parent)
    with _unfinished(path.parent, TEMPORARY) as (descriptor, name):
        with open(descriptor, "wb") as out:  # noqa: PTH123 - an open descriptor
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, path)  # noqa: PTH105 - name is a string
    sync_folder(path.parent)


def erase(path: Path) -> None:
    """Overwrite, fsync, unlink, fsync the folder; nothing when it is not there.

    On flash and copy-on-write storage the old blocks may outlive this: where that
    matters, what lay in them was sealed.
    """
    try:
        with path.open("r+b") as file:
            left = path.stat().st_size
            while left > 0:
                left -= file.write(bytes(min(left, 1 << 20)))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def sha256_of(path: Path) -> str:
    """Return SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, each for the owner alone (0700)."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a crash."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def inside(root: Path, name: str) -> Path:
    """Return `root / name`; ValueError when the name could lead elsewhere."""
    parts = name.split("/")
    if any(part in {"", ".", ".."} or part.startswith(TEMPORARY) for part in parts):
        message = "an object name is made of plain parts between slashes"
        raise ValueError(message)
    return root.joinpath(*parts)


@contextmanager
def world(place: str) -> Iterator[None]:
    """Turn the operating system's errors into WorldError at a named place."""
    try:
        yield
    except OSError as fault:
        raise os_fault(place, fault) from fault


@contextmanager
def _nameless(folder: Path, prefix: str) -> Iterator[tuple[int, str]]:
    """Open a file without a name (open(2), O_TMPFILE), and by what it is linked."""
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        if fault.errno not in _NO_NAMELESS:
            raise
        with _unfinished(folder, prefix) as named:
            yield named
    else:
        yield descriptor, f"/proc/self/fd/{descriptor}"


@contextmanager
def _unfinished(folder: Path, prefix: str) -> Iterator[tuple[int, str]]:
    descriptor, name = tempfile.mkstemp(prefix=prefix, dir=folder)  # mode 0600
    try:
        yield descriptor, name
    finally:
        Path(name).unlink(missing_ok=True)
