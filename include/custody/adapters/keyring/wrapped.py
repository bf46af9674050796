"""Key records of many handles in one answer, by columns."""

from collections.abc import Sequence

import polars as pl
from sqlalchemy import Connection

from custody.adapters.gathered import gathered

_WRAPPED = (
    "SELECT string_agg(handle, '') AS handle, array_agg(level) AS level,"
    " array_agg(epoch) AS epoch, string_agg(key_id, '') AS key_id,"
    " string_agg(wrapped, '') AS wrapped, array_agg(octet_length(wrapped)) AS sizes"
    " FROM keyring.data_key JOIN ("
    "  SELECT substring(%(handles)s FROM 16 * n + 1 FOR 16) AS handle"
    "  FROM generate_series(0, %(count)s - 1) AS n) asked USING (handle)"
)
_WIDTHS = {"handle": 16, "key_id": 32, "wrapped": 0}
_SCHEMA = pl.Schema(
    {
        "handle": pl.Binary,
        "level": pl.String,
        "epoch": pl.String,
        "key_id": pl.Binary,
        "wrapped": pl.Binary,
    }
)


def wrapped_of(connection: Connection, handles: Sequence[bytes]) -> pl.DataFrame:
    """Return handle, level, epoch, key_id, wrapped of the handles."""
    bound = {"handles": b"".join(handles), "count": len(handles)}
    return gathered(connection, _WRAPPED, bound, widths=_WIDTHS, schema=_SCHEMA)
