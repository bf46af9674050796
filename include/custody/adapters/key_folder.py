"""The key folder: one write-once file per epoch, the embedded key provider.

Destroying overwrites and unlinks the file and leaves a tombstone with the date, so
that the epoch can never be born again.  Copies made outside Custody are not
covered, nor are old blocks of flash or copy-on-write storage; certificates say so
(R70-R72, design section 4).  File bytes in docs/formats.md.
"""

import datetime as dt
import hashlib
import os
import stat
import struct
from pathlib import Path
from typing import BinaryIO

from custody.adapters import durable, key_words
from custody.application.ports import Clock, KeyState
from custody.domain.epochs import EpochId
from custody.domain.language import Text
from custody.errors import (
    ConfigurationError,
    ConflictError,
    EvidenceError,
    KeyDestroyedError,
)

MAGIC = b"CW\x01"
KEY_BYTES = 32
TOMBSTONE = "custody/key-destroyed/1"
_LENGTH = struct.Struct(">H")
_DAMAGED = Text(
    "{epoch}：密钥文件已损坏：请从托管恢复",
    "{epoch}: the key file is damaged: restore it from escrow",
)
_TOMBSTONE = Text(
    "{epoch}：其密钥的销毁标记已损坏", "{epoch}: the tombstone of its key is damaged"
)
_READABLE = Text(
    "{epoch}：他人可读密钥文件：请 chmod 600",
    "{epoch}: others may read the key file: chmod 600 it",
)


class KeyFolder:
    """Keys of 32 random bytes under `<root>/<purpose>/<level>/<number>.key`."""

    def __init__(self, root: Path, clock: Clock) -> None:
        """Take the folder (made when a key is) and the clock that dates deaths."""
        self._root = root
        self._clock = clock

    def create(self, epoch: EpochId) -> bytes:
        """Create the key once; ConflictError when it exists or was destroyed."""
        with durable.world(f"key folder, {epoch}"):
            if self._tombstone(epoch).exists():
                raise key_words.DESTROYED.as_error(ConflictError, epoch=epoch)
            key = os.urandom(KEY_BYTES)
            content = encode_key(epoch, key)
            if not durable.write_once(
                self._file(epoch),
                lambda out: _write(out, content),
                temporary=_temporary(epoch),
            ):
                raise key_words.EXISTS.as_error(ConflictError, epoch=epoch)
            return key

    def adopt(self, epoch: EpochId, key: bytes) -> None:
        """Keep a key that comes from its escrow, once; the same again is welcome.

        ConflictError when another one is there, or it was destroyed.
        """
        content = encode_key(epoch, key)
        with durable.world(f"key folder, {epoch}"):
            if self._tombstone(epoch).exists():
                raise key_words.DESTROYED.as_error(ConflictError, epoch=epoch)
            if (
                not durable.write_once(
                    self._file(epoch),
                    lambda out: _write(out, content),
                    temporary=_temporary(epoch),
                )
                and self.open(epoch) != key
            ):
                raise key_words.ANOTHER.as_error(ConflictError, epoch=epoch)

    def known(self) -> tuple[EpochId, ...]:
        """Return the epochs that are listed: nothing but the folder tells of keys."""
        return self.epochs()

    def note_former(self, epoch: EpochId) -> bool:
        """Tell whether a former epoch's key is here; else leave its tombstone."""
        there = self._file(epoch).exists()
        with durable.world(f"key folder, {epoch}"):
            if not self._tombstone(epoch).exists():
                if there:
                    return True
                self._bury(epoch)
        if there:
            self.destroy(epoch)
        return False

    def open(self, epoch: EpochId) -> bytes:
        """Return the key; KeyDestroyedError, or KeyError when never created.

        EvidenceError when the file is not exactly what was written.
        """
        with durable.world(f"key folder, {epoch}"):
            if self._tombstone(epoch).exists():
                raise key_words.DESTROYED.as_error(KeyDestroyedError, epoch=epoch)
            try:
                return decode_key(epoch, _read_private(self._file(epoch), epoch))
            except FileNotFoundError:
                raise KeyError(str(epoch)) from None

    def destroy(self, epoch: EpochId) -> None:
        """Destroy for good; idempotent; KeyError when never created."""
        file, tombstone = self._file(epoch), self._tombstone(epoch)
        with durable.world(f"key folder, {epoch}"):
            if not file.exists():
                if tombstone.exists():
                    return
                raise KeyError(str(epoch))
            # The tombstone first: after a crash in between nobody opens or
            # creates the key, and destroying again finishes the work.
            self._bury(epoch)
            durable.erase(file)
            for left in file.parent.glob(f"{_temporary(epoch)}*"):
                durable.erase(left)

    def state(self, epoch: EpochId) -> KeyState:
        """Tell `live`, `destroyed` (and when) or `pending`; KeyError if unknown."""
        with durable.world(f"key folder, {epoch}"):
            there = self._file(epoch).exists()
            try:
                inscription = self._tombstone(epoch).read_bytes()
            except FileNotFoundError:
                if there:
                    return KeyState(name="live")
                raise KeyError(str(epoch)) from None
        if there:
            return KeyState(name="pending")
        return KeyState(name="destroyed", final=_date_of(epoch, inscription))

    def epochs(self) -> tuple[EpochId, ...]:
        """Return every epoch that has, or had, a key here, ordered by name."""
        with durable.world("key folder"):
            files = sorted(self._root.glob("*/*/*"))
        names = {
            file.relative_to(self._root).with_suffix("").as_posix()
            for file in files
            if file.suffix in {".key", ".destroyed"}
        }
        return tuple(EpochId.parse(name) for name in sorted(names))

    def strays(self) -> tuple[str, ...]:
        """Return the unfinished files, by name, that a killed creation left.

        There are such only where the file system knows no nameless files.
        """
        with durable.world("key folder"):
            left = sorted(self._root.rglob(f"{durable.TEMPORARY}*"))
        return tuple(file.relative_to(self._root).as_posix() for file in left)

    def _bury(self, epoch: EpochId) -> None:
        today = self._clock.now().astimezone(dt.UTC).date()
        durable.replace(self._tombstone(epoch), _inscribe(epoch, today))

    def _file(self, epoch: EpochId) -> Path:
        return self._folder(epoch) / f"{epoch.number}.key"

    def _tombstone(self, epoch: EpochId) -> Path:
        return self._folder(epoch) / f"{epoch.number}.destroyed"

    def _folder(self, epoch: EpochId) -> Path:
        return self._root / epoch.purpose / (epoch.level or "-")


def encode_key(epoch: EpochId, key: bytes) -> bytes:
    """Return the bytes of a key file: magic, epoch, key, checksum."""
    name = str(epoch).encode()
    content = MAGIC + _LENGTH.pack(len(name)) + name + key
    return content + hashlib.sha256(content).digest()


def decode_key(epoch: EpochId, stored: bytes) -> bytes:
    """Return the key of exactly this epoch; EvidenceError for anything else."""
    key = stored[: -hashlib.sha256().digest_size][-KEY_BYTES:]
    if len(key) != KEY_BYTES or encode_key(epoch, key) != stored:
        raise _DAMAGED.as_error(EvidenceError, epoch=epoch)
    return key


def _write(out: BinaryIO, content: bytes) -> None:
    out.write(content)


def _read_private(path: Path, epoch: EpochId) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - an open descriptor
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise _READABLE.as_error(ConfigurationError, epoch=epoch)
        return file.read()


def _temporary(epoch: EpochId) -> str:
    return f"{durable.TEMPORARY}{epoch.number}-"


def _inscribe(epoch: EpochId, date: dt.date) -> bytes:
    return f"{TOMBSTONE} {epoch} {date.isoformat()}\n".encode()


def _date_of(epoch: EpochId, inscription: bytes) -> dt.date:
    try:
        date = dt.date.fromisoformat(inscription.decode().split()[-1])
    except (ValueError, IndexError):
        date = None
    if date is None or inscription != _inscribe(epoch, date):
        raise _TOMBSTONE.as_error(EvidenceError, epoch=epoch)
    return date
