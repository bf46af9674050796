"""Frames to PostgreSQL's binary COPY, encoded by columns.

The stream is a header, then per row a count of fields (int16) and per field its
length (int32, -1 for NULL) and bytes, big-endian, then -1 (PostgreSQL manual,
COPY, binary format).  Each column becomes length-prefixed Arrow binary; one
element-wise join then lays the rows side by side in native code.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_ROWS_PER_SLICE = 65_536
_WIDTHS = {"int8": 8, "int4": 4}


def copy_frame(
    connection: psycopg.Connection[Any],
    table: str,
    frame: pl.DataFrame,
    *,
    columns: Mapping[str, str],
) -> None:
    """COPY the named columns of a frame into `schema.table`.

    `columns` maps a column to its SQL type: int8, int4, text, bytea or uuid (16
    bytes).  Nulls become NULL.  Memory is that of one slice, not of the frame.
    """
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(*table.split(".")), names
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_HEADER)
        for part in frame.select(list(columns)).iter_slices(_ROWS_PER_SLICE):
            copy.write(encode_rows(part, columns))
        copy.write(_TRAILER)


def encode_rows(frame: pl.DataFrame, columns: Mapping[str, str]) -> bytes:
    """Return the rows of a frame as COPY tuples, without header and trailer."""
    if not frame.height:
        return b""
    parts: list[Any] = [_constant(len(columns).to_bytes(2, "big"), frame.height)]
    for name, kind in columns.items():
        parts += _field(frame[name], kind)
    joined = pc.binary_join_element_wise(*parts, pa.scalar(b"", pa.large_binary()))
    array = joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined
    ends = np.frombuffer(array.buffers()[1], dtype=np.int64)
    first, last = ends[array.offset], ends[array.offset + len(array)]
    return memoryview(array.buffers()[2])[first:last].tobytes()


def _field(column: pl.Series, kind: str) -> list[Any]:
    """Return the length prefixes and the bodies of one column."""
    width = _WIDTHS.get(kind)
    body = _bytes(column) if width is None else _integers(column, width)
    lengths = np.full(len(column), -1, dtype=">i4")
    present = column.is_not_null().to_numpy()
    sizes = pc.binary_length(body).to_numpy(zero_copy_only=False)
    lengths[present] = sizes[present]
    return [_fixed(lengths.tobytes(), 4, len(column)), body]


def _bytes(column: pl.Series) -> Any:  # noqa: ANN401 - PyArrow ships no types
    """Return text or bytes as large_binary, nulls as empty."""
    array = column.to_arrow(compat_level=pl.CompatLevel.oldest())
    return pc.fill_null(array.cast(pa.large_binary()), b"")


def _integers(column: pl.Series, width: int) -> Any:  # noqa: ANN401 - as above
    """Return integers as big-endian bytes, nulls as empty."""
    present = column.is_not_null().to_numpy()
    numbers = column.fill_null(0).to_numpy().astype(f">i{width}")
    if present.all():
        return _fixed(numbers.tobytes(), width, len(column))
    ends = np.concatenate(([0], np.cumsum(present * width))).astype(np.int64)
    return _binary(numbers[present].tobytes(), ends)


def _constant(value: bytes, rows: int) -> Any:  # noqa: ANN401 - as above
    return _fixed(value * rows, len(value), rows)


def _fixed(content: bytes, width: int, rows: int) -> Any:  # noqa: ANN401 - as above
    return _binary(content, np.arange(0, (rows + 1) * width, width, dtype=np.int64))


def _binary(content: bytes, ends: "np.ndarray[Any, Any]") -> Any:  # noqa: ANN401
    buffers = [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(content)]
    return pa.Array.from_buffers(pa.large_binary(), len(ends) - 1, buffers)
