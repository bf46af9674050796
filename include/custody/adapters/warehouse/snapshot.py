"""The warehouse as it was at one moment, for a backup (R65-R68)."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import polars as pl
from sqlalchemy import Connection, Engine, text

from custody.adapters.ahead import one_ahead
from custody.adapters.gathered import gathered
from custody.adapters.snapshots import copy_out, fetched, snapshot
from custody.adapters.warehouse.set_tables import TABLES
from custody.application.ports.backup import TableOf
from custody.domain.delivery import LAST_LANDED_SEQUENCE, DeliveryState
from custody.domain.intake_days import KnownDelivery

RECORDS_PER_PAGE = 7_000
_FIRST_RECORDS, _GROWTH = 500, 4
_BYTES_PER_PAGE = 1 << 24
_VALUES_PER_FETCH = 10_000
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


_NEXT = text(
    "SELECT handle FROM register.record_version WHERE handle >= :first"
    " ORDER BY handle LIMIT 1 OFFSET :records"
)
# Values and whose they are: a record's columns are told once, not once a level.
_VALUES = (
    "SELECT string_agg(handle, '') AS handle, array_agg(level) AS level,"
    " string_agg(sealed, '') AS sealed, array_agg(octet_length(sealed)) AS sizes,"
    " string_agg(digest, '') AS digest, string_agg(key_id, '') AS key_id,"
    " string_agg(sha256(sealed), '') AS sealed_digest"
    " FROM (SELECT handle, level, sealed, digest, key_id FROM register.sealed_value"
    "  WHERE handle >= %(first)s AND handle < %(until)s"
    '  ORDER BY handle, level COLLATE "C") page'
)
_RECORDS = (
    "SELECT string_agg(handle, '') AS handle, array_agg(number) AS customer,"
    " array_agg(version) AS version, array_agg(state) AS state,"
    " array_agg(business_date) AS business_date, array_agg(delivery_id) AS delivery_id"
    " FROM register.record_version"
    " WHERE handle >= %(first)s AND handle < %(until)s"
)
_BEYOND = b"\xff" * 17
"""After every handle, which has 16 bytes."""
_WAITING = (
    "SELECT s.handle, NULL::text, NULL::int4, s.level, s.sealed, s.digest, s.key_id,"
    " d.state, d.business_date, NULL::text, sha256(s.sealed)"
    " FROM intake.staged_value s JOIN intake.delivery d USING (delivery_id)"
    ' ORDER BY s.handle, s.level COLLATE "C"'
)
_WIDTHS = {"handle": 16, "digest": 32, "key_id": 32, "sealed_digest": 32, "sealed": 0}
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
        "delivery_id": pl.String,
        "sealed_digest": pl.Binary,
    }
)
_OF_VALUES = ("handle", "level", "sealed", "digest", "key_id", "sealed_digest")
_OF_RECORDS = (
    *("handle", "customer", "version", "state", "business_date", "delivery_id"),
)


class PostgresRowSnapshots:
    """Implements `Rows` for custody_backup."""

    def __init__(self, engine: Engine, *, records: int = RECORDS_PER_PAGE) -> None:
        """Take the engine of custody_backup."""
        self._engine = engine
        self._records = records

    @contextmanager
    def taken(self) -> Iterator["PostgresRowsSnapshot"]:
        """Hold a snapshot for the block."""
        with snapshot(self._engine, "take a snapshot of the warehouse") as connection:
            moment: dt.datetime = connection.execute(_NOW).scalar_one()
            yield PostgresRowsSnapshot(connection, moment, self._records)


class PostgresRowsSnapshot:
    """Implements `RowsSnapshot` inside one transaction."""

    def __init__(
        self, connection: Connection, moment: dt.datetime, records: int
    ) -> None:
        """Take the transaction, and when it began."""
        self._connection = connection
        self._moment = moment
        self._records = records

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
            yield KnownDelivery.of(
                row.source_id,
                row.business_date,
                DeliveryState(row.state),
                exported=row.exported,
                erased=row.erased,
            )

    def destroyed(self) -> frozenset[str]:
        """Return the deliveries some of whose values were destroyed."""
        return frozenset(self._connection.execute(_DESTROYED).scalars())

    def index_epochs(self) -> tuple[int, ...]:
        """Return the numbers of the index epochs that are open or closing."""
        return tuple(self._connection.execute(_INDEX).scalars())

    def values(self) -> Iterator[pl.DataFrame]:
        """Yield every sealed value by handle and level, those that wait last."""
        yield from one_ahead(self._registered())
        rows = fetched(
            self._connection, _WAITING, name="waiting", at_once=_VALUES_PER_FETCH
        )
        for part in rows:
            columns = map(list, zip(*part, strict=True))
            yield pl.DataFrame(
                dict(zip(_SCHEMA.names(), columns, strict=True)), schema=_SCHEMA
            )

    def _registered(self) -> Iterator[pl.DataFrame]:
        """Yield pages; handles are random, so records of all take about as much.

        The first are small, so that nobody waits long for something to write.
        """
        first: bytes | None = b""
        records = min(_FIRST_RECORDS, self._records)
        while first is not None:
            bound = {"first": first, "records": records}
            first = self._connection.execute(_NEXT, bound).scalar()
            bound["until"] = _BEYOND if first is None else first
            page = self._page(bound)
            if page.height:
                yield page
                size = max(int(page["sealed"].bin.size().sum()), 1)
                wide = 1 + records * _BYTES_PER_PAGE // size
                records = min(self._records, wide, records * _GROWTH)

    def _page(self, bound: Mapping[str, object]) -> pl.DataFrame:
        values = self._gathered(_VALUES, _OF_VALUES, bound)
        records = self._gathered(_RECORDS, _OF_RECORDS, bound)
        joined = values.join(records, on="handle", maintain_order="left")
        return joined.select(_SCHEMA.names())

    def _gathered(
        self, query: str, columns: Sequence[str], bound: Mapping[str, object]
    ) -> pl.DataFrame:
        return gathered(
            self._connection,
            query,
            bound,
            widths={name: _WIDTHS[name] for name in columns if name in _WIDTHS},
            schema=pl.Schema({name: _SCHEMA[name] for name in columns}),
        )

    def tables(self) -> tuple[TableOf, ...]:
        """Return the tables of a set, in an order in which they can be copied in."""
        return TABLES

    def copy(self, table: TableOf) -> Iterator[bytes]:
        """Yield a table in COPY's text format, a newline after each row."""
        return copy_out(self._connection, table)
