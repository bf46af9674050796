"""Staging on PostgreSQL: one delivery is replaced in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl
from sqlalchemy import Connection, Engine, text

from custody.adapters.copying import copy_frame
from custody.adapters.database import driver, transaction
from custody.adapters.warehouse import row_words as words
from custody.adapters.warehouse.exporting import sealed_rows
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.adapters.warehouse.staged import (
    drop_staging,
    hold_delivery,
    staging_is_whole,
)
from custody.adapters.warehouse.staged_facts import (
    LATE_FACTS,
    add_facts,
    staged_facts,
)
from custody.application.ports import Basis, Entry, Reached, pass_by
from custody.columns.blocks import SealedBlock
from custody.domain.delivery import (
    DeliveryId,
    DeliveryKey,
)
from custody.errors import WorldError

INDEX_EPOCH = text(
    "SELECT number FROM register.index_epoch WHERE state = 'open' FOR SHARE"
)
_FORGET_OUTCOMES = text("DELETE FROM intake.row_outcome WHERE delivery_id = :id")
_COUNT_UNREADABLE = text(
    "SELECT count(*) FROM intake.row_outcome WHERE delivery_id = :id"
    " AND outcome = 'quarantined'"
)
_VOID_RELEASE = text(
    "UPDATE intake.delivery SET released = '{}' WHERE delivery_id = :id"
)
_QUARANTINE = text(
    "INSERT INTO intake.row_outcome (delivery_id, row, outcome, reasons)"
    " VALUES (:id, :row, 'quarantined', :reasons)"
)
_SEALED = text(
    "UPDATE intake.delivery SET state = 'sealed', rows_read = :rows_read,"
    " quarantined = :quarantined, loaded = 0, unchanged = 0, pending = 0,"
    " refused = 0, held = 0, reasons = '{}', exported_at = NULL"
    " WHERE delivery_id = :id"
)
_PLACE = {"delivery_id": "text", "row": "int8", "handle": "bytea"}
_ROWS = {
    **_PLACE,
    **dict.fromkeys(
        (
            *("level", "tier", "verdict", "reasons", "industry", "prefix"),
            *("customer_type", "party", "responsible", "classes"),
        ),
        "text",
    ),
}
_VALUES = {
    **_PLACE,
    "level": "text",
    **dict.fromkeys(("sealed", "digest", "key_id"), "bytea"),
}
_TOKENS = {**_PLACE, "field": "text", "token": "uuid", "index_epoch": "int4"}
_ROW_TOKENS = {**_PLACE, "level": "text", "token": "uuid", "index_epoch": "int4"}
_SUPPRESSION = {
    **_PLACE,
    "match_key": "text",
    "token": "bytea",
    "collected_on": "date",
}
_PROJECTION = {**_PLACE, "name": "text", "shown": "text"}


class PostgresStaging:
    """Implements `Staging`: the loader restages and checks, the exporter reads."""

    def __init__(
        self, engine: Engine, ledger: LedgerWriter, reached: Reached = pass_by
    ) -> None:
        """Take an engine and the ledger's writer."""
        self._engine = engine
        self._ledger = ledger
        self._reached = reached

    @contextmanager
    def restage(
        self, key: DeliveryKey, *, basis: Basis = Basis.LANDED
    ) -> Iterator["PostgresStagingWriter"]:
        """Replace the delivery's staging in one transaction; serialised per delivery.

        Nothing is kept unless `finish` was called.  ConflictError while another
        run holds the delivery, or when it is past sealing.
        """
        with transaction(self._engine, f"stage {key.delivery_id}") as connection:
            self._reached("claim.before")
            hold_delivery(connection, key.delivery_id, basis)
            drop_staging(connection, key.delivery_id)
            writer = PostgresStagingWriter(
                connection, key.delivery_id, self._ledger, self._reached
            )
            writer.begin(basis)
            self._reached("claim.after")
            yield writer
            if not writer.finished:
                _give_up(connection)
            self._reached("stage.commit.before")
        self._reached("stage.commit.after")

    def facts(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield the staged facts, block by block, whole-file facts joined in."""
        with transaction(self._engine, "read staged facts") as connection:
            yield from staged_facts(connection, delivery_id)

    def whole(self, delivery_id: DeliveryId) -> bool:
        """Whether UNLOGGED staging still has every staged row (no crash since)."""
        with transaction(self._engine, "look at staging") as connection:
            return staging_is_whole(connection, delivery_id)

    def sealed_rows(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield handle, row, customer, version, level, sealed, digest, key_id."""
        with transaction(self._engine, "read sealed rows") as connection:
            yield from sealed_rows(connection, delivery_id)


class PostgresStagingWriter:
    """Implements `StagingWriter` inside one warehouse transaction."""

    def __init__(
        self,
        connection: Connection,
        delivery_id: DeliveryId,
        ledger: LedgerWriter,
        reached: Reached = pass_by,
    ) -> None:
        """Take the transaction that holds the delivery; hold the index epoch."""
        epoch = connection.execute(INDEX_EPOCH).scalar()
        if epoch is None:  # it closed while this waited; the next one is open by now
            epoch = connection.execute(INDEX_EPOCH).scalar()
        if epoch is None:
            raise words.NO_INDEX_EPOCH.as_error(WorldError)
        self.index_epoch: int = epoch
        self.finished = False
        self._connection = connection
        self._delivery_id = delivery_id
        self._ledger = ledger
        self._reached = reached
        self._blocks = 0
        self._rows = 0
        self._quarantined = 0

    def begin(self, basis: Basis) -> None:
        """Take over from a former staging what this one does not make anew."""
        row = {"id": self._delivery_id}
        if basis is Basis.LANDED:
            self._connection.execute(_FORGET_OUTCOMES, row)
        else:
            counted = self._connection.execute(_COUNT_UNREADABLE, row)
            self._quarantined = int(counted.scalar_one())
        if basis is Basis.AFRESH:
            self._connection.execute(_VOID_RELEASE, row)

    def write(self, block: SealedBlock) -> None:
        """COPY one block into staging."""
        rows = block.rows.select("handle", "row")
        self._reached("stage.copy.before")
        self._copy("staged_row", block.rows, _ROWS)
        self._reached("stage.copy.mid")
        for table, frame, columns in (
            ("staged_value", block.values, _VALUES),
            ("staged_token", block.tokens, _TOKENS),
            ("staged_row_token", block.row_tokens, _ROW_TOKENS),
            ("staged_suppression", block.suppression, _SUPPRESSION),
        ):
            placed = frame.join(rows, on="handle", maintain_order="left")
            self._copy(table, placed, columns)
        self._copy("staged_projection", _storable(block.projection), _PROJECTION)
        add_facts(self._connection, self._delivery_id, self._blocks, block.facts)
        self._reached("stage.copy.after")
        self._blocks += 1
        self._rows += block.rows.height

    def quarantine_rows(self, rows: Sequence[tuple[int, str | None, str]]) -> None:
        """Record unreadable rows: (row, column, reason)."""
        found = [
            {
                "id": self._delivery_id,
                "row": row,
                "reasons": [reason if column is None else f"{column}:{reason}"],
            }
            for row, column, reason in rows
        ]
        if found:
            self._connection.execute(_QUARANTINE, found)
        self._quarantined += len(found)

    def finish(self, *, late_facts: pl.DataFrame | None, entry: Entry) -> None:
        """Add whole-file facts (by `row`), move to sealed, append the entry."""
        if late_facts is not None:
            add_facts(self._connection, self._delivery_id, LATE_FACTS, late_facts)
        counts = {
            "id": self._delivery_id,
            "rows_read": self._rows + self._quarantined,
            "quarantined": self._quarantined,
        }
        self._connection.execute(_SEALED, counts)
        self._ledger.append(self._connection, entry)
        self.finished = True

    def _copy(self, table: str, frame: pl.DataFrame, columns: dict[str, str]) -> None:
        whole = frame.with_columns(
            delivery_id=pl.lit(self._delivery_id),
            index_epoch=pl.lit(self.index_epoch, dtype=pl.Int32),
        )
        copy_frame(driver(self._connection), f"intake.{table}", whole, columns=columns)


def _give_up(connection: Connection) -> None:
    """Roll back what was staged without being finished."""
    begun = connection.get_transaction()
    if begun is not None:
        begun.rollback()


def _storable(projection: pl.DataFrame) -> pl.DataFrame:
    """Replace NUL, which PostgreSQL text cannot hold."""
    return projection.with_columns(
        pl.col("name", "shown").str.replace_all("\x00", "\N{REPLACEMENT CHARACTER}")
    )
