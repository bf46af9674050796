"""Restored records, page by page: opened elsewhere, written here; for custody_owner."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, Engine, text

from custody.adapters.ahead import one_ahead
from custody.adapters.copying import copy_frame
from custody.adapters.database import driver, transaction, unflushed
from custody.adapters.warehouse.restored_customers import add_customers, buried
from custody.adapters.warehouse.restored_deliveries import (
    ASK_OF_VERSIONS,
    add_stories,
    settle,
)
from custody.adapters.warehouse.restored_pages import (
    RECORDS_PER_PAGE,
    line_up,
    pages,
)
from custody.columns.restored_records import RestoredRecords
from custody.domain.delivery_story import DeliveryStory

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
_SHOWN = {"handle": "bytea", **dict.fromkeys(("number", "name", "shown"), "text")}
_WAITING_SHOWN = {**_PLACE, "name": "text", "shown": "text"}
_MARK = {**_PLACE, "match_key": "text", "token": "bytea", "collected_on": "date"}


@dataclass(frozen=True, slots=True)
class RestoredRegister:
    """Implements `RestoreRegister`."""

    engine: Engine
    page: int = RECORDS_PER_PAGE

    def add_stories(self, stories: Iterable[DeliveryStory]) -> None:
        """Write deliveries as the ledger tells them, over what a set had of them."""
        add_stories(self.engine, stories)

    def settle(self, ended: Mapping[str, frozenset[str]]) -> int:
        """Leave tombstones of who is gone and count every delivery anew."""
        return settle(self.engine, ended)

    def buried(self) -> frozenset[str]:
        """Return the deliveries of tombstones that no run which is there explains."""
        with transaction(self.engine, "look whose rows are gone") as connection:
            return buried(connection)

    def line_up(self) -> int:
        """Give every record its row, work out what is to be opened; return how many."""
        return line_up(self.engine)

    def pages(self) -> Iterator[pl.DataFrame]:
        """Yield sealed values with where their records stand, a page at a time."""
        yield from one_ahead(pages(self.engine, records=self.page))

    def write(self, made: RestoredRecords, *, index_epoch: int) -> None:
        """Write what a page came to: versions and tokens, or what waits."""
        epoch = pl.lit(index_epoch, dtype=pl.Int32).alias("index_epoch")
        with unflushed(self.engine, "restore records") as connection:
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
        self._copy("projection.record", self._shown(numbers), _SHOWN)

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
        everywhere = self.rows.select("handle", "delivery_id", "row")
        shown = self._shown(everywhere)
        self._copy("intake.staged_projection", shown, _WAITING_SHOWN)

    def _shown(self, places: pl.DataFrame) -> pl.DataFrame:
        """Return what is shown of these records; PostgreSQL's texts have no NUL."""
        shown = self.made.projection.join(places, on="handle")
        return shown.with_columns(
            pl.col("name", "shown").str.replace_all("\x00", "\ufffd", literal=True)
        )

    def _copy(self, table: str, frame: pl.DataFrame, columns: dict[str, str]) -> None:
        if frame.height:
            copy_frame(driver(self.connection), table, frame, columns=columns)
