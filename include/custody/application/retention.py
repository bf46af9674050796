"""Retention: what happened to a customer, and legal holds.

Events and holds are told by people with a reason; who is due follows from them
and policy alone (`domain.retention_plan`).
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from custody.application.ports import Clock, Entry
from custody.application.record_states import judging_now
from custody.domain.kept_customer import KeptCustomer
from custody.domain.policy import Policy
from custody.domain.reason import is_fit_reason
from custody.domain.record_states import Judging, Move
from custody.domain.retention import Anchor
from custody.domain.unanswered import RESTORED, Unanswered

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
    DESTROYED = "destroyed"  # of this customer nothing is left
    IN_FUTURE = "in_future"
    UNFIT_REASON = "unfit_reason"
    NOT_LOST = "not_lost"  # no restore has lost it, or it was answered already
    OTHER_EVENT = "other_event"  # what was lost is of another kind or day


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


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a word in the book, and how the customer's levels moved with it."""

    answer: Answer
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answer to a word, the id by which it is taken back, and what moved."""

    answer: Answer
    made_id: bytes = b""
    moves: tuple[Move, ...] = ()


class RetentionBook(Protocol):
    """What is known of customers that bears on retention, by who may record it.

    Each change is one transaction with the moves of the customer's levels that
    follow from it, and with its ledger entry, which names no customer.  Who leaves
    use is no longer shown from then on, nor matched by a load.
    """

    def record(self, event: CustomerEvent, entry: Entry, judging: Judging) -> Recorded:
        """Record an event: `done`, `already`, `unknown` or `destroyed`.

        Already: one of its kind stands of the customer, or it was recorded before.
        """

    def withdraw(self, event_id: bytes, entry: Entry, judging: Judging) -> Recorded:
        """Take a standing event back: `done`, `unknown` or `destroyed`."""

    def hold(self, hold: LegalHold, entry: Entry, judging: Judging) -> Recorded:
        """Set a hold: `done`, `already`, `unknown` or `destroyed`.

        A customer may have several; already: this one was set before.  It is
        accepted in every state before the last one.
        """

    def lift(self, hold_id: bytes, entry: Entry) -> Answer:
        """Lift a standing hold: `done` or `unknown`."""

    def give_up(self, word_id: bytes, entry: Entry) -> Answer:
        """Tell that an event or a hold is over that is not here: `done`, `already`.

        Already: somebody has set or recorded it again, and nothing is told.
        """

    def holds(self) -> Iterator[LegalHold]:
        """Yield the standing holds, by customer."""

    def customers(
        self, *, unknown_industry: str, zone: dt.tzinfo
    ) -> Iterator[KeptCustomer]:
        """Yield every customer in the order of numbers, all of one snapshot.

        With the versions that newer ones replaced, by the days of a time zone.
        """


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
        self,
        number: str,
        kind: EventKind,
        on: dt.date,
        *,
        reason: str,
        actor: str,
        again: Unanswered | None = None,
    ) -> Told:
        """Record that something happened to a customer, today or before.

        `again`: what a restore has lost is recorded once more, under its own id.
        """
        if not is_fit_reason(reason):
            return Told(answer=Answer.UNFIT_REASON)
        judging = self._judging()
        if on > judging.on:
            return Told(answer=Answer.IN_FUTURE)
        event = CustomerEvent(
            event_id=self._id(again),
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
            body={**body, "reason": reason, "actor": actor, **answers(again)},
        )
        return _told(self.book.record(event, entry, judging), event.event_id)

    def withdraw(self, event_id: bytes, *, reason: str, actor: str) -> Told:
        """Take an event back that was recorded in error; its row and line stay."""
        if not is_fit_reason(reason):
            return Told(answer=Answer.UNFIT_REASON)
        entry = Entry(
            kind="event_withdrawn",
            subject=self.policy.dataset,
            body={"event": event_id.hex(), "reason": reason, "actor": actor},
        )
        return _told(self.book.withdraw(event_id, entry, self._judging()), event_id)

    def hold(
        self, number: str, *, reason: str, actor: str, again: Unanswered | None = None
    ) -> Told:
        """Set a legal hold on a customer; `again` as above."""
        if not is_fit_reason(reason):
            return Told(answer=Answer.UNFIT_REASON)
        hold = LegalHold(
            hold_id=self._id(again), number=number, reason=reason, actor=actor
        )
        entry = Entry(
            kind="hold_set",
            subject=self.policy.dataset,
            body={
                "hold": hold.hold_id.hex(),
                "reason": reason,
                "actor": actor,
                **answers(again),
            },
        )
        return _told(self.book.hold(hold, entry, self._judging()), hold.hold_id)

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

    def _id(self, again: Unanswered | None) -> bytes:
        return bytes.fromhex(again.word_id) if again else self.entropy(ID_BYTES)

    def _judging(self) -> Judging:
        return judging_now(self.policy, self.clock)


def answers(lost: Unanswered | None) -> dict[str, int]:
    """Return what a line tells besides when it answers a restore."""
    return {} if lost is None else {RESTORED: lost.restored}


def _told(made: Recorded, made_id: bytes) -> Told:
    return Told(answer=made.answer, made_id=made_id, moves=made.moves)
