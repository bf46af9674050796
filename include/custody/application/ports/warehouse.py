"""Ports to the warehouse: deliveries, staging, register, ledger, reports."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import polars as pl

from custody.columns.blocks import SealedBlock
from custody.domain.delivery import (
    DeliveryId,
    DeliveryKey,
    DeliveryState,
    ManifestFile,
    is_owed,
)
from custody.domain.outcome import Outcome, Tally
from custody.domain.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """One delivery as the warehouse knows it."""

    key: DeliveryKey
    state: DeliveryState
    manifest_digest: str
    files: tuple[ManifestFile, ...]
    tally: Tally
    reasons: tuple[str, ...]
    policy_digest: str
    received_at: dt.datetime
    erased_at: dt.datetime | None
    exported_at: dt.datetime | None
    released: tuple[str, ...] = ()
    """The reasons for which it was held when a steward released it."""

    @property
    def is_owed(self) -> bool:
        """Whether a run still has to do something for the delivery."""
        return is_owed(
            self.state,
            exported=self.exported_at is not None,
            erased=self.erased_at is not None,
        )


class DeliveryBook(Protocol):
    """The table of deliveries; every change is one transaction with its entry."""

    def find(self, delivery_id: DeliveryId) -> DeliveryRecord | None:
        """Return one delivery."""

    def list(
        self,
        *,
        source_id: str | None = None,
        business_date: dt.date | None = None,
        states: Sequence[DeliveryState] = (),
        limit: int = 1000,
    ) -> tuple[DeliveryRecord, ...]:
        """Return deliveries, the newest first."""

    def owed(
        self, source_id: str | None = None, business_date: dt.date | None = None
    ) -> tuple[DeliveryRecord, ...]:
        """Return every delivery that `is_owed`, however many, the oldest first."""

    def seen(self, source_id: str, file_digests: Sequence[str]) -> DeliveryId | None:
        """Return a delivery of the source that was let in with any of these files."""

    def add(self, record: DeliveryRecord, entry: "Entry") -> bool:
        """Insert with its ledger entry; False when the id is known already."""

    def move(
        self,
        delivery_id: DeliveryId,
        old: Sequence[DeliveryState],
        new: DeliveryState,
        entry: "Entry",
        *,
        tally: Tally | None = None,
        reasons: Sequence[str] = (),
    ) -> bool:
        """Move if the state is one of `old`; False when another run moved it.

        A released delivery counts as not exported: its rows are not final yet;
        what held it is kept as `released`.
        """

    def mark_exported(self, record: DeliveryRecord, entry: "Entry") -> bool:
        """Record that the data object was read back from every medium; once.

        False when the delivery is no longer as `record` tells, or is marked.
        """

    def mark_erased(self, delivery_id: DeliveryId, entry: "Entry") -> None:
        """Record that the landed files are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A ledger entry to be: kind, and facts without personal data (idea 6)."""

    kind: str
    subject: str  # a delivery id, an epoch id, a quarantine name
    body: Mapping[str, str | int | bool | Sequence[str]]


class Ledger(Protocol):
    """Append-only, hash-chained, signed."""

    def append(self, entry: Entry) -> int:
        """Append in a transaction of its own; return the position."""

    def lines(self, *, first: int = 1) -> Iterator[bytes]:
        """Yield the stored lines in order, from a position on (docs/formats.md)."""

    def last(self) -> bytes | None:
        """Return the last line, None when there is none."""


class Basis(StrEnum):
    """What a delivery is sealed from."""

    LANDED = "landed"  # its file
    STAGED = "staged"  # its staged sealed values, after a crash
    AFRESH = "afresh"  # the same, to be judged anew: an earlier release is void


class Staging(Protocol):
    """Sealed rows, facts and tokens of deliveries on their way."""

    def restage(
        self, key: DeliveryKey, *, basis: Basis = Basis.LANDED
    ) -> "AbstractContextManager[StagingWriter]":
        """Replace the delivery's staging in one transaction; serialised per delivery.

        From staged values a held delivery is taken too, and unreadable rows that
        were recorded stay so.  ConflictError while another run holds the delivery.
        """

    def facts(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield the staged facts, block by block."""

    def whole(self, delivery_id: DeliveryId) -> bool:
        """Whether UNLOGGED staging still has every staged row (no crash since)."""

    def sealed_rows(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield handle, row, customer, version, level, sealed, digest (exporter)."""


class StagedValues(Protocol):
    """The sealed values of a delivery in staging; they are logged, so never lost."""

    def of(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield row, handle, level, sealed, key_id, digest; a row is never split.

        A row of which nothing was sealed has null for the last four.
        """


class StagingWriter(Protocol):
    """One open staging transaction."""

    index_epoch: int

    def write(self, block: SealedBlock) -> None:
        """COPY one block into staging."""

    def quarantine_rows(self, rows: Sequence[tuple[int, str | None, str]]) -> None:
        """Record unreadable rows: (row, column, reason)."""

    def finish(self, *, late_facts: pl.DataFrame | None, entry: Entry) -> None:
        """Add whole-file facts, move the delivery to sealed, append the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """The outcome of one row that is not simply loaded."""

    row: int
    outcome: Outcome
    reasons: tuple[str, ...]
    handle: bytes | None


class Register(Protocol):
    """The register of customers; moves rows and opens nothing."""

    def load(
        self, record: DeliveryRecord, source: Source, *, number_width: int
    ) -> Tally:
        """Load one checked delivery in one transaction, its entry included.

        Numbers new customers (R28), matches known ones by the source's ordered
        keys, opens supplement requests (R25), writes row outcomes, computes the
        row-set Merkle root.  ConflictError when the delivery is not `checked`.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """A stored validation report: the page, the correction list, a summary."""

    page: bytes
    corrections: bytes
    summary: Mapping[str, object]


class Reports(Protocol):
    """Validation reports in the warehouse."""

    def put(self, delivery_id: DeliveryId, report: CheckReport) -> None:
        """Store or replace."""

    def get(self, delivery_id: DeliveryId) -> CheckReport | None:
        """Return the report."""

    def rates(self, source_id: str, *, last: int) -> tuple[Mapping[str, float], ...]:
        """Return the token rates of the last deliveries of a source."""
