"""The sealed rows of a delivery, wherever they stand: register or staging."""

from collections.abc import Iterator

import polars as pl
from sqlalchemy import Connection, text

_ROWS_PER_FETCH = 10_000

_ROWS = text(
    "SELECT v.handle, r.row, r.number, r.version, v.level, v.sealed, v.digest,"
    " v.key_id FROM register.record_version r JOIN register.sealed_value v"
    " USING (handle) WHERE r.delivery_id = :id"
    " UNION ALL"
    " SELECT v.handle, r.row, NULL, NULL, v.level, v.sealed, v.digest, v.key_id"
    " FROM intake.staged_row r JOIN intake.staged_value v USING (delivery_id, handle)"
    " WHERE r.delivery_id = :id"
)
_SCHEMA = {
    "handle": pl.Binary,
    "row": pl.Int64,
    "customer": pl.String,
    "version": pl.Int32,
    "level": pl.String,
    "sealed": pl.Binary,
    "digest": pl.Binary,
    "key_id": pl.Binary,
}


def sealed_rows(connection: Connection, delivery_id: str) -> Iterator[pl.DataFrame]:
    """Yield the sealed values in parts; customer and version null while staged."""
    found = connection.execute(
        _ROWS, {"id": delivery_id}, execution_options={"yield_per": _ROWS_PER_FETCH}
    )
    for part in found.partitions(_ROWS_PER_FETCH):
        rows = [tuple(row) for row in part]
        yield pl.DataFrame(rows, schema=_SCHEMA, orient="row")
