"""The port to control customers: theirs is a table that nothing else reads."""

from collections.abc import Mapping
from typing import Protocol

import polars as pl

CONTROL_SCHEMA: Mapping[str, type[pl.DataType]] = {
    **dict.fromkeys(("handle", "sealed", "digest", "key_id", "wrapped"), pl.Binary),
    "epoch": pl.String,
}


class ControlBook(Protocol):
    """Whoever lives, in the order in which they came."""

    def all(self) -> pl.DataFrame:
        """Return them: CONTROL_SCHEMA, the oldest first."""

    def keep(self, rows: pl.DataFrame) -> None:
        """Keep exactly these, in this order; the rows of all others are deleted."""
