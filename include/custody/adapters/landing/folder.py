"""The landing zone as a folder tree that other programs drop files into.

Hostile by assumption (threats T2): every step down opens the folder itself and
refuses links, files are opened relative to it, and only plain files with one
name are read.  An error names the delivery, not the file: its sender chose the name.
"""

import errno
import logging
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from custody.adapters.landing import folder_words as words
from custody.adapters.landing.erasing import erase_all, landed_in, names_in
from custody.adapters.landing.incomplete import incomplete_of, seen_below
from custody.adapters.landing.places import (
    key_at,
    manifest_last,
    order_of,
    place_of,
    told,
)
from custody.application.ports import Incomplete, LandedFile, Reached, pass_by
from custody.domain.delivery import DeliveryKey, Refusal
from custody.domain.manifest import MANIFEST_NAME
from custody.domain.os_words import os_fault
from custody.errors import ConflictError, DeliveryError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600
_CHUNK = 1024 * 1024  # bytes
_UNFINISHED = ".manifest.unfinished"

_log = logging.getLogger(__name__)


class FolderLanding:
    """Port `Landing` on a local or mounted folder."""

    def __init__(self, root: Path, reached: Reached = pass_by) -> None:
        """Take the root; it is made when the first delivery is put."""
        self._root = root
        self._reached = reached

    def deliveries(self, source_id: str | None = None) -> Iterator[DeliveryKey]:
        """Yield complete deliveries (manifest there), ordered; all sources if None.

        What lies in a folder that may not be read waits, and the log says where.
        """
        with _world("landing"):
            found = [
                key
                for source in self._names(())
                if source_id in {None, source}
                for date in self._readable(source)
                for sequence in self._readable(source, date)
                if (key := key_at(source, date, sequence)) is not None
                and MANIFEST_NAME in self._readable(source, date, sequence)
            ]
        yield from sorted(found, key=order_of)

    def incomplete(self) -> Iterator[Incomplete]:
        """Yield what lies there and is no complete delivery, ordered by place."""
        with _world("landing"):
            seen = tuple(seen_below(self._look))
        yield from incomplete_of(seen)

    def files(self, key: DeliveryKey) -> tuple[LandedFile, ...]:
        """List every object of the folder; a link or subfolder counts as one."""
        with _world(key.delivery_id), self._folder(place_of(key)) as folder:
            if folder is None:
                return ()
            return tuple(
                LandedFile(name=name, size=_size(folder, name))
                for name in landed_in(folder)
            )

    @contextmanager
    def open(self, key: DeliveryKey, name: str) -> Iterator[BinaryIO]:
        """Open a plain file for reading; seekable, pinned by its descriptor.

        DeliveryError `unreadable` for a link, a device, a second hard link or a
        name with a path in it; `file_missing` when it is not there.
        """
        with _world(key.delivery_id), self._folder(place_of(key)) as folder:
            descriptor = None if folder is None else _open_plain(folder, name)
        if descriptor is None:
            raise DeliveryError(Refusal.FILE_MISSING)
        with open(descriptor, "rb") as stream:  # noqa: PTH123 - an open descriptor
            yield stream

    def put(self, key: DeliveryKey, files: Mapping[str, BinaryIO]) -> None:
        """Write a delivery; `manifest.json` last; ConflictError if it exists."""
        place = place_of(key)
        with _world(key.delivery_id):
            self._root.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            self._make(place)
            with self._folder(place) as folder:
                if folder is None:
                    raise words.ERASED.as_error(
                        ConflictError, delivery_id=key.delivery_id
                    )
                for name in manifest_last(list(files)):
                    _write(folder, name, files[name])

    def erase(self, key: DeliveryKey) -> int:
        """Erase the folder, the manifest last; idempotent; return objects erased."""
        place = place_of(key)
        with _world(key.delivery_id):
            with self._folder(place) as folder:
                if folder is None:
                    return 0
                erased = erase_all(folder, self._reached)
            self._reached("prune.before")
            self._prune(place)
            self._reached("prune.after")
        return erased

    @contextmanager
    def _folder(self, place: tuple[str, ...]) -> Iterator[int | None]:
        """Open a folder step by step; None when it, or a step, is not a folder."""
        descriptor = _step(self._root)
        try:
            for name in place:
                if descriptor is None:
                    break
                below = _step(name, within=descriptor)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _names(self, place: tuple[str, ...]) -> list[str]:
        with self._folder(place) as folder:
            return [] if folder is None else names_in(folder)

    def _readable(self, *place: str) -> list[str]:
        try:
            return self._names(place)
        except PermissionError:
            _log.warning("landing: %s may not be read", told(*place))
            return []

    def _look(self, place: tuple[str, ...]) -> Iterator[tuple[str, os.stat_result]]:
        """Yield what lies in a folder but what is being erased."""
        if not self._readable(*place):
            return
        with self._folder(place) as folder:
            for name in [] if folder is None else landed_in(folder):
                with suppress(FileNotFoundError):
                    yield name, os.stat(name, dir_fd=folder, follow_symlinks=False)

    def _make(self, place: tuple[str, ...]) -> None:
        for depth, name in enumerate(place):
            with self._folder(place[:depth]) as above:
                if above is None:
                    raise words.NO_FOLDER.as_error(ConflictError, place="/".join(place))
                try:
                    os.mkdir(name, _PRIVATE_FOLDER, dir_fd=above)
                    os.fsync(above)
                except FileExistsError:
                    if depth == len(place) - 1:
                        raise words.EXISTS.as_error(
                            ConflictError, place="/".join(place)
                        ) from None

    def _prune(self, place: tuple[str, ...]) -> None:
        """Remove the folder and the parents that it leaves empty."""
        for depth in range(len(place) - 1, -1, -1):
            with self._folder(place[:depth]) as above:
                if above is None:
                    return
                try:
                    os.rmdir(place[depth], dir_fd=above)
                    os.fsync(above)
                except OSError as fault:
                    if fault.errno in {errno.ENOTEMPTY, errno.ENOENT, errno.EEXIST}:
                        return
                    raise


@contextmanager
def _world(place: str) -> Iterator[None]:
    """Turn the operating system's errors into WorldError at a named place."""
    try:
        yield
    except OSError as fault:
        raise os_fault(place, fault) from None  # its text may hold a file name


def _step(name: str | Path, *, within: int | None = None) -> int | None:
    """Open a folder; None when absent or no folder.  The root may be a link."""
    flags = _FOLDER if within is not None else _FOLDER & ~os.O_NOFOLLOW
    try:
        return os.open(name, flags, dir_fd=within)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as fault:
        if fault.errno == errno.ELOOP:
            return None
        raise


def _size(folder: int, name: str) -> int:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0


def _open_plain(folder: int, name: str) -> int | None:
    """Open a plain file with one name; None when absent; DeliveryError otherwise."""
    if "/" in name or "\0" in name or name in {"", ".", ".."}:
        raise DeliveryError(Refusal.UNREADABLE)
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as fault:
        if fault.errno in {errno.ELOOP, errno.ENXIO, errno.EACCES, errno.EISDIR}:
            raise DeliveryError(Refusal.UNREADABLE) from None
        raise
    seen = os.fstat(descriptor)
    if not stat.S_ISREG(seen.st_mode) or seen.st_nlink != 1:
        os.close(descriptor)
        raise DeliveryError(Refusal.UNREADABLE)
    return descriptor


def _write(folder: int, name: str, content: BinaryIO) -> None:
    """Write and fsync; the manifest appears whole, under its name, or not at all."""
    written_as = _UNFINISHED if name == MANIFEST_NAME else name
    descriptor = os.open(written_as, _WRITE, _PRIVATE_FILE, dir_fd=folder)
    with open(descriptor, "wb") as out:  # noqa: PTH123 - an open descriptor
        shutil.copyfileobj(content, out, _CHUNK)
        out.flush()
        os.fsync(out.fileno())
    if written_as != name:
        os.rename(written_as, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)
