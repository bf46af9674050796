"""What the command line and the pages read: rows for people, masked throughout.

The views are ports for the reading role, which sees no sealed value and no token.
`Projection` is the rebuilder's port: what is shown is rebuilt from sealed values
after a crash or a restore (design idea 2).
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.outcome import Outcome, Tally


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
class SupplementView:
    """One open supplement request (R25)."""

    request_id: int
    delivery_id: DeliveryId
    row: int
    handle: bytes
    field: str
    reason: str
    opened_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """One record version as people see it: masks, classes, and where it came from.

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


class Views(Protocol):
    """Reading for people, as custody_reader."""

    def deliveries(
        self, *, states: Sequence[DeliveryState] = (), limit: int = 100
    ) -> tuple[DeliverySummary, ...]:
        """Return deliveries, the newest first."""

    def rows(
        self, delivery_id: DeliveryId, *, limit: int = 1000
    ) -> tuple[RowView, ...]:
        """Return the rows of a delivery that are not simply loaded, in order."""

    def supplements(self, *, limit: int = 1000) -> tuple[SupplementView, ...]:
        """Return the open supplement requests, the oldest first."""

    def customers(self, *, after: str = "", limit: int = 100) -> tuple[RecordView, ...]:
        """Return the latest version of each customer, by number, after a number."""

    def history(self, number: str) -> tuple[RecordView, ...]:
        """Return every version of a customer, the latest first; empty: unknown."""

    def record(self, handle: bytes) -> RecordView | None:
        """Return a record version or a waiting row by its handle."""

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return counts by `delivery_state`, `outcome`, `level`, `tier`, `state`.

        Outcomes count rows of loaded deliveries; the last three count the latest
        versions of customers.
        """

    def ledger_tail(self, *, last: int = 20) -> tuple[bytes, ...]:
        """Return the last lines of the ledger, in order."""


class Projection(Protocol):
    """What is shown, rebuilt: the rebuilder's port."""

    def missing(self) -> Iterator[pl.DataFrame]:
        """Yield the sealed values whose projection is missing, a handle never split.

        Columns: handle, level, sealed, key_id, digest, party, customer_type.
        """

    def write(self, shown: pl.DataFrame) -> None:
        """Write handle, name, shown: to the register's projection or to staging's."""
