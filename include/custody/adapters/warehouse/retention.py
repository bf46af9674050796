"""Retention on PostgreSQL: events and holds, and every customer in one snapshot."""

import datetime as dt
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.kept_customers import everybody_planned, these
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.adapters.warehouse.record_states import (
    follow_in,
    take_register,
    take_states,
)
from custody.application.ports import Clock, Entry
from custody.application.record_states import with_moves
from custody.application.retention import (
    Answer,
    CustomerEvent,
    LegalHold,
    Recorded,
)
from custody.domain.kept_customer import KeptCustomer
from custody.domain.record_states import Judging, RecordState

_IS_THERE = text("SELECT EXISTS (SELECT FROM register.customer WHERE number = :number)")
_RECORD = text(
    "INSERT INTO retention.event"
    " (event_id, number, kind, happened_on, reason, actor, recorded_at)"
    " VALUES (:event_id, :number, :kind, :on, :reason, :actor, :moment)"
    " ON CONFLICT DO NOTHING"
)
_STANDS = text(
    "SELECT number FROM retention.event"
    " WHERE event_id = :id AND withdrawn_at IS NULL FOR UPDATE"
)
_WITHDRAW = text(
    "UPDATE retention.event SET withdrawn_at = :moment"
    " WHERE event_id = :id AND withdrawn_at IS NULL"
)
_HOLD = text(
    "INSERT INTO retention.legal_hold (hold_id, number, reason, actor, set_at)"
    " VALUES (:hold_id, :number, :reason, :actor, :moment) ON CONFLICT DO NOTHING"
)
_LIFT = text(
    "UPDATE retention.legal_hold SET lifted_at = :moment"
    " WHERE hold_id = :id AND lifted_at IS NULL"
)
_IS_HERE = text(
    "SELECT EXISTS (SELECT FROM retention.legal_hold WHERE hold_id = :id)"
    " OR EXISTS (SELECT FROM retention.event WHERE event_id = :id)"
)
_HOLDS = text(
    "SELECT hold_id, number, reason, actor FROM retention.legal_hold"
    " WHERE lifted_at IS NULL ORDER BY number, set_at"
)


class PostgresRetention:
    """Implements `RetentionBook`; made for custody_registrar."""

    def __init__(self, engine: Engine, ledger: LedgerWriter, clock: Clock) -> None:
        """Take the registrar's engine, the ledger's writer and the clock."""
        self._engine = engine
        self._ledger = ledger
        self._clock = clock

    def record(self, event: CustomerEvent, entry: Entry, judging: Judging) -> Recorded:
        """Record an event, and let the customer's levels follow."""
        row = {
            "event_id": event.event_id,
            "number": event.number,
            "kind": event.kind.value,
            "on": event.on,
            "reason": event.reason,
            "actor": event.actor,
            "moment": self._clock.now(),
        }
        with transaction(self._engine, "record an event") as connection:
            take_register(connection)
            take_states(connection, [event.number])
            if no := _refusal(connection, event.number, judging):
                return Recorded(no)
            if not connection.execute(_RECORD, row).rowcount:
                return Recorded(Answer.ALREADY)
            return self._followed(connection, event.number, entry, judging)

    def withdraw(self, event_id: bytes, entry: Entry, judging: Judging) -> Recorded:
        """Take a standing event back, and let the customer's levels follow."""
        row = {"id": event_id, "moment": self._clock.now()}
        with transaction(self._engine, "withdraw an event") as connection:
            take_register(connection)
            number = connection.execute(_STANDS, row).scalar()
            if number is None:
                return Recorded(Answer.UNKNOWN)
            take_states(connection, [number])
            if no := _refusal(connection, number, judging):
                return Recorded(no)
            connection.execute(_WITHDRAW, row)
            return self._followed(connection, number, entry, judging)

    def hold(self, hold: LegalHold, entry: Entry, judging: Judging) -> Recorded:
        """Set a hold; who is due is so no more.

        Whoever destroys holds the rows that are taken here: the hold comes before
        the customer's turn, or finds them gone.
        """
        row = {
            "hold_id": hold.hold_id,
            "number": hold.number,
            "reason": hold.reason,
            "actor": hold.actor,
            "moment": self._clock.now(),
        }
        with transaction(self._engine, "set a legal hold") as connection:
            take_register(connection)
            take_states(connection, [hold.number])
            if no := _refusal(connection, hold.number, judging):
                return Recorded(no)
            if not connection.execute(_HOLD, row).rowcount:
                return Recorded(Answer.ALREADY)
            return self._followed(connection, hold.number, entry, judging)

    def lift(self, hold_id: bytes, entry: Entry) -> Answer:
        """Lift a standing hold; who is due by now the next judgement finds."""
        with transaction(self._engine, "lift a legal hold") as connection:
            bound = {"id": hold_id, "moment": self._clock.now()}
            if not connection.execute(_LIFT, bound).rowcount:
                return Answer.UNKNOWN
            self._ledger.append(connection, entry)
            return Answer.DONE

    def give_up(self, word_id: bytes, entry: Entry) -> Answer:
        """Tell that an event or a hold is over that is not here.

        Who sets it again waits for the same lock: one of the two comes first.
        """
        with transaction(self._engine, "give up what a restore lost") as connection:
            take_register(connection)
            if connection.execute(_IS_HERE, {"id": word_id}).scalar_one():
                return Answer.ALREADY
            self._ledger.append(connection, entry)
            return Answer.DONE

    def holds(self) -> Iterator[LegalHold]:
        """Yield the standing holds, by customer."""
        with transaction(self._engine, "list legal holds") as connection:
            for row in connection.execute(_HOLDS):
                yield LegalHold(
                    hold_id=bytes(row.hold_id),
                    number=row.number,
                    reason=row.reason,
                    actor=row.actor,
                )

    def customers(
        self, *, unknown_industry: str, zone: dt.tzinfo
    ) -> Iterator[KeptCustomer]:
        """Yield every customer in the order of numbers, all of one snapshot."""
        with transaction(self._engine, "read customers for retention") as connection:
            yield from everybody_planned(
                connection, unknown_industry=unknown_industry, zone=zone
            )

    def _followed(
        self, connection: Connection, number: str, entry: Entry, judging: Judging
    ) -> Recorded:
        moves = follow_in(connection, [number], judging, self._clock.now())
        self._ledger.append(connection, with_moves(entry, moves))
        return Recorded(Answer.DONE, moves)


def _refusal(connection: Connection, number: str, judging: Judging) -> Answer | None:
    """Return why nothing can be said of a customer: unknown, or nothing is left."""
    row: Mapping[str, object] = {"number": number}
    if not connection.execute(_IS_THERE, row).scalar_one():
        return Answer.UNKNOWN
    unknown = judging.unknown_industry
    # Who is condemned is gone, although a row may be there for a moment.
    left = any(
        states.get(level) is not RecordState.DESTROYED
        for customer, states in these(connection, [number], unknown_industry=unknown)
        for level in customer.levels
    )
    return None if left else Answer.DESTROYED
