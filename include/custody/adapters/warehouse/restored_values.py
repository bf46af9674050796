"""Where restored records stand, and their sealed values; made for custody_owner."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Engine, text

from custody.adapters.copying import copy_frame
from custody.adapters.database import driver, transaction

_KNOWN = text(
    "SELECT handle, level, true FROM register.sealed_value WHERE handle = ANY(:handles)"
    " UNION ALL SELECT handle, level, false FROM restoring.waiting_value"
    " WHERE handle = ANY(:handles)"
)
_DELIVERIES = text(
    "SELECT handle, delivery_id FROM restoring.place WHERE handle = ANY(:handles)"
    " UNION SELECT handle, delivery_id FROM register.record_version"
    " WHERE handle = ANY(:handles)"
    " UNION SELECT handle, delivery_id FROM intake.staged_row"
    " WHERE handle = ANY(:handles)"
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
            found = connection.execute(_KNOWN, {"handles": list(handles)})
            rows = [tuple(row) for row in found]
        return pl.DataFrame(rows, schema=_KNOWN_SCHEMA, orient="row")

    def deliveries_of(self, handles: Sequence[bytes]) -> dict[bytes, str]:
        """Return the delivery of each handle that is known."""
        with transaction(self.engine, "look where records came from") as connection:
            found = connection.execute(_DELIVERIES, {"handles": list(handles)})
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
        with transaction(self.engine, "note where records stand") as connection:
            connection.execute(_PLACES, bound)

    def add_values(self, values: pl.DataFrame) -> None:
        """COPY sealed values: of customers into the register, others aside."""
        registered = pl.col("customer").is_not_null()
        with transaction(self.engine, "restore sealed values") as connection:
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
