"""The projection's rebuilder on PostgreSQL: what is shown, made again."""

from collections.abc import Iterator

import polars as pl
from sqlalchemy import Engine, text

from custody.adapters.ahead import one_ahead
from custody.adapters.database import transaction
from custody.adapters.warehouse.fetching import VALUE_SCHEMA, whole_groups

# A level that has a standing is not in use, or its keys are restricted still: of
# such a customer the rest is shown, and of one who has no other level nothing.  Nor
# is shown what a level had sealed from which its customer was raised.
_MISSING = text(
    "SELECT v.handle, v.level, v.sealed, v.key_id, v.digest, r.party, r.customer_type"
    " FROM register.record_version r JOIN register.sealed_value v USING (handle)"
    " WHERE NOT EXISTS (SELECT FROM projection.record p WHERE p.handle = r.handle)"
    " AND NOT EXISTS (SELECT FROM register.standing s"
    "  WHERE s.number = r.number AND s.level = v.level)"
    " AND NOT EXISTS (SELECT FROM register.raised q"
    "  WHERE q.handle = v.handle AND q.level = v.level)"
    " UNION ALL"
    " SELECT v.handle, v.level, v.sealed, v.key_id, v.digest, r.party, r.customer_type"
    " FROM intake.staged_row r JOIN intake.staged_value v USING (delivery_id, row)"
    " WHERE NOT EXISTS (SELECT FROM intake.staged_projection p"
    "  WHERE p.delivery_id = r.delivery_id AND p.row = r.row)"
    " ORDER BY handle, level"
)
_SCHEMA: dict[str, type[pl.DataType]] = {
    **VALUE_SCHEMA,
    "party": pl.String,
    "customer_type": pl.String,
}
# One JSON text: a driver makes an object of each cell of an array, at ten times that.
_SHOWN = (
    "(SELECT decode(j.handle, 'hex') AS handle, j.name, j.shown, j.levels"
    " FROM json_to_recordset(CAST(:rows AS json))"
    " AS j(handle text, name text, shown text, levels text)) AS u"
)
# Whoever leaves use holds it alone: their row is deleted before, or is not written.
_NOBODY_LEAVES = text("SELECT pg_advisory_xact_lock_shared(8402)")
_WRITE = (
    text(
        "INSERT INTO projection.record (handle, number, name, shown)"  # noqa: S608 - constants
        f" SELECT r.handle, r.number, u.name, u.shown FROM {_SHOWN}"
        " JOIN register.record_version r USING (handle)"
        " WHERE NOT EXISTS (SELECT FROM register.standing s WHERE s.number = r.number"
        "  AND s.level = ANY(string_to_array(u.levels, ',')))"
        " ON CONFLICT (handle) DO NOTHING"
    ),
    text(
        "INSERT INTO intake.staged_projection (delivery_id, row, handle, name, shown)"  # noqa: S608 - constants
        f" SELECT r.delivery_id, r.row, r.handle, u.name, u.shown FROM {_SHOWN}"
        " JOIN intake.staged_row r USING (handle)"
        " WHERE NOT EXISTS (SELECT FROM intake.staged_projection p"
        "  WHERE p.delivery_id = r.delivery_id AND p.row = r.row)"
    ),
)


class PostgresProjection:
    """Implements `Projection`; made for custody_rebuilder."""

    def __init__(self, engine: Engine) -> None:
        """Take the rebuilder's engine."""
        self._engine = engine

    def missing(self) -> Iterator[pl.DataFrame]:
        """Yield the sealed values whose projection is missing, a handle never split."""
        yield from one_ahead(self._missing())

    def _missing(self) -> Iterator[pl.DataFrame]:
        with transaction(self._engine, "find what is not shown") as connection:
            yield from whole_groups(connection, _MISSING, {}, schema=_SCHEMA)

    def write(self, shown: pl.DataFrame) -> None:
        """Write handle, name, shown: to the register's projection or to staging's.

        Of whom one of the `levels` has left use since, nothing is written.
        """
        rows = shown.select(
            pl.col("handle").bin.encode("hex"),
            pl.col("name", "shown").str.replace_all("\x00", "�"),
            pl.col("levels").list.join(","),
        ).write_json()
        with transaction(self._engine, "write what is shown") as connection:
            connection.execute(_NOBODY_LEAVES)
            for statement in _WRITE:
                connection.execute(statement, {"rows": rows})
