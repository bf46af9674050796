"""A directory as an off-site medium: a mounted disk or share (R65-R67).

It bears a label (`disk_label`): where that is missing the disk is not mounted, and
nothing is written, listed or read.  Objects are written once.  A lock date stands in
`<name>.lock` beside the object; only Custody's own code honours it, whoever owns the
disk can delete, and certificates say so (design idea 4).
"""

import datetime as dt
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from custody.adapters import durable
from custody.adapters.disk_label import LABEL, in_service
from custody.application.ports import PathVersion
from custody.domain.language import Text
from custody.errors import ConflictError, EvidenceError

LOCK = ".lock"
_LOCK_FORM = "custody/lock/1 {}\n"
_LOCK_DAMAGED = Text(
    "{medium}：{file}：其锁定文件已损坏", "{medium}: {file}: its lock is damaged"
)
OTHER_CONTENT = Text(
    "{medium}：{path} 已存在且内容不同", "{medium}: {path} exists with other content"
)


class DirectoryMedium:
    """One directory; `name` is the medium's in public keys, ledger and certificates."""

    def __init__(self, root: Path, *, name: str, label: str = "") -> None:
        """Take the folder, the name, and the id on the label if just that disk it is.

        `custody.adapters.disk_label` labels it; nothing here does.
        """
        self._root = root
        self._name = name
        self._label = label

    @property
    def name(self) -> str:
        """The medium's label."""
        return self._name

    def put(self, path: str, content: bytes, *, locked_until: dt.date) -> None:
        """Write once; the same bytes again lengthen the lock, others conflict."""
        self.put_stream(path, io.BytesIO(content), locked_until=locked_until)

    def put_stream(
        self, path: str, content: BinaryIO, *, locked_until: dt.date
    ) -> None:
        """As `put`, for an object of any size; `content` must be seekable."""
        with self._there(path) as root:
            target = _target(root, path)
            # The lock first: an object is never there without one.
            start = content.tell()
            if not target.exists():
                self._lengthen(target, locked_until)
                if durable.write_once(target, partial(shutil.copyfileobj, content)):
                    return
                content.seek(start)
            if not _equal(target, content):
                raise OTHER_CONTENT.as_error(
                    ConflictError, medium=self._name, path=path
                )
            self._lengthen(target, locked_until)

    def read(self, path: str) -> bytes:
        """Read an object; KeyError when absent."""
        with self.open(path) as content:
            return content.read()

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open an object for reading; KeyError when absent."""
        with self._there(path) as root:
            try:
                file = _target(root, path).open("rb")
            except (FileNotFoundError, NotADirectoryError):
                raise KeyError(path) from None
            with file:
                yield file

    def list(self, prefix: str) -> tuple[str, ...]:
        """List the object paths under a prefix, ordered; locks are no objects."""
        with self._there(prefix) as root:
            folder = root / prefix.rpartition("/")[0]  # nothing else begins like that
            found = _walk(root, folder) if folder.is_dir() else ()
            return tuple(
                sorted(
                    path
                    for path in found
                    if path.startswith(prefix)
                    and not path.endswith(LOCK)
                    and not path.rpartition("/")[2].startswith(durable.TEMPORARY)
                )
            )

    @property
    def overwrites(self) -> bool:
        """Whether a removal overwrites the bytes before it unlinks them."""
        return True

    def versions(self, prefix: str) -> tuple[PathVersion, ...]:
        """List every file under a prefix, halves that a killed writer left too.

        A lock whose object is gone counts as a marker.  WorldError when the folder
        is not there (a disk that is not mounted) or cannot be read to the end.
        """
        with self._there(prefix) as root:
            files = set(_walk(root))
            return tuple(
                PathVersion(
                    path=path,
                    marker=path.endswith(LOCK),
                    locked_until=self._lock_of(root / path.removesuffix(LOCK)),
                )
                for path in sorted(files)
                if path.startswith(prefix)
                and not (path.endswith(LOCK) and path.removesuffix(LOCK) in files)
            )

    def remove(self, version: PathVersion, *, today: dt.date) -> bool:
        """Overwrite and unlink an object, then its lock; False while it is locked."""
        if version not in self.versions(version.path):
            return True
        if version.locked_until is not None and version.locked_until >= today:
            return False
        with self._there(version.path) as root:
            file = root / version.path.removesuffix(LOCK)
            durable.erase(file)
            durable.erase(_lock(file))
        return True

    def locked_until(self, path: str) -> dt.date:
        """Return the last day of an object's lock; KeyError when it has none."""
        with self._there(path) as root:
            date = self._lock_of(_target(root, path))
        if date is None:
            raise KeyError(path)
        return date

    @contextmanager
    def _there(self, path: str) -> Iterator[Path]:
        """Hold the disk as long as something is done there; faults name the path."""
        with (
            durable.world(f"{self._name}: {path}"),
            in_service(self._root, name=self._name, wanted=self._label) as root,
        ):
            yield root

    def _lengthen(self, target: Path, until: dt.date) -> None:
        standing = self._lock_of(target)
        if standing is None or standing < until:
            durable.replace(_lock(target), _LOCK_FORM.format(until).encode())

    def _lock_of(self, target: Path) -> dt.date | None:
        try:
            text = _lock(target).read_text("utf-8")
        except FileNotFoundError:
            return None
        try:
            date = dt.date.fromisoformat(text.split()[-1])
        except (ValueError, IndexError):
            date = None
        if date is None or text != _LOCK_FORM.format(date):
            raise _LOCK_DAMAGED.as_error(
                EvidenceError, medium=self._name, file=target.name
            )
        return date


def medium_name(url: str) -> str:
    """Return the name of a medium: the URL's fragment, else its last folder or bucket.

    The name enters the derivation of the medium's keys (docs/formats.md): when a
    medium moves to another URL, write its old name behind a `#`.
    """
    parts = urlsplit(url)
    return parts.fragment or parts.netloc or PurePosixPath(unquote(parts.path)).name


def _target(root: Path, path: str) -> Path:
    target = durable.inside(root, path)
    if target.suffix == LOCK or path == LABEL:
        raise ValueError("an object's name is not that of a lock or of the label")
    return target


def _walk(root: Path, within: Path | None = None) -> Iterator[str]:
    """Yield every file's path but the label's; OSError where one cannot look.

    `within` is the root, or a folder of it that is looked through alone.
    """

    def fail(fault: OSError) -> None:
        raise fault

    for folder, _, files in os.walk(within or root, onerror=fail):
        for name in files:
            path = (Path(folder) / name).relative_to(root).as_posix()
            if path != LABEL:
                yield path


def _lock(target: Path) -> Path:
    return target.with_name(target.name + LOCK)


def _equal(target: Path, content: BinaryIO) -> bool:
    with target.open("rb") as stored:
        while True:
            ours, theirs = content.read(1 << 20), stored.read(1 << 20)
            if ours != theirs:
                return False
            if not ours:
                return True
