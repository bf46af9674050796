"""Staging on PostgreSQL: one delivery is replaced in one transaction."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl
from sqlalchemy import Connection, Engine, text

from custody.adapters.copying import copy_frame
from custody.adapters.database import driver, transaction
from custody.adapters.warehouse.exporting import sealed_rows
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.adapters.warehouse.staged import drop_staging, staging_is_whole
from custody.application.ports import Entry
from custody.columns.blocks import SealedBlock
from custody.domain.delivery import (
    DeliveryId,
    DeliveryKey,
    DeliveryState,
    may_move,
)
from custody.errors import ConflictError, WorldError

LATE_FACTS = -1
"""The block number of the facts that only the whole file could tell."""

_HOLD = text(
    "SELECT state FROM intake.delivery WHERE delivery_id = :id FOR UPDATE NOWAIT"
)
INDEX_EPOCH = text(
    "SELECT number FROM register.index_epoch WHERE state = 'open' FOR SHARE"
)
_FORGET_OUTCOMES = text("DELETE FROM intake.row_outcome WHERE delivery_id = :id")
_ADD_FACTS = text(
    "INSERT INTO intake.staged_facts (delivery_id, block, ipc)"
    " VALUES (:id, :block, :ipc)"
)
_QUARANTINE = text(
    "INSERT INTO intake.row_outcome (delivery_id, row, outcome, reasons)"
    " VALUES (:id, :row, 'quarantined', :reasons)"
)
_SEALED = text(
    "UPDATE intake.delivery SET state = 'sealed', rows_read = :rows_read,"
    " quarantined = :quarantined, loaded = 0, unchanged = 0, pending = 0,"
    " refused = 0, held = 0, reasons = '{}' WHERE delivery_id = :id"
)
_FACTS = text(
    "SELECT ipc FROM intake.staged_facts WHERE delivery_id = :id AND block >= 0"
    " ORDER BY block"
)
_LATE = text(
    "SELECT ipc FROM intake.staged_facts WHERE delivery_id = :id AND block = :block"
)

_ROWS = {
    "delivery_id": "text",
    "row": "int8",
    "handle": "bytea",
    **dict.fromkeys(
        (
            *("level", "tier", "verdict", "reasons", "industry", "prefix"),
            *("customer_type", "party", "responsible", "classes"),
        ),
        "text",
    ),
}
_VALUES = {
    "delivery_id": "text",
    "row": "int8",
    "handle": "bytea",
    "level": "text",
    **dict.fromkeys(("sealed", "digest", "key_id"), "bytea"),
}
_TOKENS = {
    "delivery_id": "text",
    "row": "int8",
    "handle": "bytea",
    "field": "text",
    "token": "uuid",
    "index_epoch": "int4",
}
_ROW_TOKENS = {
    "delivery_id": "text",
    "row": "int8",
    "handle": "bytea",
    "level": "text",
    "token": "uuid",
    "index_epoch": "int4",
}
_PROJECTION = {
    "delivery_id": "text",
    "row": "int8",
    "handle": "bytea",
    "name": "text",
    "shown": "text",
}


class PostgresStaging:
    """Implements `Staging`: the loader restages and checks, the exporter reads."""

    def __init__(self, engine: Engine, ledger: LedgerWriter) -> None:
        """Take an engine and the ledger's writer."""
        self._engine = engine
        self._ledger = ledger

    @contextmanager
    def restage(self, key: DeliveryKey) -> Iterator["PostgresStagingWriter"]:
        """Replace the delivery's staging in one transaction; serialised per delivery.

        Nothing is kept unless `finish` was called.  ConflictError while another
        run holds the delivery, or when it is past sealing.
        """
        with transaction(self._engine, f"stage {key.delivery_id}") as connection:
            _hold(connection, key.delivery_id)
            drop_staging(connection, key.delivery_id)
            connection.execute(_FORGET_OUTCOMES, {"id": key.delivery_id})
            writer = PostgresStagingWriter(connection, key.delivery_id, self._ledger)
            yield writer
            if not writer.finished:
                _give_up(connection)

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
        self, connection: Connection, delivery_id: DeliveryId, ledger: LedgerWriter
    ) -> None:
        """Take the transaction that holds the delivery; hold the index epoch."""
        epoch = connection.execute(INDEX_EPOCH).scalar()
        if epoch is None:
            message = "no index epoch is open: create one"
            raise WorldError(message)
        self.index_epoch: int = epoch
        self.finished = False
        self._connection = connection
        self._delivery_id = delivery_id
        self._ledger = ledger
        self._blocks = 0
        self._rows = 0
        self._quarantined = 0

    def write(self, block: SealedBlock) -> None:
        """COPY one block into staging."""
        rows = block.rows.select("handle", "row")
        self._copy("staged_row", block.rows, _ROWS)
        for table, frame, columns in (
            ("staged_value", block.values, _VALUES),
            ("staged_token", block.tokens, _TOKENS),
            ("staged_row_token", block.row_tokens, _ROW_TOKENS),
        ):
            placed = frame.join(rows, on="handle", maintain_order="left")
            self._copy(table, placed, columns)
        self._copy("staged_projection", _storable(block.projection), _PROJECTION)
        self._add_facts(self._blocks, block.facts)
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
            self._add_facts(LATE_FACTS, late_facts)
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

    def _add_facts(self, block: int, facts: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        facts.write_ipc(buffer, compression="zstd")
        row = {"id": self._delivery_id, "block": block, "ipc": buffer.getvalue()}
        self._connection.execute(_ADD_FACTS, row)


def staged_facts(connection: Connection, delivery_id: str) -> Iterator[pl.DataFrame]:
    """Yield the staged facts of a delivery, whole-file facts joined in by row."""
    found = connection.execute(_LATE, {"id": delivery_id, "block": LATE_FACTS}).scalar()
    late = None if found is None else pl.read_ipc(io.BytesIO(found))
    for ipc in connection.execute(
        _FACTS, {"id": delivery_id}, execution_options={"yield_per": 1}
    ).scalars():
        block = pl.read_ipc(io.BytesIO(ipc))
        if late is not None:
            told = [name for name in late.columns if name != "row"]
            block = block.drop(told, strict=False).join(late, on="row", how="left")
        yield block


def _hold(connection: Connection, delivery_id: DeliveryId) -> None:
    """Take the delivery for this run, or say who may not."""
    found = connection.execute(_HOLD, {"id": delivery_id}).scalar()
    if found is None or not may_move(DeliveryState(found), DeliveryState.SEALED):
        message = f"{delivery_id} is not waiting to be sealed"
        raise ConflictError(message)


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
