"""A landed file proved to be the one that was admitted, also while it is read."""

import hashlib
import io
import os
from typing import BinaryIO

from custody.domain.delivery import ManifestFile, Refusal
from custody.errors import DeliveryError

_CHUNK = 1024 * 1024  # bytes


def digest_of(stream: BinaryIO) -> str:
    """Return SHA-256 (hex) of what is left of a stream."""
    digest = hashlib.sha256()
    while content := stream.read(_CHUNK):
        digest.update(content)
    return digest.hexdigest()


class PinnedStream(io.RawIOBase):
    """Reads once, forwards only, and hashes exactly what it hands out.

    Call `finish` after the last read, before anything is committed: a file that
    was swapped, or rewritten in place, since its admission is refused there.
    """

    def __init__(self, stream: BinaryIO, file: ManifestFile) -> None:
        """Take the open stream, at its begin, and what the manifest says of it."""
        super().__init__()
        self._stream = stream
        self._file = file
        self._hash = hashlib.sha256()
        self._size = 0

    def readable(self) -> bool:
        """Return True: that is all it does."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # the buffer protocol has no type before 3.12
        """Read the next bytes and hash them."""
        content = self._stream.read(len(buffer))
        buffer[: len(content)] = content
        self._hash.update(content)
        self._size += len(content)
        return len(content)

    def finish(self) -> None:
        """Read what is left; DeliveryError `file_digest` if it is another file."""
        while self.read(_CHUNK):
            pass
        found = (self._size, self._hash.hexdigest())
        if found != (self._file.size, self._file.sha256):
            raise DeliveryError(Refusal.FILE_DIGEST)


class PinnedFile(io.RawIOBase):
    """Reads anywhere in a file, and hands out only what was hashed.

    The file is read through once: its digest must be the one admitted, and each
    chunk's digest is kept (32 bytes a MiB).  Every later read is of whole chunks
    that are compared again, so a file rewritten in between is refused.
    """

    def __init__(self, stream: BinaryIO, file: ManifestFile) -> None:
        """Take the open stream, seekable; DeliveryError `file_digest` if another."""
        super().__init__()
        self._stream = stream
        self._chunks: list[bytes] = []
        self._size = 0
        self._at = 0
        self._kept = (-1, b"")
        whole = hashlib.sha256()
        stream.seek(0)
        while content := stream.read(_CHUNK):
            whole.update(content)
            self._chunks.append(hashlib.sha256(content).digest())
            self._size += len(content)
        if (self._size, whole.hexdigest()) != (file.size, file.sha256):
            raise DeliveryError(Refusal.FILE_DIGEST)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the offset of the next read."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move the offset of the next read, never before the begin."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}
        self._at = max(origin[whence] + offset, 0)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # the buffer protocol has no type before 3.12
        """Read on, at most to the end of a chunk; compare the chunk first."""
        if self._at >= self._size:
            return 0
        number, begin = divmod(self._at, _CHUNK)
        content = self._chunk(number)[begin : begin + len(buffer)]
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)

    def _chunk(self, number: int) -> bytes:
        if self._kept[0] != number:
            self._stream.seek(number * _CHUNK)
            content = self._stream.read(_CHUNK)
            if hashlib.sha256(content).digest() != self._chunks[number]:
                raise DeliveryError(Refusal.FILE_DIGEST)
            self._kept = (number, content)
        return self._kept[1]
