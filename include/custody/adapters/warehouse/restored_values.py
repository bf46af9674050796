"""Where restored records stand, and their sealed values; made for custody_owner."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Engine, text

from custody.adapters.copying import copy_frame
from custody.adapters.database import driver, transaction, unflushed

# Handles travel as one byte string: a driver makes a text of each item of an array.
_ASKED = (
    "WITH asked AS MATERIALIZED (SELECT substring(:handles FROM 16 * n + 1 FOR 16)"
    " AS handle FROM generate_series(0, :count - 1) AS n) "
)
_KNOWN = text(
    _ASKED + "SELECT handle, level, true FROM asked JOIN register.sealed_value"  # noqa: S608 - constants
    " USING (handle) UNION ALL SELECT handle, level, false"
    " FROM asked JOIN restoring.waiting_value USING (handle)"
)
_DELIVERIES = text(
    _ASKED + "SELECT handle, delivery_id FROM asked JOIN restoring.place"  # noqa: S608 - constants
    " USING (handle) UNION SELECT handle, delivery_id"
    " FROM asked JOIN register.record_version USING (handle)"
    " UNION SELECT handle, delivery_id FROM asked JOIN intake.staged_row USING (handle)"
)
# A row that waited and was decided since has its customer in the later object.
_PLACES = text(
    "INSERT INTO restoring.place AS p"
    " (handle, delivery_id, customer, version, level, business_date)"
    " SELECT * FROM unnest(CAST(:handles AS bytea[]), CAST(:deliveries AS text[]),"
    "  CAST(:customers AS text[]), CAST(:versions AS int[]),"
    "  CAST(:levels AS text[]), CAST(:dates AS date[]))"
    " ON CONFLICT (handle) DO UPDATE SET"
    "  customer = coalesce(excluded.customer, p.customer),"
    "  version = coalesce(excluded.version, p.version)"
)
_PROMOTE = text(
    "WITH gone AS (DELETE FROM restoring.waiting_value WHERE handle = ANY(:handles)"
    " RETURNING handle, level, sealed, digest, key_id)"
    " INSERT INTO register.sealed_value (handle, level, sealed, digest, key_id)"
    " SELECT handle, level, sealed, digest, key_id FROM gone"
)
_VALUES = {
    "handle": "bytea",
    "level": "text",
    **dict.fromkeys(("sealed", "digest", "key_id"), "bytea"),
}
_KNOWN_SCHEMA = {"handle": pl.Binary, "level": pl.String, "registered": pl.Boolean}


@dataclass(frozen=True, slots=True)
class RestoredValues:
    """Implements `RestoreValues`."""

    engine: Engine

    def known(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return handle, level and whether it is registered, of values there."""
        with transaction(self.engine, "look what is restored") as connection:
            found = connection.execute(_KNOWN, _asked(handles))
            rows = [tuple(row) for row in found]
        return pl.DataFrame(rows, schema=_KNOWN_SCHEMA, orient="row")

    def deliveries_of(self, handles: Sequence[bytes]) -> dict[bytes, str]:
        """Return the delivery of each handle that is known."""
        with transaction(self.engine, "look where records came from") as connection:
            found = connection.execute(_DELIVERIES, _asked(handles))
            return {bytes(row.handle): str(row.delivery_id) for row in found}

    def add_places(self, places: pl.DataFrame) -> None:
        """Note where records stand: one row a handle."""
        bound = {
            "handles": places["handle"].to_list(),
            "deliveries": places["delivery_id"].to_list(),
            "customers": places["customer"].to_list(),
            "versions": places["version"].to_list(),
            "levels": places["level"].to_list(),
            "dates": places["business_date"].to_list(),
        }
        with unflushed(self.engine, "note where records stand") as connection:
            connection.execute(_PLACES, bound)

    def add_values(self, values: pl.DataFrame) -> None:
        """COPY sealed values: of customers into the register, others aside."""
        registered = pl.col("customer").is_not_null()
        with unflushed(self.engine, "restore sealed values") as connection:
            for table, test in (
                ("register.sealed_value", registered),
                ("restoring.waiting_value", ~registered),
            ):
                part = values.filter(test)
                if part.height:
                    copy_frame(driver(connection), table, part, columns=_VALUES)

    def promote(self, handles: Sequence[bytes]) -> None:
        """Move values that waited into the register: their rows were decided since."""
        with transaction(self.engine, "restore decided rows") as connection:
            connection.execute(_PROMOTE, {"handles": list(handles)})


def _asked(handles: Sequence[bytes]) -> dict[str, object]:
    return {"handles": b"".join(handles), "count": len(handles)}
