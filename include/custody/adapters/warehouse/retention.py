"""Retention on PostgreSQL: events and holds, and every customer in one snapshot."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Engine, Row, TextClause, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.application.ports import Clock, Entry
from custody.application.retention import Answer, CustomerEvent, EventKind, LegalHold
from custody.domain.levels import Level
from custody.domain.retention import Anchor
from custody.domain.retention_plan import KeptCustomer

_CUSTOMERS_PER_FETCH = 2_000

_IS_THERE = text("SELECT EXISTS (SELECT FROM register.customer WHERE number = :number)")
_RECORD = text(
    "INSERT INTO retention.event"
    " (event_id, number, kind, happened_on, reason, actor, recorded_at)"
    " VALUES (:event_id, :number, :kind, :on, :reason, :actor, :moment)"
    " ON CONFLICT (number, kind) WHERE withdrawn_at IS NULL DO NOTHING"
)
_WITHDRAW = text(
    "UPDATE retention.event SET withdrawn_at = :moment"
    " WHERE event_id = :id AND withdrawn_at IS NULL"
)
_HOLD = text(
    "INSERT INTO retention.legal_hold (hold_id, number, reason, actor, set_at)"
    " VALUES (:hold_id, :number, :reason, :actor, :moment)"
)
_LIFT = text(
    "UPDATE retention.legal_hold SET lifted_at = :moment"
    " WHERE hold_id = :id AND lifted_at IS NULL"
)
_HOLDS = text(
    "SELECT hold_id, number, reason, actor FROM retention.legal_hold"
    " WHERE lifted_at IS NULL ORDER BY number, set_at"
)
# Of a customer: the levels that are sealed, the last day of collection, what the
# newest version that says anything says of industry and type.
_CUSTOMERS = text(
    "SELECT r.number, r.levels, r.collected_on, r.industry, r.customer_type, e.events,"
    " EXISTS (SELECT FROM retention.legal_hold h WHERE h.number = r.number"
    "  AND h.lifted_at IS NULL) AS on_hold"
    " FROM (SELECT v.number, array_agg(DISTINCT s.level) AS levels,"
    "  max(v.business_date) AS collected_on,"
    "  (array_agg(v.industry ORDER BY v.part <> '', v.version DESC)"
    "   FILTER (WHERE v.industry IS NOT NULL))[1] AS industry,"
    "  (array_agg(v.customer_type ORDER BY v.part <> '', v.version DESC)"
    "   FILTER (WHERE v.customer_type IS NOT NULL))[1] AS customer_type"
    "  FROM register.record_version v JOIN register.sealed_value s USING (handle)"
    "  GROUP BY v.number) r"
    " LEFT JOIN (SELECT number, jsonb_object_agg(kind, happened_on) AS events"
    "  FROM retention.event WHERE withdrawn_at IS NULL GROUP BY number) e"
    " USING (number) ORDER BY r.number"
)


class PostgresRetention:
    """Implements `RetentionBook`; made for custody_registrar."""

    def __init__(self, engine: Engine, ledger: LedgerWriter, clock: Clock) -> None:
        """Take the registrar's engine, the ledger's writer and the clock."""
        self._engine = engine
        self._ledger = ledger
        self._clock = clock

    def record(self, event: CustomerEvent, entry: Entry) -> Answer:
        """Record an event."""
        row = {
            "event_id": event.event_id,
            "number": event.number,
            "kind": event.kind.value,
            "on": event.on,
            "reason": event.reason,
            "actor": event.actor,
        }
        return self._write("record an event", _RECORD, row, entry)

    def withdraw(self, event_id: bytes, entry: Entry) -> Answer:
        """Take a standing event back."""
        return self._close("withdraw an event", _WITHDRAW, event_id, entry)

    def hold(self, hold: LegalHold, entry: Entry) -> Answer:
        """Set a hold."""
        row = {
            "hold_id": hold.hold_id,
            "number": hold.number,
            "reason": hold.reason,
            "actor": hold.actor,
        }
        return self._write("set a legal hold", _HOLD, row, entry)

    def lift(self, hold_id: bytes, entry: Entry) -> Answer:
        """Lift a standing hold."""
        return self._close("lift a legal hold", _LIFT, hold_id, entry)

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

    def customers(self, *, unknown_industry: str) -> Iterator[KeptCustomer]:
        """Yield every customer in the order of numbers, all of one snapshot."""
        with transaction(self._engine, "read customers for retention") as connection:
            rows = connection.execute(
                _CUSTOMERS, execution_options={"yield_per": _CUSTOMERS_PER_FETCH}
            )
            for row in rows:
                yield _customer(row, unknown_industry)

    def _write(
        self, place: str, statement: TextClause, row: Mapping[str, object], entry: Entry
    ) -> Answer:
        with transaction(self._engine, place) as connection:
            if not connection.execute(_IS_THERE, row).scalar_one():
                return Answer.UNKNOWN
            bound = {**row, "moment": self._clock.now()}
            if not connection.execute(statement, bound).rowcount:
                return Answer.ALREADY
            self._ledger.append(connection, entry)
            return Answer.DONE

    def _close(
        self, place: str, statement: TextClause, wanted: bytes, entry: Entry
    ) -> Answer:
        with transaction(self._engine, place) as connection:
            bound = {"id": wanted, "moment": self._clock.now()}
            if not connection.execute(statement, bound).rowcount:
                return Answer.UNKNOWN
            self._ledger.append(connection, entry)
            return Answer.DONE


def _customer(row: Row[Any], unknown_industry: str) -> KeptCustomer:
    events = {
        kind: dt.date.fromisoformat(day) for kind, day in (row.events or {}).items()
    }
    asked_on = events.pop(EventKind.DELETION_REQUEST.value, None)
    happened = {Anchor(kind): day for kind, day in events.items()}
    return KeptCustomer(
        number=row.number,
        levels=frozenset(map(Level, row.levels)),
        industry=row.industry or unknown_industry,
        customer_type=row.customer_type,
        events={Anchor.COLLECTION: row.collected_on, **happened},
        on_hold=row.on_hold,
        asked_on=asked_on,
    )
