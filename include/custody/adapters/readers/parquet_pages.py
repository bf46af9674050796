"""What a Parquet file claims of itself, judged before PyArrow believes it.

PyArrow sets memory aside for what the head of a page says: a file of one kilobyte
took 1.4 GiB, and 10 seconds, by a page that claimed so many bytes.  So the footer
and every page head are read here first, and each claim is held against the bytes
that are there: a page ends within its column, unpacks to no more than its group
may, holds no more values than the group has rows, and a dictionary no more than
fit into its bytes.
"""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from custody.adapters.readers import limits
from custody.adapters.readers.thrift import Compact, Struct, Truncated
from custody.errors import DeliveryError

TAIL = 8  # bytes: footer length and magic
_SLACK = 100  # bytes that old writers leave out of a column's length
_FIRST_READ, _LONGEST_HEAD = 4 * 1024, 1024 * 1024  # bytes of a page's head
_DATA, _DICTIONARY, _DATA_2 = 0, 2, 3  # types of pages
_COUNTED = {_DATA: 5, _DICTIONARY: 7, _DATA_2: 8}
"""Where a page of a type tells how many values it holds."""

_LEAST_BYTES: Mapping[int, int] = {1: 4, 2: 8, 3: 12, 4: 4, 5: 8, 6: 4}
"""Bytes that a value of a physical type takes at least in a dictionary."""


def read_footer(stream: BinaryIO, size: int) -> list[Struct]:
    """Return the row groups that the footer tells of; `not_parquet` without any order.

    The ends of the file are known to be those of a Parquet file.
    """
    stream.seek(size - TAIL)
    length = int.from_bytes(stream.read(TAIL)[:4], "little")
    stream.seek(size - TAIL - length)
    try:
        groups = Compact(stream.read(length)).struct()[4]
        for group in groups:
            for number in (2, 3):
                _number(group, number)
            for chunk in group[1]:
                for number in (1, 5, 7, 9):
                    _number(chunk[3], number)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DeliveryError("not_parquet") from None
    return list(groups)


def judge_pages(stream: BinaryIO, groups: list[Struct], *, size: int) -> None:
    """Refuse by the first row of a group what claims more than it can be.

    `parquet_bomb`: rows or bytes out of proportion to the file; `parquet_damaged`: a
    page that contradicts its column or its group.
    """
    most = max(size * limits.MAX_PARQUET_RATIO, limits.MIN_RATIO_BYTES)
    rows = max(size * limits.MAX_PARQUET_ROWS_RATIO, limits.MIN_RATIO_ROWS)
    row = 1
    for group in groups:
        if row - 1 + group[3] > rows or group[2] > most:
            raise DeliveryError("parquet_bomb", row=row)
        for chunk in group[1]:
            _judge_column(stream, chunk[3], group[3], most=most, size=size, row=row)
        row += group[3]


def _judge_column(
    stream: BinaryIO, column: Struct, rows: int, *, most: int, size: int, row: int
) -> None:
    values = unpacked = 0
    try:
        for page in _pages(stream, column, size, rows):
            unpacked += _number(page, 2)
            count = _count(page)
            if unpacked > most or page[2] > limits.MAX_PARQUET_PAGE_BYTES:
                raise DeliveryError("parquet_bomb", row=row)
            if page[1] == _DICTIONARY:
                if count * _LEAST_BYTES.get(column[1], 1) > page[2]:
                    raise DeliveryError("parquet_bomb", row=row)
            else:
                values += count
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DeliveryError("parquet_damaged", row=row) from None
    if max(values, column[5]) > rows:
        raise DeliveryError("parquet_damaged", row=row)


def _pages(stream: BinaryIO, column: Struct, size: int, rows: int) -> Iterator[Struct]:
    """Yield the heads of a column's pages, as far as they are read for its rows."""
    at = _begin(column)
    end = min(at + column[7] + _SLACK, size)
    values = 0
    while values < rows:
        page, length = _head(stream, at, end)
        at += length + _number(page, 3)
        if at > end:
            raise ValueError("a page is longer than its column")
        yield page
        if page[1] != _DICTIONARY:
            values += _count(page)


def _begin(column: Struct) -> int:
    """Return where a column's first page is, as PyArrow finds it."""
    data: int = column[9]
    dictionary = column.get(11, 0)
    return int(dictionary) if 0 < dictionary < data else data


def _head(stream: BinaryIO, at: int, end: int) -> tuple[Struct, int]:
    """Return a page's head and its length; a long one is read again, longer."""
    length = _FIRST_READ
    while True:
        stream.seek(at)
        reader = Compact(stream.read(min(length, end - at)))
        try:
            return reader.struct(), reader.at
        except Truncated:
            if length >= min(_LONGEST_HEAD, end - at):
                raise
            length *= 16


def _count(page: Struct) -> int:
    """Return how many values a page holds; 0 of a kind that is passed over."""
    where = _COUNTED.get(page[1])
    return 0 if where is None else _number(page[where], 1)


def _number(found: Struct, field: int) -> int:
    number = found[field]
    if not isinstance(number, int) or number < 0:
        raise ValueError("no number")
    return number
