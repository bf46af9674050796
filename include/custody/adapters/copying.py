"""Frames to PostgreSQL's binary COPY, encoded by columns.

The stream is a header, then per row a count of fields (int16) and per field its
length (int32, -1 for NULL) and bytes, big-endian, then -1 (PostgreSQL manual,
COPY, binary format).  Each column becomes length-prefixed Arrow binary; one
element-wise join then lays the rows side by side in native code.  What is the same
in every row, lengths too, is joined as one constant: half of all there is.
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
_WIDTHS = {"int8": 8, "int4": 4, "date": 4}
_DAYS_BEFORE_2000 = 10_957  # PostgreSQL counts days from then, Arrow from 1970
_NULL = b"\xff\xff\xff\xff"


def copy_frame(
    connection: psycopg.Connection[Any],
    table: str,
    frame: pl.DataFrame,
    *,
    columns: Mapping[str, str],
) -> None:
    """COPY the named columns of a frame into `schema.table`.

    `columns` maps a column to its SQL type: int8, int4, date, text, bytea or uuid
    (16 bytes).  Nulls become NULL.  Memory is that of one slice, not of the frame.
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
    parts: list[Any] = [len(columns).to_bytes(2, "big")]
    for name, kind in columns.items():
        parts += _field(frame[name], kind)
    joined = _merged(parts)
    if len(joined) == 1 and isinstance(joined[0], bytes):
        return joined[0] * frame.height
    scalars = [_scalar(one) if isinstance(one, bytes) else one for one in joined]
    found = pc.binary_join_element_wise(*scalars, _scalar(b""))
    array = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    ends = np.frombuffer(array.buffers()[1], dtype=np.int64)
    first, last = ends[array.offset], ends[array.offset + len(array)]
    return memoryview(array.buffers()[2])[first:last].tobytes()


def _merged(parts: list[Any]) -> list[Any]:
    """Return the parts with neighbouring constants (bytes) made one."""
    merged: list[Any] = []
    for part in parts:
        if merged and isinstance(part, bytes) and isinstance(merged[-1], bytes):
            merged[-1] += part
        else:
            merged.append(part)
    return merged


def _field(column: pl.Series, kind: str) -> list[Any]:
    """Return the length prefixes and the bodies of one column: arrays or constants."""
    missing = column.null_count()
    if missing == len(column):
        return [_NULL]
    if not missing and column.equals(column.new_from_index(0, len(column))):
        return _same(column.head(1), kind)
    body = _body(column, kind)
    sizes = pc.binary_length(body).to_numpy(zero_copy_only=False)
    if not missing and sizes.min() == sizes.max():
        return [int(sizes[0]).to_bytes(4, "big"), body]
    lengths = np.full(len(column), -1, dtype=">i4")
    present = column.is_not_null().to_numpy()
    lengths[present] = sizes[present]
    return [_fixed(lengths.tobytes(), 4, len(column)), body]


def _same(one: pl.Series, kind: str) -> list[Any]:
    value = _body(one, kind)[0].as_py()
    return [len(value).to_bytes(4, "big") + value]


def _body(column: pl.Series, kind: str) -> Any:  # noqa: ANN401 - PyArrow ships no types
    width = _WIDTHS.get(kind)
    if kind == "date":
        column = column.cast(pl.Int32) - _DAYS_BEFORE_2000
    return _bytes(column) if width is None else _integers(column, width)


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


def _scalar(value: bytes) -> Any:  # noqa: ANN401 - as above
    return pa.scalar(value, pa.large_binary())


def _fixed(content: bytes, width: int, rows: int) -> Any:  # noqa: ANN401 - as above
    return _binary(content, np.arange(0, (rows + 1) * width, width, dtype=np.int64))


def _binary(content: bytes, ends: "np.ndarray[Any, Any]") -> Any:  # noqa: ANN401
    buffers = [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(content)]
    return pa.Array.from_buffers(pa.large_binary(), len(ends) - 1, buffers)
