"""Events and legal holds in memory: its contract suite also runs on PostgreSQL."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from custody.application.ports import Entry, Ledger
from custody.application.record_states import with_moves
from custody.application.retention import (
    Answer,
    CustomerEvent,
    EventKind,
    LegalHold,
    Recorded,
)
from custody.domain.kept_customer import KeptCustomer
from custody.domain.levels import Level
from custody.domain.record_states import Judging, Move, RecordState
from custody.domain.retention import Anchor


@dataclass
class FakeRetention:
    """Implements `RetentionBook` and `RecordStates`.

    `known` are the customers of the register, `shown` those in the projection,
    `gone` those of whom nothing is left.
    """

    ledger: Ledger
    known: dict[str, KeptCustomer]
    events: dict[bytes, CustomerEvent] = field(default_factory=dict)
    standing: dict[bytes, LegalHold] = field(default_factory=dict)
    states: dict[tuple[str, Level], RecordState] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    said: set[bytes] = field(default_factory=set)
    """The id of every event and hold that was ever accepted."""

    def __post_init__(self) -> None:
        """Show everybody."""
        self.shown |= set(self.known)

    def record(self, event: CustomerEvent, entry: Entry, judging: Judging) -> Recorded:
        """Record an event."""
        if no := self._refusal(event.number):
            return Recorded(no)
        same = (event.number, event.kind)
        stand = {(one.number, one.kind) for one in self.events.values()}
        if same in stand or event.event_id in self.said:
            return Recorded(Answer.ALREADY)
        self.said.add(event.event_id)
        self.events[event.event_id] = event
        return self._done(event.number, entry, judging)

    def withdraw(self, event_id: bytes, entry: Entry, judging: Judging) -> Recorded:
        """Take a standing event back."""
        if event_id not in self.events:
            return Recorded(Answer.UNKNOWN)
        number = self.events[event_id].number
        if no := self._refusal(number):
            return Recorded(no)
        del self.events[event_id]
        return self._done(number, entry, judging)

    def hold(self, hold: LegalHold, entry: Entry, judging: Judging) -> Recorded:
        """Set a hold."""
        if no := self._refusal(hold.number):
            return Recorded(no)
        if hold.hold_id in self.said:
            return Recorded(Answer.ALREADY)
        self.said.add(hold.hold_id)
        self.standing[hold.hold_id] = hold
        return self._done(hold.number, entry, judging)

    def lift(self, hold_id: bytes, entry: Entry) -> Answer:
        """Lift a standing hold."""
        if self.standing.pop(hold_id, None) is None:
            return Answer.UNKNOWN
        self.ledger.append(entry)
        return Answer.DONE

    def give_up(self, word_id: bytes, entry: Entry) -> Answer:
        """Tell that an event or a hold is over that is not here."""
        if word_id in self.said:
            return Answer.ALREADY
        self.ledger.append(entry)
        return Answer.DONE

    def holds(self) -> Iterator[LegalHold]:
        """Yield the standing holds, by customer."""
        yield from sorted(self.standing.values(), key=lambda one: one.number)

    def customers(
        self, *, unknown_industry: str, zone: dt.tzinfo = dt.UTC
    ) -> Iterator[KeptCustomer]:
        """Yield every customer in the order of numbers; days are given as they are."""
        del zone
        held = {hold.number for hold in self.standing.values()}
        for number, plain in sorted(self.known.items()):
            left = plain.levels - self._destroyed(number)
            if number in self.gone or not left:
                continue
            told = {
                one.kind: one.on for one in self.events.values() if one.number == number
            }
            asked_on = told.pop(EventKind.DELETION_REQUEST, None)
            happened = {Anchor(kind.value): day for kind, day in told.items()}
            yield replace(
                plain,
                levels=left,
                industry=plain.industry or unknown_industry,
                events={**plain.events, **happened},
                on_hold=number in held,
                asked_on=asked_on,
            )

    def lagging(self, judging: Judging) -> Iterator[tuple[str, ...]]:
        """Yield the customers of whom a level is to move, one a batch."""
        for customer in self.customers(unknown_industry=judging.unknown_industry):
            if judging.steps(customer, self._states(customer.number)):
                yield (customer.number,)

    def follow(
        self,
        numbers: Sequence[str],
        judging: Judging,
        entry: Callable[[Sequence[Move]], Entry],
    ) -> tuple[Move, ...]:
        """Move these customers' levels as they are judged now."""
        moves: list[Move] = []
        for customer in self.customers(unknown_industry=judging.unknown_industry):
            if customer.number in numbers:
                made = judging.steps(customer, self._states(customer.number))
                for move in made:
                    self.states[customer.number, move.level] = move.new
                    if move.old is RecordState.IN_USE:
                        self.shown.discard(customer.number)
                moves += made
        if moves:
            self.ledger.append(entry(moves))
        return tuple(moves)

    def _states(self, number: str) -> dict[Level, RecordState]:
        return {
            level: state for (one, level), state in self.states.items() if one == number
        }

    def _refusal(self, number: str) -> Answer | None:
        if number not in self.known:
            return Answer.UNKNOWN
        if number in self.gone or self.known[number].levels <= self._destroyed(number):
            return Answer.DESTROYED
        return None

    def _destroyed(self, number: str) -> set[Level]:
        states = self._states(number)
        return {one for one, state in states.items() if state is RecordState.DESTROYED}

    def _done(self, number: str, entry: Entry, judging: Judging) -> Recorded:
        told: list[Entry] = []

        def kept(moves: Sequence[Move]) -> Entry:
            told.append(with_moves(entry, moves))
            return told[0]

        moves = self.follow([number], judging, kept)
        if not told:
            self.ledger.append(with_moves(entry, ()))
        return Recorded(Answer.DONE, moves)
