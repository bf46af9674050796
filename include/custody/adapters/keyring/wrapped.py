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
# The range spares reading every key for handles that lie together, as a page's do.
_WRAPPED = (
    f"{gathering(*_TEXTS)} FROM keyring.data_key JOIN {ASKED}"
    " WHERE handle BETWEEN %(first)s AND %(last)s"
)
_SCHEMA = schema_with(*_TEXTS)


def wrapped_of(connection: Connection, handles: Sequence[bytes]) -> pl.DataFrame:
    """Return handle, level, epoch, key_id, wrapped of the handles."""
    ends = {"first": min(handles, default=b""), "last": max(handles, default=b"")}
    bound = {**asking(handles), **ends}
    return gathered(connection, _WRAPPED, bound, widths=WIDTHS, schema=_SCHEMA)
