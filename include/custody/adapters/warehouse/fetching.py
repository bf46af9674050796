"""Query results in bounded parts that end where a group of rows ends."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
from sqlalchemy import Connection, TextClause

ROWS_PER_FETCH = 10_000

VALUE_SCHEMA: dict[str, type[pl.DataType]] = {
    "handle": pl.Binary,
    "level": pl.String,
    "sealed": pl.Binary,
    "key_id": pl.Binary,
    "digest": pl.Binary,
}
"""A sealed value, as whoever opens it wants it."""


def whole_groups(
    connection: Connection,
    query: TextClause,
    parameters: Mapping[str, object],
    *,
    schema: Mapping[str, type[pl.DataType]],
) -> Iterator[pl.DataFrame]:
    """Yield the rows in frames; rows of one first column are never split.

    The query orders by its first column.  Memory is that of about one fetch.
    """
    found = connection.execute(
        query, dict(parameters), execution_options={"yield_per": ROWS_PER_FETCH}
    )
    waiting: list[tuple[Any, ...]] = []
    for part in found.partitions(ROWS_PER_FETCH):
        waiting += (tuple(row) for row in part)
        last = waiting[-1][0]
        whole = [row for row in waiting if row[0] != last]
        waiting = [row for row in waiting if row[0] == last]
        if whole:
            yield pl.DataFrame(whole, schema=dict(schema), orient="row")
    if waiting:
        yield pl.DataFrame(waiting, schema=dict(schema), orient="row")
