"""Pages of rows that the server gathers into one: a long byte string for a column.

A driver makes an object of each cell of each row; a page so gathered is a handful of
them, and its columns of bytes are laid over what came (design section 8).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import psycopg
import pyarrow as pa
from sqlalchemy import Connection

from custody.adapters.database import driver
from custody.domain.language import Text
from custody.errors import EvidenceError

_UNEVEN = Text(
    "{name}：单元格长度与应有不符", "{name}: cells are not as long as they must be"
)


def gathered(
    connection: Connection,
    query: str,
    bound: Mapping[str, object],
    *,
    widths: Mapping[str, int],
    schema: pl.Schema,
) -> pl.DataFrame:
    """Return the rows that a query has gathered into one; none when it found none.

    `widths` are of its columns of bytes: how long each cell is, or 0 for one whose
    `sizes` the query tells; one column at least is an array.  EvidenceError when cells
    are not as long as that.
    """
    raw: psycopg.Connection[Any] = driver(connection)
    with raw.cursor(binary=True) as cursor:
        found = cursor.execute(query, dict(bound)).fetchone()
        names = [one.name for one in cursor.description or ()]
    page: dict[str, Any] = dict(zip(names, found or (), strict=True))
    arrays = [one for one in page.values() if isinstance(one, list)]
    if not arrays:
        return schema.to_frame()
    for name, width in widths.items():
        lengths = np.array(page["sizes"] if width == 0 else [width] * len(arrays[0]))
        page[name] = _laid_out(name, page[name], lengths)
    return pl.DataFrame({name: page[name] for name in schema}, schema=schema)


def _laid_out(name: str, content: bytes, lengths: "np.ndarray[Any, Any]") -> pl.Series:
    ends = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    if len(content) != ends[-1]:
        raise _UNEVEN.as_error(EvidenceError, name=name)
    buffers = [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(content)]
    array = pa.Array.from_buffers(pa.large_binary(), len(lengths), buffers)
    return pl.Series(name, array, dtype=pl.Binary)
