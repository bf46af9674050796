"""What the command line and the pages read: rows for people, masked throughout.

The views are ports for the reading role, which sees no sealed value and no token.
`Projection` is the rebuilder's port: what is shown is rebuilt from sealed values
after a crash or a restore (design idea 2).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import polars as pl

from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.levels import Level, highest
from custody.domain.outcome import Outcome, Tally
from custody.domain.sources import FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySummary:
    """One delivery in a list."""

    delivery_id: DeliveryId
    source_id: str
    business_date: dt.date
    state: DeliveryState
    tally: Tally
    reasons: tuple[str, ...]
    received_at: dt.datetime
    exported_at: dt.datetime | None
    erased_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One row that is not simply loaded; `facts` only when it has a problem."""

    row: int
    outcome: Outcome
    reasons: tuple[str, ...]
    handle: bytes | None
    facts: Mapping[str, str | None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """A held or pending row, for the steward who decides about it; no value.

    `name` is the mask of the customer's name, or a legal person's name; None when
    the projection was lost.  `candidates` are the customers that a held row's
    fields named when it came: number to fields.
    """

    delivery_id: DeliveryId
    row: int
    handle: bytes
    outcome: Outcome
    reasons: tuple[str, ...]
    level: str
    name: str | None
    candidates: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementView:
    """One supplement request (R25); open until a delivery closed it.

    `number` is the customer's, None while the row is not in the register.
    """

    request_id: int
    delivery_id: DeliveryId
    row: int
    handle: bytes
    field: str
    reason: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None = None
    closed_by: DeliveryId | None = None
    number: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementCount:
    """How many supplement requests of a delivery are open and closed."""

    delivery_id: DeliveryId
    open: int
    closed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """One record version as people see it: masks, classes, and where it came from.

    `part` is FULL, or the source that enriches and brought no more than its own.
    `number` and `version` are None while the row waits in staging; `shown` maps a
    field to its mask or low value; it is None when the projection was lost and is
    not yet rebuilt.
    """

    handle: bytes
    number: str | None
    version: int | None
    delivery_id: DeliveryId
    row: int
    state: str
    level: str
    tier: str | None
    industry: str | None
    customer_type: str | None
    party: str | None
    responsible: str | None
    classes: str | None
    name: str | None
    shown: Mapping[str, str] | None
    part: str = FULL


def united(full: RecordView, parts: Iterable[RecordView]) -> RecordView:
    """Return a customer as a whole: the full version, and what enriches it.

    Where both tell a field the full version prevails, and of two parts the later
    one; the level is the highest of all (就高从严, A2).
    """
    shown: dict[str, str] | None = None if full.shown is None else {}
    levels = [Level(full.level)]
    for part in sorted(parts, key=lambda one: one.version or 0):
        levels.append(Level(part.level))
        if shown is not None:
            shown |= part.shown or {}
    if shown is not None:
        shown |= full.shown or {}
    return replace(full, level=highest(levels).value, shown=shown)


def whole(history: Sequence[RecordView]) -> RecordView | None:
    """Return a customer as a whole from every version, the latest first."""
    latest: dict[str, RecordView] = {}
    for version in history:
        latest.setdefault(version.part, version)
    full = latest.pop(FULL, None)
    return None if full is None else united(full, latest.values())


class Views(Protocol):
    """Reading for people, as custody_reader."""

    def deliveries(
        self, *, states: Sequence[DeliveryState] = (), limit: int = 100
    ) -> tuple[DeliverySummary, ...]:
        """Return deliveries, the newest first."""

    def delivery(self, delivery_id: DeliveryId) -> DeliverySummary | None:
        """Return one delivery; None when it is unknown."""

    def rows(
        self, delivery_id: DeliveryId, *, limit: int = 1000
    ) -> tuple[RowView, ...]:
        """Return the rows of a delivery that are not simply loaded, in order."""

    def waiting(
        self,
        *,
        outcomes: Sequence[Outcome] = (Outcome.HELD,),
        delivery_id: DeliveryId | None = None,
        limit: int = 1000,
    ) -> tuple[WaitingRow, ...]:
        """Return rows of loaded deliveries that wait, by delivery and row."""

    def supplements(
        self,
        *,
        delivery_id: DeliveryId | None = None,
        closed: bool = False,
        limit: int = 1000,
    ) -> tuple[SupplementView, ...]:
        """Return open supplement requests, the oldest first; `closed` ones too."""

    def supplement_counts(
        self, delivery_id: DeliveryId | None = None
    ) -> tuple[SupplementCount, ...]:
        """Return open and closed requests by delivery, most open first."""

    def customers(self, *, after: str = "", limit: int = 100) -> tuple[RecordView, ...]:
        """Return each customer as a whole, by number, after a number."""

    def history(self, number: str) -> tuple[RecordView, ...]:
        """Return every version of a customer, the latest first; empty: unknown."""

    def record(self, handle: bytes) -> RecordView | None:
        """Return a record version or a waiting row by its handle."""

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return counts by `delivery_state`, `outcome`, `level`, `tier`, `state`.

        Outcomes count the rows of every delivery; the last three count the latest
        versions of customers.
        """

    def ledger_tail(self, *, last: int = 20) -> tuple[bytes, ...]:
        """Return the last lines of the ledger, in order."""


class Projection(Protocol):
    """What is shown, rebuilt: the rebuilder's port."""

    def missing(self) -> Iterator[pl.DataFrame]:
        """Yield the sealed values whose projection is missing, a handle never split.

        Columns: handle, level, sealed, key_id, digest, party, customer_type.  A
        level that is in use no more is none of them (PIPL 47).
        """

    def write(self, shown: pl.DataFrame) -> None:
        """Write handle, name, shown: to the register's projection or to staging's.

        `levels` are those it is made of; of whom one has left use since, nothing is
        written.
        """
