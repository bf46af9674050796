"""A landed file proved to be the one that was admitted, also while it is read."""

import hashlib
import io
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
