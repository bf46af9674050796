"""What the register and people's words say of customers that bears on retention."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, text

from custody.application.retention import EventKind
from custody.domain.levels import Level
from custody.domain.record_states import RecordState
from custody.domain.retention import Anchor
from custody.domain.retention_plan import KeptCustomer

_CUSTOMERS_PER_FETCH = 2_000

# Of a customer: the levels that are sealed, the last day of collection, what the
# newest version that says anything says of industry and type.
_KEPT = (
    "SELECT r.number, r.levels, r.collected_on, r.industry, r.customer_type, e.events,"
    " s.states, EXISTS (SELECT FROM retention.legal_hold h WHERE h.number = r.number"
    "  AND h.lifted_at IS NULL) AS on_hold"
    " FROM (SELECT v.number, array_agg(DISTINCT s.level) AS levels,"
    "  max(v.business_date) AS collected_on,"
    "  (array_agg(v.industry ORDER BY v.part <> '', v.version DESC)"
    "   FILTER (WHERE v.industry IS NOT NULL))[1] AS industry,"
    "  (array_agg(v.customer_type ORDER BY v.part <> '', v.version DESC)"
    "   FILTER (WHERE v.customer_type IS NOT NULL))[1] AS customer_type"
    "  FROM register.record_version v JOIN register.sealed_value s USING (handle)"
    "  {whose} GROUP BY v.number) r"
    " LEFT JOIN (SELECT number, jsonb_object_agg(kind, happened_on) AS events"
    "  FROM retention.event WHERE withdrawn_at IS NULL GROUP BY number) e"
    " USING (number)"
    " LEFT JOIN (SELECT number, jsonb_object_agg(level, state) AS states"
    "  FROM register.standing GROUP BY number) s USING (number) ORDER BY r.number"
)
_EVERYBODY = text(_KEPT.format(whose=""))
_THESE = text(_KEPT.format(whose="WHERE v.number = ANY(:numbers)"))

States = Mapping[Level, RecordState]


def everybody(
    connection: Connection, *, unknown_industry: str
) -> Iterator[tuple[KeptCustomer, States]]:
    """Yield every customer with the states of its levels, by number."""
    rows = connection.execute(
        _EVERYBODY, execution_options={"yield_per": _CUSTOMERS_PER_FETCH}
    )
    yield from _left(rows, unknown_industry)


def these(
    connection: Connection, numbers: Sequence[str], *, unknown_industry: str
) -> Iterator[tuple[KeptCustomer, States]]:
    """Yield the customers of these numbers of whom anything is left."""
    rows = connection.execute(_THESE, {"numbers": list(numbers)})
    yield from _left(rows, unknown_industry)


def _left(
    rows: Iterable[Row[Any]], unknown_industry: str
) -> Iterator[tuple[KeptCustomer, States]]:
    """Yield customers without the levels that are destroyed, rows or no rows.

    A destruction lets go of a level before it deletes what is left of it.
    """
    for row in rows:
        customer, states = _customer(row, unknown_industry), _states(row)
        gone = {one for one, state in states.items() if state is RecordState.DESTROYED}
        if customer.levels - gone:
            yield replace(customer, levels=customer.levels - gone), states


def _states(row: Row[Any]) -> States:
    return {
        Level(level): RecordState(state) for level, state in (row.states or {}).items()
    }


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
