"""The warehouse as it was at one moment, for a backup (R65-R68)."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
from sqlalchemy import Connection, Engine, text

from custody.adapters.snapshots import copy_out, fetched, snapshot
from custody.adapters.warehouse.set_tables import TABLES
from custody.application.ports.backup import TableOf
from custody.domain.delivery import (
    LAST_LANDED_SEQUENCE,
    DeliveryState,
    is_owed,
)
from custody.domain.intake_days import KnownDelivery

VALUES_PER_PAGE = 20_000
_LINES_PER_FETCH = 1_000

# The moment: what is committed before it is seen, what after it is not.
_NOW = text("SELECT now()")
_LEDGER = text("SELECT line FROM ledger.entry ORDER BY position")
_DELIVERIES = text(
    "SELECT source_id, business_date, state, exported_at IS NOT NULL AS exported,"
    " erased_at IS NOT NULL AS erased FROM intake.delivery WHERE sequence <= :last"
)
_DESTROYED = text(
    "SELECT DISTINCT v.delivery_id FROM register.record_version v"
    " WHERE EXISTS (SELECT FROM destruction.line l WHERE l.number = v.number"
    "  AND l.state IN ('condemned', 'deleted'))"
)
_INDEX = text(
    "SELECT number FROM register.index_epoch WHERE state <> 'destroyed' ORDER BY number"
)


def _leaf(*fields: str) -> str:
    """Return a leaf of RFC 9162, hashed, of fields behind their lengths.

    The twin of `custody.domain.rowset`: it is of what the database has, so that
    whoever restores finds what became otherwise on the way.
    """
    joined = " || ".join(
        f"int4send(octet_length({field})) || {field}" for field in fields
    )
    return f"sha256('\\x00'::bytea || {joined})"


_NUMBER, _VERSION = (
    f"convert_to({column}, 'UTF8')" for column in ("v.number", "v.version::text")
)
_LEVEL = "convert_to(s.level, 'UTF8')"
_SET_LEAF = _leaf("s.handle", _LEVEL, "s.key_id", "sha256(s.sealed)")
_LOADED_LEAF = _leaf(
    "s.handle", _NUMBER, _VERSION, _LEVEL, "s.key_id", "sha256(s.sealed)"
)
_REGISTER = (
    "SELECT s.handle, v.number, v.version, s.level, s.sealed, s.digest, s.key_id,"  # noqa: S608 - constants
    f" v.state, v.business_date, {_SET_LEAF}, v.delivery_id, {_LOADED_LEAF}"
    " FROM register.sealed_value s JOIN register.record_version v USING (handle)"
    ' ORDER BY s.handle, s.level COLLATE "C"'
)
_WAITING = (
    "SELECT s.handle, NULL::text, NULL::int4, s.level, s.sealed, s.digest,"  # noqa: S608 - constants
    f" s.key_id, d.state, d.business_date, {_SET_LEAF}, NULL::text, NULL::bytea"
    " FROM intake.staged_value s JOIN intake.delivery d USING (delivery_id)"
    ' ORDER BY s.handle, s.level COLLATE "C"'
)
_SCHEMA = pl.Schema(
    {
        "handle": pl.Binary,
        "customer": pl.String,
        "version": pl.Int32,
        "level": pl.String,
        "sealed": pl.Binary,
        "digest": pl.Binary,
        "key_id": pl.Binary,
        "state": pl.String,
        "business_date": pl.Date,
        "leaf": pl.Binary,
        "delivery_id": pl.String,
        "loaded_leaf": pl.Binary,
    }
)


class PostgresRowSnapshots:
    """Implements `Rows` for custody_backup."""

    def __init__(self, engine: Engine, *, page: int = VALUES_PER_PAGE) -> None:
        """Take the engine of custody_backup."""
        self._engine = engine
        self._page = page

    @contextmanager
    def taken(self) -> Iterator["PostgresRowsSnapshot"]:
        """Hold a snapshot for the block."""
        with snapshot(self._engine, "take a snapshot of the warehouse") as connection:
            moment: dt.datetime = connection.execute(_NOW).scalar_one()
            yield PostgresRowsSnapshot(connection, moment, self._page)


class PostgresRowsSnapshot:
    """Implements `RowsSnapshot` inside one transaction."""

    def __init__(self, connection: Connection, moment: dt.datetime, page: int) -> None:
        """Take the transaction, and when it began."""
        self._connection = connection
        self._moment = moment
        self._page = page

    @property
    def taken_at(self) -> dt.datetime:
        """When it was taken, by the database's clock."""
        return self._moment.astimezone(dt.UTC)

    def ledger(self) -> Iterator[bytes]:
        """Yield the ledger's lines in order."""
        found = self._connection.execute(
            _LEDGER, execution_options={"yield_per": _LINES_PER_FETCH}
        )
        yield from map(bytes, found.scalars())

    def deliveries(self) -> Iterator[KnownDelivery]:
        """Yield every delivery but reclassifications."""
        for row in self._connection.execute(
            _DELIVERIES, {"last": LAST_LANDED_SEQUENCE}
        ):
            state = DeliveryState(row.state)
            yield KnownDelivery(
                source_id=row.source_id,
                business_date=row.business_date,
                owed=is_owed(state, exported=row.exported, erased=row.erased),
            )

    def destroyed(self) -> frozenset[str]:
        """Return the deliveries some of whose values were destroyed."""
        return frozenset(self._connection.execute(_DESTROYED).scalars())

    def index_epochs(self) -> tuple[int, ...]:
        """Return the numbers of the index epochs that are open or closing."""
        return tuple(self._connection.execute(_INDEX).scalars())

    def values(self) -> Iterator[pl.DataFrame]:
        """Yield every sealed value by handle and level, those that wait last."""
        for name, query in (("register", _REGISTER), ("waiting", _WAITING)):
            for rows in fetched(self._connection, query, name=name, at_once=self._page):
                columns = map(list, zip(*rows, strict=True))
                yield pl.DataFrame(
                    dict(zip(_SCHEMA.names(), columns, strict=True)), schema=_SCHEMA
                )

    def tables(self) -> tuple[TableOf, ...]:
        """Return the tables of a set, in an order in which they can be copied in."""
        return TABLES

    def copy(self, table: TableOf) -> Iterator[bytes]:
        """Yield a table in COPY's text format, a newline after each row."""
        return copy_out(self._connection, table)
