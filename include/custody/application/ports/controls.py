"""The port to control customers: theirs is a table that nothing else reads."""

from typing import Protocol

import polars as pl

CONTROL_COLUMNS = ("handle", "sealed", "digest", "key_id", "wrapped", "epoch")


class ControlBook(Protocol):
    """Whoever lives, in the order in which they came."""

    def all(self) -> pl.DataFrame:
        """Return them: CONTROL_COLUMNS, the oldest first."""

    def keep(self, rows: pl.DataFrame) -> None:
        """Keep exactly these, in this order; the rows of all others are deleted."""
