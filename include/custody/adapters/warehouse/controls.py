"""Control customers on PostgreSQL: a schema of their own, for the destroyer alone."""

from dataclasses import dataclass

import polars as pl
from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.application.ports.controls import CONTROL_SCHEMA

_ALL = text(
    "SELECT handle, sealed, digest, key_id, wrapped, epoch FROM drill.control"
    " ORDER BY place"
)
_FORGET = text("DELETE FROM drill.control")
_ADD = text(
    "INSERT INTO drill.control (place, handle, sealed, digest, key_id, wrapped, epoch)"
    " VALUES (:place, :handle, :sealed, :digest, :key_id, :wrapped, :epoch)"
)


@dataclass(frozen=True, slots=True)
class PostgresControls:
    """Implements `ControlBook` for custody_destroyer."""

    engine: Engine

    def all(self) -> pl.DataFrame:
        """Return them, the oldest first."""
        with transaction(self.engine, "read control customers") as connection:
            rows = [tuple(row) for row in connection.execute(_ALL)]
        return pl.DataFrame(rows, schema=CONTROL_SCHEMA, orient="row")

    def keep(self, rows: pl.DataFrame) -> None:
        """Keep exactly these, in this order."""
        bound = [
            {"place": place, **row}
            for place, row in enumerate(rows.iter_rows(named=True))
        ]
        with transaction(self.engine, "keep control customers") as connection:
            connection.execute(_FORGET)
            connection.execute(_ADD, bound)
