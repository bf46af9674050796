"""Retention: what happened to a customer, legal holds, and the plan of a day.

Events and holds are told by people with a reason; who is due follows from them
and policy alone (`domain.retention_plan`).  Planning opens nothing and destroys
nothing: it is the time machine of operations, and later what is signed.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from custody.application.ports import Clock, Entry
from custody.domain.policy import Policy
from custody.domain.reason import is_fit_reason
from custody.domain.retention import Anchor
from custody.domain.retention_plan import (
    Due,
    KeptCustomer,
    Standing,
    due_of,
    judge,
)

ID_BYTES = 16


class EventKind(StrEnum):
    """What people record of a customer; `collection` follows from the register."""

    DEREGISTRATION = Anchor.DEREGISTRATION.value
    RELATIONSHIP_END = Anchor.RELATIONSHIP_END.value
    LAST_TRANSACTION = Anchor.LAST_TRANSACTION.value
    DELETION_REQUEST = "deletion_request"  # accepted, R44


class Answer(StrEnum):
    """What came of a word; the code is stable and printed."""

    DONE = "done"
    ALREADY = "already"  # one of its kind stands: withdraw it first
    UNKNOWN = "unknown"  # no such customer, event or hold
    IN_FUTURE = "in_future"
    UNFIT_REASON = "unfit_reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerEvent:
    """One event of a customer, on a day of policy's time zone."""

    event_id: bytes
    number: str
    kind: EventKind
    on: dt.date
    reason: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHold:
    """One hold 法定保留: nothing of the customer is destroyed while it stands."""

    hold_id: bytes
    number: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answer to a word, and the id by which it is taken back."""

    answer: Answer
    made_id: bytes = b""


class RetentionBook(Protocol):
    """What is known of customers that bears on retention, by who may record it.

    Each change is one transaction with its ledger entry, which names no customer.
    """

    def record(self, event: CustomerEvent, entry: Entry) -> Answer:
        """Record an event: `done`, `already` or `unknown`."""

    def withdraw(self, event_id: bytes, entry: Entry) -> Answer:
        """Take a standing event back: `done` or `unknown`."""

    def hold(self, hold: LegalHold, entry: Entry) -> Answer:
        """Set a hold: `done` or `unknown`; a customer may have several."""

    def lift(self, hold_id: bytes, entry: Entry) -> Answer:
        """Lift a standing hold: `done` or `unknown`."""

    def holds(self) -> Iterator[LegalHold]:
        """Yield the standing holds, by customer."""

    def customers(self, *, unknown_industry: str) -> Iterator[KeptCustomer]:
        """Yield every customer in the order of numbers, all of one snapshot."""


class Entropy(Protocol):
    """A source of randomness."""

    def __call__(self, count: int, /) -> bytes:
        """Return so many random bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRetention:
    """The use case of recording; `entropy` gives the ids of events and holds."""

    policy: Policy
    book: RetentionBook
    clock: Clock
    entropy: Entropy

    def record(
        self, number: str, kind: EventKind, on: dt.date, *, reason: str, actor: str
    ) -> Told:
        """Record that something happened to a customer, today or before."""
        if not is_fit_reason(reason):
            return Told(answer=Answer.UNFIT_REASON)
        if on > self.policy.today(self.clock.now()):
            return Told(answer=Answer.IN_FUTURE)
        event = CustomerEvent(
            event_id=self.entropy(ID_BYTES),
            number=number,
            kind=kind,
            on=on,
            reason=reason,
            actor=actor,
        )
        body = {"event": event.event_id.hex(), "kind": kind.value, "on": on.isoformat()}
        entry = Entry(
            kind="event_recorded",
            subject=self.policy.dataset,
            body={**body, "reason": reason, "actor": actor},
        )
        return Told(answer=self.book.record(event, entry), made_id=event.event_id)

    def withdraw(self, event_id: bytes, *, reason: str, actor: str) -> Told:
        """Take an event back that was recorded in error; its row and line stay."""
        if not is_fit_reason(reason):
            return Told(answer=Answer.UNFIT_REASON)
        entry = Entry(
            kind="event_withdrawn",
            subject=self.policy.dataset,
            body={"event": event_id.hex(), "reason": reason, "actor": actor},
        )
        return Told(answer=self.book.withdraw(event_id, entry), made_id=event_id)

    def hold(self, number: str, *, reason: str, actor: str) -> Told:
        """Set a legal hold on a customer."""
        if not is_fit_reason(reason):
            return Told(answer=Answer.UNFIT_REASON)
        hold = LegalHold(
            hold_id=self.entropy(ID_BYTES), number=number, reason=reason, actor=actor
        )
        entry = Entry(
            kind="hold_set",
            subject=self.policy.dataset,
            body={"hold": hold.hold_id.hex(), "reason": reason, "actor": actor},
        )
        return Told(answer=self.book.hold(hold, entry), made_id=hold.hold_id)

    def lift(self, hold_id: bytes, *, reason: str, actor: str) -> Told:
        """Lift a legal hold; its row and line stay."""
        if not is_fit_reason(reason):
            return Told(answer=Answer.UNFIT_REASON)
        entry = Entry(
            kind="hold_lifted",
            subject=self.policy.dataset,
            body={"hold": hold_id.hex(), "reason": reason, "actor": actor},
        )
        return Told(answer=self.book.lift(hold_id, entry), made_id=hold_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRetention:
    """The use case of looking ahead; memory does not grow with the register."""

    policy: Policy
    book: RetentionBook

    def __call__(
        self, on: dt.date, tally: Counter[tuple[Standing, str]]
    ) -> Iterator[Due]:
        """Yield who is due on a day, in the order of numbers and from high to low.

        Everybody's levels are counted into `tally`, by standing and deciding rule.
        """
        unknown = self.policy.unknown_industry.code
        for customer in self.book.customers(unknown_industry=unknown):
            fates = judge(customer, self.policy.retention, on)
            tally.update((fate.standing, fate.rule_id) for fate in fates)
            yield from due_of(customer, fates)
