"""A seekable stream over something that is read in ranges, such as an object."""

import io
from collections.abc import Callable
from typing import Any


class Ranges(io.RawIOBase):
    """Reads `size` bytes by `read(begin, end)`; wrap it in a BufferedReader."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        """Take what reads the bytes [begin, end), and how many there are."""
        self._read = read
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, never before the begin."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}
        self._at = max(0, base[whence] + offset)
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - the buffer protocol has no type before 3.12
        """Fill the buffer as far as there are bytes; return how many."""
        end = min(self._at + len(buffer), self._size)
        if end <= self._at:
            return 0
        content = self._read(self._at, end)
        buffer[: len(content)] = content
        self._at = end
        return len(content)
