"""Invented deliveries that look sealed: random bytes where ciphertext would be.

A row is described by its match keys and its content; equal texts give equal tokens,
as the blind index does.
"""

import datetime as dt
import hashlib
import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl
from sqlalchemy import Engine

from custody.adapters.roles import WAREHOUSE_LOADER
from custody.adapters.warehouse.deliveries import PostgresDeliveryBook
from custody.adapters.warehouse.ledger import LedgerWriter, PostgresLedger
from custody.adapters.warehouse.register import PostgresRegister
from custody.adapters.warehouse.reports import PostgresReports
from custody.adapters.warehouse.staging import PostgresStaging
from custody.application.ports import DeliveryRecord, Entry
from custody.columns.blocks import SealedBlock
from custody.columns.index import SUPPRESSION
from custody.domain.delivery import DeliveryKey, DeliveryState
from custody.domain.ledger import Signer, origin_of
from custody.domain.outcome import Tally
from custody.domain.sources import Source
from tests.builders.deliveries import DAY, MOMENT, delivery_key, delivery_record
from tests.builders.policies import source
from tests.fakes.world import FixedClock
from tests.integration.conftest import Databases

LEVELS = ("high", "low")
WIDTH = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One invented row: `keys` by field, `content` decides the row tokens.

    `facts` are the tokens of fields that a check would see.
    """

    keys: Mapping[str, str]
    content: str = "same"
    verdict: str = "load"
    reasons: str | None = None
    prefix: str = "FI"
    facts: Mapping[str, str | None] = field(default_factory=dict)
    collected_on: dt.date | None = DAY


@dataclass(frozen=True, slots=True)
class Warehouse:
    """The warehouse's adapters as the loader has them."""

    engine: Engine
    ledger_writer: LedgerWriter
    book: PostgresDeliveryBook
    staging: PostgresStaging
    register: PostgresRegister
    reports: PostgresReports
    ledger: PostgresLedger
    sequences: "itertools.count[int]" = field(
        default_factory=lambda: itertools.count(1)
    )

    def stage(
        self,
        rows: Sequence[Row],
        *,
        state: DeliveryState = DeliveryState.CHECKED,
        quarantined: int = 0,
    ) -> DeliveryRecord:
        """Add a delivery, stage its rows, and move it to a state."""
        key = delivery_key(next(self.sequences))
        self.book.add(delivery_record(sequence=key.sequence), entry("admitted", key))
        self.seal(key, rows, quarantined=quarantined)
        if state is not DeliveryState.SEALED:
            moved = self.book.move(
                key.delivery_id, [DeliveryState.SEALED], state, entry(state, key)
            )
            assert moved
        return self.record(key)

    def seal(
        self, key: DeliveryKey, rows: Sequence[Row], *, quarantined: int = 0
    ) -> None:
        """Stage rows as one block."""
        with self.staging.restage(key) as writer:
            writer.write(sealed_block(rows))
            writer.quarantine_rows(
                [(len(rows) + n, "phone", "bad_row") for n in range(1, quarantined + 1)]
            )
            writer.finish(late_facts=None, entry=entry("sealed", key))

    def record(self, key: DeliveryKey) -> DeliveryRecord:
        """Return a delivery that is there."""
        found = self.book.find(key.delivery_id)
        assert found is not None
        return found

    def load(
        self,
        rows: Sequence[Row],
        *match_keys: tuple[str, ...],
        quarantined: int = 0,
    ) -> Tally:
        """Stage and load rows."""
        record = self.stage(rows, quarantined=quarantined)
        return self.load_record(record, *match_keys)

    def load_record(
        self,
        record: DeliveryRecord,
        *match_keys: tuple[str, ...],
        enriches: bool = False,
    ) -> Tally:
        """Load a checked delivery."""
        source = matching_by(*match_keys, enriches=enriches)
        return self.register.load(record, source, number_width=WIDTH)


def open_warehouse(databases: Databases, role: str = WAREHOUSE_LOADER) -> Warehouse:
    """Return the adapters of a role on a fresh warehouse."""
    engine = databases.warehouse(role)
    clock = FixedClock(MOMENT)
    writer = LedgerWriter(signer(), clock)
    return Warehouse(
        engine=engine,
        ledger_writer=writer,
        book=PostgresDeliveryBook(engine, writer, clock),
        staging=PostgresStaging(engine, writer),
        register=PostgresRegister(engine, writer, clock),
        reports=PostgresReports(engine, clock),
        ledger=PostgresLedger(engine, writer),
    )


def signer() -> Signer:
    """Return a signer whose signatures are digests: the form is what is tested."""
    return Signer(
        origin=origin_of(bytes(32)), sign=lambda text: hashlib.sha512(text).digest()
    )


def matching_by(*match_keys: tuple[str, ...], enriches: bool = False) -> Source:
    """Return a source with these match keys."""
    made = source(match_keys=match_keys or (("resident_id",),))
    return replace(made, enriches=enriches)


def entry(kind: str, key: DeliveryKey) -> Entry:
    """Return a plain entry about a delivery."""
    return Entry(kind=kind, subject=key.delivery_id, body={})


def token(text: str) -> bytes:
    """Return the token of a text: equal texts, equal tokens."""
    return hashlib.sha256(text.encode()).digest()[:16]


def sealed_block(rows: Sequence[Row], *, first_row: int = 1) -> SealedBlock:
    """Return a block as the sealing step makes it, with invented bytes."""
    handles = [os.urandom(16) for _ in rows]
    numbers = list(range(first_row, first_row + len(rows)))
    each = pl.DataFrame(
        {"row": numbers, "handle": handles},
        schema={"row": pl.Int64, "handle": pl.Binary},
    )
    return SealedBlock(
        rows=_rows(each, rows),
        values=_values(handles),
        keys=pl.DataFrame(),
        tokens=_tokens(handles, rows),
        suppression=_suppression(handles, rows),
        row_tokens=_row_tokens(handles, rows),
        projection=each.with_columns(
            name=pl.lit(None, dtype=pl.String), shown=pl.lit('{"customer_name":"某*"}')
        ),
        facts=each.with_columns(
            customer_name=pl.lit("valid"),
            record__verdict=pl.Series([row.verdict for row in rows], dtype=pl.String),
            **_facts(rows),
        ),
    )


def _facts(rows: Sequence[Row]) -> dict[str, pl.Series]:
    names = sorted({name for row in rows for name in row.facts})
    return {
        name: pl.Series([row.facts.get(name) for row in rows], dtype=pl.String)
        for name in names
    }


def _rows(each: pl.DataFrame, rows: Sequence[Row]) -> pl.DataFrame:
    return each.with_columns(
        level=pl.lit("high"),
        tier=pl.lit("c"),
        verdict=pl.Series([row.verdict for row in rows], dtype=pl.String),
        reasons=pl.Series([row.reasons for row in rows], dtype=pl.String),
        industry=pl.lit("J66"),
        prefix=pl.Series([row.prefix for row in rows], dtype=pl.String),
        customer_type=pl.lit("ordinary"),
        party=pl.lit("natural"),
        responsible=pl.lit("P-1"),
        classes=pl.lit(None, dtype=pl.String),
    )


def _values(handles: Sequence[bytes]) -> pl.DataFrame:
    both = [handle for handle in handles for _ in LEVELS]
    return pl.DataFrame(
        {
            "handle": both,
            "level": list(LEVELS) * len(handles),
            "sealed": [os.urandom(150) for _ in both],
            "digest": [os.urandom(32) for _ in both],
            "key_id": [os.urandom(32) for _ in both],
        },
        schema_overrides=dict.fromkeys(
            ("handle", "sealed", "digest", "key_id"), pl.Binary
        ),
    )


def _tokens(handles: Sequence[bytes], rows: Sequence[Row]) -> pl.DataFrame:
    found = [
        (handle, name, token(f"{name}={value}"))
        for handle, row in zip(handles, rows, strict=True)
        for name, value in row.keys.items()
    ]
    schema = {"handle": pl.Binary, "field": pl.String, "token": pl.Binary}
    return pl.DataFrame(found, schema=schema, orient="row")


def mark(name: str, value: str) -> bytes:
    """Return the suppression token of a match key of one field."""
    return hashlib.sha256(f"suppressed {name}={value}".encode()).digest()


def _suppression(handles: Sequence[bytes], rows: Sequence[Row]) -> pl.DataFrame:
    found = [
        (handle, name, mark(name, value), row.collected_on)
        for handle, row in zip(handles, rows, strict=True)
        for name, value in row.keys.items()
    ]
    return pl.DataFrame(found, schema=SUPPRESSION, orient="row")


def _row_tokens(handles: Sequence[bytes], rows: Sequence[Row]) -> pl.DataFrame:
    found = [
        (handle, level, token(f"{level}:{sorted(row.keys.items())}:{row.content}"))
        for handle, row in zip(handles, rows, strict=True)
        for level in LEVELS
    ]
    schema = {"handle": pl.Binary, "level": pl.String, "token": pl.Binary}
    return pl.DataFrame(found, schema=schema, orient="row")
