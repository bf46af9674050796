"""Restored records, page by page: opened elsewhere, written here; for custody_owner."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, Engine, text

from custody.adapters.ahead import one_ahead
from custody.adapters.copying import copy_frame
from custody.adapters.database import driver, transaction
from custody.adapters.warehouse.restored_customers import add_customers
from custody.adapters.warehouse.restored_deliveries import (
    ASK_OF_VERSIONS,
    add_stories,
    settle,
)
from custody.application.ports.restore import RestoredRecords
from custody.domain.delivery_story import DeliveryStory

RECORDS_PER_PAGE = 2_000

# Rows that a set's tables know keep their numbers; others get theirs anew, behind
# those of their delivery, for no object tells them.
_NUMBER_ROWS = text(
    "UPDATE restoring.place p SET row = n.row FROM ("
    " SELECT q.handle, coalesce(s.row, v.row, o.row, m.most + row_number() OVER ("
    "  PARTITION BY q.delivery_id, s.row IS NULL AND v.row IS NULL AND o.row IS NULL"
    "  ORDER BY q.customer IS NULL, q.handle)) AS row"
    " FROM restoring.place q"
    " LEFT JOIN intake.staged_row s USING (delivery_id, handle)"
    " LEFT JOIN register.record_version v USING (delivery_id, handle)"
    " LEFT JOIN intake.row_outcome o USING (delivery_id, handle)"
    " CROSS JOIN LATERAL (SELECT greatest("
    "   (SELECT coalesce(max(row), 0) FROM intake.staged_row"
    "    WHERE delivery_id = q.delivery_id),"
    "   (SELECT coalesce(max(row), 0) FROM register.record_version"
    "    WHERE delivery_id = q.delivery_id),"
    "   (SELECT coalesce(max(row), 0) FROM intake.row_outcome"
    "    WHERE delivery_id = q.delivery_id)) AS most) m) n"
    " WHERE p.handle = n.handle"
)
_WORK = (
    text(
        "INSERT INTO restoring.work SELECT v.delivery_id, v.handle, v.row, v.number,"
        " v.version, v.business_date, true FROM register.record_version v"
        " WHERE EXISTS (SELECT FROM register.sealed_value s WHERE s.handle = v.handle)"
    ),
    text(
        "INSERT INTO restoring.work SELECT p.delivery_id, p.handle, p.row, p.customer,"
        " p.version, p.business_date, false FROM restoring.place p"
        " WHERE p.customer IS NOT NULL"
        " AND EXISTS (SELECT FROM register.sealed_value s WHERE s.handle = p.handle)"
        " ON CONFLICT DO NOTHING"
    ),
    text(
        "INSERT INTO restoring.work SELECT p.delivery_id, p.handle, p.row, NULL, NULL,"
        " p.business_date, EXISTS (SELECT FROM intake.staged_row s"
        "  WHERE s.delivery_id = p.delivery_id AND s.handle = p.handle)"
        " FROM restoring.place p WHERE p.customer IS NULL"
        " AND EXISTS (SELECT FROM restoring.waiting_value s WHERE s.handle = p.handle)"
        " ON CONFLICT DO NOTHING"
    ),
    text(
        "INSERT INTO restoring.work SELECT r.delivery_id, r.handle, r.row, NULL, NULL,"
        " d.business_date, true FROM intake.staged_row r"
        " JOIN intake.delivery d USING (delivery_id)"
        " WHERE EXISTS (SELECT FROM restoring.waiting_value s"
        "  WHERE s.handle = r.handle) ON CONFLICT DO NOTHING"
    ),
)
_COUNT = text("SELECT count(*) FROM restoring.work")
_PAGE = text(
    "SELECT w.delivery_id, w.handle, w.row, w.customer, w.version, w.business_date,"
    " w.known, d.state = 'loaded' AS settled, s.level, s.sealed, s.key_id, s.digest"
    " FROM (SELECT * FROM restoring.work"
    "  WHERE (delivery_id, handle) > (:delivery, :handle)"
    "  ORDER BY delivery_id, handle LIMIT :most) w"
    " JOIN intake.delivery d USING (delivery_id)"
    " JOIN LATERAL (SELECT * FROM register.sealed_value v WHERE v.handle = w.handle"
    "  UNION ALL SELECT * FROM restoring.waiting_value v WHERE v.handle = w.handle) s"
    " ON true ORDER BY w.delivery_id, w.handle, s.level"
)
_SCHEMA: dict[str, type[pl.DataType]] = {
    "delivery_id": pl.String,
    "handle": pl.Binary,
    "row": pl.Int64,
    "customer": pl.String,
    "version": pl.Int32,
    "business_date": pl.Date,
    "known": pl.Boolean,
    "settled": pl.Boolean,
    "level": pl.String,
    "sealed": pl.Binary,
    "key_id": pl.Binary,
    "digest": pl.Binary,
}
_PLACE = {"delivery_id": "text", "row": "int8", "handle": "bytea"}
_TEXTS = (
    *("level", "tier", "industry", "customer_type", "party", "responsible"),
    "classes",
)
_VERSION = {
    **_PLACE, "number": "text", "version": "int4", **dict.fromkeys(_TEXTS, "text"),
    "business_date": "date", "part": "text", "verdict": "text", "reasons": "text",
}  # fmt: skip
_VERSIONS = text(
    "INSERT INTO register.record_version (handle, number, version, delivery_id, row,"
    " level, tier, industry, customer_type, party, responsible, classes,"
    " business_date, part, loaded_at)"
    " SELECT v.handle, v.number, v.version, v.delivery_id, v.row, v.level, v.tier,"
    " v.industry, v.customer_type, v.party, v.responsible, v.classes,"
    " v.business_date, v.part, coalesce(s.loaded_at, d.received_at)"
    " FROM restoring.version v JOIN intake.delivery d USING (delivery_id)"
    " LEFT JOIN restoring.story s USING (delivery_id)"
)
_FORGET_VERSIONS = text("DELETE FROM restoring.version")
_STAGED = {
    **_PLACE,
    **dict.fromkeys((*_TEXTS, "verdict", "reasons", "prefix"), "text"),
}
_TOKEN = {"handle": "bytea", "field": "text", "token": "uuid", "index_epoch": "int4"}
_ROW_TOKEN = {
    "handle": "bytea", "level": "text", "token": "uuid", "index_epoch": "int4",
}  # fmt: skip
_MARK = {**_PLACE, "match_key": "text", "token": "bytea", "collected_on": "date"}


@dataclass(frozen=True, slots=True)
class RestoredRegister:
    """Implements `RestoreRegister`."""

    engine: Engine
    page: int = RECORDS_PER_PAGE

    def add_stories(self, stories: Iterable[DeliveryStory]) -> None:
        """Write deliveries as the ledger tells them, over what a set had of them."""
        add_stories(self.engine, stories)

    def settle(self) -> int:
        """Leave tombstones of who is gone and count every delivery anew."""
        return settle(self.engine)

    def line_up(self) -> int:
        """Give every record its row, work out what is to be opened; return how many."""
        with transaction(self.engine, "line the records up") as connection:
            connection.execute(_NUMBER_ROWS)
            for statement in _WORK:
                connection.execute(statement)
            return int(connection.execute(_COUNT).scalar_one())

    def pages(self) -> Iterator[pl.DataFrame]:
        """Yield records with their sealed values, a page at a time."""
        yield from one_ahead(self._pages())

    def _pages(self) -> Iterator[pl.DataFrame]:
        at: dict[str, object] = {"delivery": "", "handle": b"", "most": self.page}
        while True:
            with transaction(self.engine, "read what is restored") as connection:
                rows = [tuple(row) for row in connection.execute(_PAGE, at)]
            if not rows:
                return
            yield pl.DataFrame(rows, schema=_SCHEMA, orient="row")
            at |= {"delivery": rows[-1][0], "handle": rows[-1][1]}

    def write(self, made: RestoredRecords, *, index_epoch: int) -> None:
        """Write what a page came to: versions and tokens, or what waits."""
        epoch = pl.lit(index_epoch, dtype=pl.Int32).alias("index_epoch")
        with transaction(self.engine, "restore records") as connection:
            for waits in (False, True):
                rows = made.rows.filter(pl.col("customer").is_null() == waits)
                part = _Part(connection, rows, made, epoch)
                if rows.height and waits:
                    part.wait()
                elif rows.height:
                    part.register()


@dataclass(frozen=True, slots=True)
class _Part:
    """The registered, or the waiting, records of a page."""

    connection: Connection
    rows: pl.DataFrame
    made: RestoredRecords
    epoch: pl.Expr

    def register(self) -> None:
        """Write versions that no table told, and the tokens of all."""
        new = self.rows.filter(~pl.col("known"))
        add_customers(self.connection, new)
        self._copy("restoring.version", new.rename({"customer": "number"}), _VERSION)
        for statement in (_VERSIONS, *ASK_OF_VERSIONS, _FORGET_VERSIONS):
            self.connection.execute(statement)
        numbers = self.rows.select("handle", "version", number=pl.col("customer"))
        for table, tokens, columns in (
            ("register.token", self.made.tokens, {**_TOKEN, "number": "text"}),
            (
                "register.row_token",
                self.made.row_tokens,
                {**_ROW_TOKEN, "number": "text", "version": "int4"},
            ),
        ):
            placed = tokens.join(numbers, on="handle").with_columns(self.epoch)
            self._copy(table, placed, columns)

    def wait(self) -> None:
        """Write rows that no table told, values, tokens and marks of what waits."""
        new = self.rows.filter(~pl.col("known"))
        self._copy("intake.staged_row", new, _STAGED)
        settled = self.rows.filter("settled")  # of others it is made by their load
        places = settled.select("handle", "delivery_id", "row")
        for table, tokens, columns in (
            ("intake.waiting_token", self.made.tokens, {**_PLACE, **_TOKEN}),
            (
                "intake.waiting_row_token",
                self.made.row_tokens,
                {**_PLACE, **_ROW_TOKEN},
            ),
            ("intake.waiting_suppression", self.made.suppression, _MARK),
        ):
            placed = tokens.join(places, on="handle").with_columns(self.epoch)
            self._copy(table, placed, columns)

    def _copy(self, table: str, frame: pl.DataFrame, columns: dict[str, str]) -> None:
        if frame.height:
            copy_frame(driver(self.connection), table, frame, columns=columns)
