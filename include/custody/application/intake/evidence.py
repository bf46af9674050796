"""Evidence: how much of a refused folder is read and kept (R19).

Whatever could have been admitted is kept whole.  Of more than that, a sparse
terabyte say, the first bytes are kept, and what is missing is said in the name
under which they lie and in the ledger.
"""

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from custody.application.ports import LandedFile
from custody.domain.manifest import MAX_MANIFEST_BYTES, SIGNATURE_BYTES

_CHUNK = 1024 * 1024  # bytes
_FOLDER = re.compile(r"first-([0-9]{1,20})-of-([0-9]{1,20})")


@dataclass(frozen=True, slots=True)
class Share:
    """What is taken of one landed object: its first `kept` bytes."""

    number: int  # of the object in its folder, from 1
    file: LandedFile
    kept: int

    @property
    def is_cut(self) -> bool:
        """Whether bytes of it were left out."""
        return self.kept < self.file.size

    def under(self, name: str) -> str:
        """Return the name in quarantine: a cut one lies in a folder that says so."""
        cut = f"first-{self.kept}-of-{self.file.size}/"
        return (cut if self.is_cut else "") + name


def shares_of(files: Sequence[LandedFile], *, most: int) -> Iterator[Share]:
    """Yield what is taken of each object, the smallest first.

    `most` is policy's `max_landed_bytes`; manifest and signature come on top, as
    in admission.  So the one giant of a folder is cut, not what lies beside it.
    """
    left = most + MAX_MANIFEST_BYTES + SIGNATURE_BYTES
    numbered = enumerate(files, start=1)
    for number, file in sorted(numbered, key=lambda one: (one[1].size, one[0])):
        kept = min(file.size, left)
        left -= kept
        yield Share(number, file, kept)


def kept_of(folder: str) -> tuple[int, int] | None:
    """Return bytes kept and bytes landed from a folder's name; None: it is whole."""
    named = _FOLDER.fullmatch(folder)
    return None if named is None else (int(named[1]), int(named[2]))


class FirstBytes(io.RawIOBase):
    """Reads at most so many bytes of a stream, and hashes what it reads."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        """Take the open stream, at its begin."""
        super().__init__()
        self._stream = stream
        self._left = most
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        """Return True: that is all it does."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # the buffer protocol has no type before 3.12
        """Read the next bytes and hash them."""
        content = self._stream.read(min(len(buffer), self._left))
        buffer[: len(content)] = content
        self._hash.update(content)
        self._left -= len(content)
        return len(content)

    def digest(self) -> str:
        """Return the SHA-256 (hex) of all it may read, reading what is left of it."""
        while self.read(_CHUNK):
            pass
        return self._hash.hexdigest()
