"""Structs of Thrift's compact protocol, as Parquet writes its footer and page heads.

Nothing is believed: a length is never longer than the bytes that are left, so that
reading takes memory in proportion to what is there.  Fields are named by their
numbers.  PyArrow's own parser lets a few bytes claim millions of elements, and
what it says of a hostile column chunk can end the process.
"""

from typing import Any

Struct = dict[int, Any]
"""Fields by number: int, bool, bytes, list or Struct."""

_DEEPEST = 16  # levels; the footer has 6
_LONGEST_VARINT = 10  # bytes of 64 bits
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_INTEGERS = frozenset({4, 5, 6})
_DOUBLE_BYTES = 8
_LONG_LIST = 15  # a length that does not fit into four bits follows


class Truncated(ValueError):  # noqa: N818 - an expected end, told to the caller
    """The bytes end before the struct does: more of them may mend it."""


class Compact:
    """Reads structs one after the other from bytes."""

    def __init__(self, content: bytes) -> None:
        """Take the bytes; `at` is where the next struct begins."""
        self._content = content
        self.at = 0

    def struct(self, deep: int = 0) -> Struct:
        """Return the struct that begins here; ValueError when it is none."""
        if deep > _DEEPEST:
            raise ValueError("nested too deeply")
        found: Struct = {}
        number = 0
        while head := self._byte():
            kind = head & 15
            number = number + (head >> 4) if head >> 4 else self._signed()
            if number in found:  # readers differ in which of two they take
                raise ValueError("a field twice")
            found[number] = (
                kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, deep)
            )
        return found

    def _value(self, kind: int, deep: int) -> Any:  # noqa: ANN401 - see Struct
        if kind in _INTEGERS:
            return self._signed()
        if kind == _BINARY:
            return self._bytes(self._unsigned())
        if kind == _STRUCT:
            return self.struct(deep + 1)
        if kind in (_LIST, _SET):
            return self._list(deep)
        if kind == _DOUBLE:
            return self._bytes(_DOUBLE_BYTES)
        if kind in (_TRUE, _FALSE, _BYTE):  # of a list, where they take a byte each
            return self._byte()
        raise ValueError("no such type")  # maps: Parquet has none

    def _list(self, deep: int) -> list[Any]:
        if deep > _DEEPEST:
            raise ValueError("nested too deeply")
        head = self._byte()
        count = head >> 4
        if count == _LONG_LIST:
            count = self._unsigned()
        if count > len(self._content) - self.at:
            raise Truncated
        return [self._value(head & 15, deep + 1) for _ in range(count)]

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, count: int) -> bytes:
        if count > len(self._content) - self.at:
            raise Truncated
        found = self._content[self.at : self.at + count]
        self.at += count
        return found

    def _unsigned(self) -> int:
        number = 0
        for place in range(_LONGEST_VARINT):
            byte = self._byte()
            number |= (byte & 127) << 7 * place
            if byte < 128:  # noqa: PLR2004 - the last one
                return number
        raise ValueError("a number is too long")

    def _signed(self) -> int:
        number = self._unsigned()
        return (number >> 1) ^ -(number & 1)
