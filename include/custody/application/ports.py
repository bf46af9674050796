"""What the use cases need of the world: ports; the adapters come to them.

A port belongs to its caller.  Every fake is proved by the contract suite that
also runs against the real adapter.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import polars as pl

from custody.columns.blocks import RawBlock, SealedBlock
from custody.domain.delivery import (
    DeliveryId,
    DeliveryKey,
    DeliveryState,
    ManifestFile,
)
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from custody.domain.outcome import Outcome, Tally
from custody.domain.sources import Layout, Source


class Clock(Protocol):
    """The only way to the time; aware, UTC."""

    def now(self) -> dt.datetime:
        """Return the moment."""


# --- landing zone and quarantine ---------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedFile:
    """One object in a delivery folder: plain name and size in bytes."""

    name: str
    size: int


class Landing(Protocol):
    """The landing zone 落地区: folders `<source>/<date>/<sequence>/`."""

    def deliveries(self, source_id: str | None = None) -> Iterator[DeliveryKey]:
        """Yield complete deliveries (manifest there), ordered; all sources if None."""

    def files(self, key: DeliveryKey) -> tuple[LandedFile, ...]:
        """List every object of the folder, manifest and signature included."""

    def open(self, key: DeliveryKey, name: str) -> AbstractContextManager[BinaryIO]:
        """Open one pinned version for reading; seekable; links are refused."""

    def put(self, key: DeliveryKey, files: Mapping[str, BinaryIO]) -> None:
        """Write a delivery; `manifest.json` last; ConflictError if it exists."""

    def erase(self, key: DeliveryKey) -> int:
        """Erase the folder, every version; idempotent; return objects erased."""


class Quarantine(Protocol):
    """Age files to the quarantine recipient; only its identity opens them."""

    def put(self, name: str, plain: BinaryIO) -> str:
        """Seal and store; return the digest (SHA-256 hex) of the stored bytes."""

    def names(self) -> Iterator[str]:
        """Yield what is kept."""

    def open(self, name: str, identity: str) -> bytes:
        """Open with an age identity (text); OpenError when it is not the one."""

    def erase(self, name: str) -> None:
        """Erase; idempotent."""


class Reader(Protocol):
    """Streams one file as blocks of text cells; places every fault."""

    def blocks(
        self, stream: BinaryIO, layout: Layout, source: Source, *, first_row: int
    ) -> Iterator[RawBlock]:
        """Yield blocks; DeliveryError when the file as a whole is unreadable."""


# --- keys ---------------------------------------------------------------------


class KeyProvider(Protocol):
    """Where wrapping keys live (design section 4); 32 bytes each."""

    def create(self, epoch: EpochId) -> bytes:
        """Create the key once; ConflictError when it exists or was destroyed."""

    def open(self, epoch: EpochId) -> bytes:
        """Return the key; KeyDestroyedError, or KeyError when never created."""

    def destroy(self, epoch: EpochId) -> None:
        """Destroy for good; idempotent."""

    def state(self, epoch: EpochId) -> "KeyState":
        """Tell whether the key is there, gone (since when), or pending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """`live`, `destroyed` or `pending`; the date a destruction is final."""

    name: str
    final: dt.date | None = None


class Offsite(Protocol):
    """One off-site medium: write-once objects with a lock date."""

    @property
    def name(self) -> str:
        """The medium's label; never its credentials."""

    def put(self, path: str, content: bytes, *, locked_until: dt.date) -> None:
        """Write once; the same bytes again are welcome, others a ConflictError."""

    def read(self, path: str) -> bytes:
        """Read back from the medium; KeyError when absent."""

    def list(self, prefix: str) -> tuple[str, ...]:
        """List the object paths under a prefix."""


class Keyring(Protocol):
    """The keyring database: epochs and data key records."""

    def open_epoch(self, level: Level) -> EpochId:
        """Return the open live epoch of a level; WorldError when there is none."""

    def add_epoch(self, epoch: EpochId, *, suite: int) -> None:
        """Record a born epoch as open and make its partition; idempotent."""

    def writing(self, epochs: Sequence[EpochId]) -> "AbstractContextManager[KeyWriter]":
        """Hold the epochs FOR SHARE; EpochClosedError unless all are open.

        Commits at a clean exit, so before the warehouse: keys first.
        """

    def wrapped(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return handle, level, epoch, key_id, wrapped of the handles (exporter)."""


class KeyWriter(Protocol):
    """Takes data key records inside one keyring transaction."""

    def write(self, keys: pl.DataFrame, *, dataset: str, department: str) -> None:
        """COPY records; enforces 2^32 wraps per epoch (design section 4)."""


# --- warehouse ------------------------------------------------------------------


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

    def seen(self, source_id: str, file_digests: Sequence[str]) -> DeliveryId | None:
        """Return a delivery of the source that brought any of these files."""

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
        """Move if the state is one of `old`; False when another run moved it."""

    def mark_exported(self, delivery_id: DeliveryId, entry: "Entry") -> None:
        """Record that the data object was read back from every medium."""

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

    def lines(self) -> Iterator[bytes]:
        """Yield the stored lines in order (docs/formats.md)."""


class Staging(Protocol):
    """Sealed rows, facts and tokens of deliveries on their way."""

    def restage(self, key: DeliveryKey) -> "AbstractContextManager[StagingWriter]":
        """Replace the delivery's staging in one transaction; serialised per delivery.

        ConflictError while another run holds the delivery.
        """

    def facts(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield the staged facts, block by block."""

    def whole(self, delivery_id: DeliveryId) -> bool:
        """Whether UNLOGGED staging still has every staged row (no crash since)."""

    def sealed_rows(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield handle, row, customer, version, level, sealed, digest (exporter)."""


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


class Notifier(Protocol):
    """Tells people; the text holds ids and counts only (R25)."""

    def notify(self, subject: str, text: str) -> None:
        """Send; failures are logged, never raised into the intake."""


