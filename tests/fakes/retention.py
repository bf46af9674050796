"""Events and legal holds in memory: its contract suite also runs on PostgreSQL."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from custody.application.ports import Entry, Ledger
from custody.application.retention import Answer, CustomerEvent, EventKind, LegalHold
from custody.domain.retention import Anchor
from custody.domain.retention_plan import KeptCustomer


@dataclass
class FakeRetention:
    """Implements `RetentionBook`; `known` are the customers of the register."""

    ledger: Ledger
    known: dict[str, KeptCustomer]
    events: dict[bytes, CustomerEvent] = field(default_factory=dict)
    standing: dict[bytes, LegalHold] = field(default_factory=dict)

    def record(self, event: CustomerEvent, entry: Entry) -> Answer:
        """Record an event."""
        if event.number not in self.known:
            return Answer.UNKNOWN
        same = (event.number, event.kind)
        if same in {(one.number, one.kind) for one in self.events.values()}:
            return Answer.ALREADY
        self.events[event.event_id] = event
        return self._done(entry)

    def withdraw(self, event_id: bytes, entry: Entry) -> Answer:
        """Take a standing event back."""
        if self.events.pop(event_id, None) is None:
            return Answer.UNKNOWN
        return self._done(entry)

    def hold(self, hold: LegalHold, entry: Entry) -> Answer:
        """Set a hold."""
        if hold.number not in self.known:
            return Answer.UNKNOWN
        self.standing[hold.hold_id] = hold
        return self._done(entry)

    def lift(self, hold_id: bytes, entry: Entry) -> Answer:
        """Lift a standing hold."""
        if self.standing.pop(hold_id, None) is None:
            return Answer.UNKNOWN
        return self._done(entry)

    def holds(self) -> Iterator[LegalHold]:
        """Yield the standing holds, by customer."""
        yield from sorted(self.standing.values(), key=lambda one: one.number)

    def customers(self, *, unknown_industry: str) -> Iterator[KeptCustomer]:
        """Yield every customer in the order of numbers."""
        held = {hold.number for hold in self.standing.values()}
        for number, plain in sorted(self.known.items()):
            told = {
                one.kind: one.on for one in self.events.values() if one.number == number
            }
            asked_on = told.pop(EventKind.DELETION_REQUEST, None)
            happened = {Anchor(kind.value): day for kind, day in told.items()}
            yield replace(
                plain,
                industry=plain.industry or unknown_industry,
                events={**plain.events, **happened},
                on_hold=number in held,
                asked_on=asked_on,
            )

    def _done(self, entry: Entry) -> Answer:
        self.ledger.append(entry)
        return Answer.DONE
