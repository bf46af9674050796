"""Key records of many handles in one answer, by columns."""

from collections.abc import Sequence

import polars as pl
from sqlalchemy import Connection

from custody.adapters.gathered import gathered
from custody.adapters.keyring.record_columns import (
    ASKED,
    WIDTHS,
    asking,
    gathering,
    schema_with,
)

_TEXTS = ("level", "epoch")
_WRAPPED = f"{gathering(*_TEXTS)} FROM keyring.data_key JOIN {ASKED}"
_BETWEEN = (
    f"{gathering(*_TEXTS)} FROM (SELECT handle, level, epoch, key_id, wrapped"  # noqa: S608 - our own constants
    " FROM keyring.data_key"
    " WHERE handle BETWEEN %(first)s AND %(last)s LIMIT %(most)s) found"
)
_SCHEMA = schema_with(*_TEXTS)


def wrapped_of(connection: Connection, handles: Sequence[bytes]) -> pl.DataFrame:
    """Return handle, level, epoch, key_id, wrapped of the handles."""
    return gathered(
        connection, _WRAPPED, asking(handles), widths=WIDTHS, schema=_SCHEMA
    )


def wrapped_between(
    connection: Connection, first: bytes, last: bytes, *, most: int
) -> pl.DataFrame:
    """Return the same of every handle from the first to the last, `most` at most."""
    bound = {"first": first, "last": last, "most": most}
    return gathered(connection, _BETWEEN, bound, widths=WIDTHS, schema=_SCHEMA)
