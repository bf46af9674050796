"""What the register and people's words say of customers that bears on retention."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, TextClause, text

from custody.application.retention import EventKind
from custody.domain.kept_customer import KeptCustomer, Replaced
from custody.domain.levels import Level
from custody.domain.record_states import RecordState
from custody.domain.retention import Anchor

_CUSTOMERS_PER_FETCH = 2_000

# Of a customer: the levels that are sealed, the last day of collection, what the
# newest version that says anything says of industry and type.
_KEPT = (
    "SELECT r.number, r.levels, r.collected_on, r.industry, r.customer_type, e.events,"
    " s.states, {told}, EXISTS (SELECT FROM retention.legal_hold h"
    "  WHERE h.number = r.number AND h.lifted_at IS NULL) AS on_hold"
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
    "  FROM register.standing GROUP BY number) s USING (number){more} ORDER BY r.number"
)
# Whoever has a second version: what is left of the ones that a newer one of the same
# part replaced, when that came, and whether the customer's salt stands there.
_REPLACED = (
    " LEFT JOIN (SELECT number, jsonb_agg(jsonb_build_array("
    "   level, part, version, replaced_at, at = 1) ORDER BY at) AS replaced"
    "  FROM (SELECT v.number, v.part, v.version, v.replaced_at, s.level,"
    "   row_number() OVER (PARTITION BY v.number ORDER BY v.version,"
    "    array_position(ARRAY['low', 'medium', 'high'], s.level)) AS at"
    "   FROM (SELECT number, part, version, handle, lead(loaded_at) OVER"
    "    (PARTITION BY number, part ORDER BY version) AS replaced_at"
    "    FROM register.record_version WHERE number IN (SELECT number"
    "     FROM register.record_version WHERE version > 1 {and_whose})) v"
    "   JOIN register.sealed_value s USING (handle)) w"
    "  WHERE replaced_at IS NOT NULL GROUP BY number) q USING (number)"
)
_THEIRS = "v.number = ANY(:numbers)"


def _query(*, planned: bool, some: bool) -> TextClause:
    more = _REPLACED.format(and_whose="AND number = ANY(:numbers)" if some else "")
    return text(
        _KEPT.format(
            whose=f"WHERE {_THEIRS}" if some else "",
            told="q.replaced" if planned else "NULL AS replaced",
            more=more if planned else "",
        )
    )


_EVERYBODY = _query(planned=False, some=False)
_THESE = _query(planned=False, some=True)
_ALL_PLANNED = _query(planned=True, some=False)
_PLANNED = _query(planned=True, some=True)

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


def everybody_planned(
    connection: Connection, *, unknown_industry: str, zone: dt.tzinfo
) -> Iterator[KeptCustomer]:
    """Yield every customer with the versions that newer ones replaced, by number."""
    rows = connection.execute(
        _ALL_PLANNED, execution_options={"yield_per": _CUSTOMERS_PER_FETCH}
    )
    for customer, _ in _left(rows, unknown_industry, zone):
        yield customer


def planned(
    connection: Connection,
    numbers: Sequence[str],
    *,
    unknown_industry: str,
    zone: dt.tzinfo,
) -> Iterator[KeptCustomer]:
    """Yield the customers of these numbers in the same way."""
    rows = connection.execute(_PLANNED, {"numbers": list(numbers)})
    for customer, _ in _left(rows, unknown_industry, zone):
        yield customer


def _left(
    rows: Iterable[Row[Any]], unknown_industry: str, zone: dt.tzinfo = dt.UTC
) -> Iterator[tuple[KeptCustomer, States]]:
    """Yield customers without the levels that are destroyed, rows or no rows.

    A destruction lets go of a level before it deletes what is left of it.
    """
    for row in rows:
        customer, states = _customer(row, unknown_industry, zone), _states(row)
        gone = {one for one, state in states.items() if state is RecordState.DESTROYED}
        if customer.levels - gone:
            yield replace(customer, levels=customer.levels - gone), states


def _states(row: Row[Any]) -> States:
    return {
        Level(level): RecordState(state) for level, state in (row.states or {}).items()
    }


def _customer(row: Row[Any], unknown_industry: str, zone: dt.tzinfo) -> KeptCustomer:
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
        replaced=tuple(
            Replaced(
                level=Level(level),
                part=part,
                version=version,
                on=dt.datetime.fromisoformat(at).astimezone(zone).date(),
                has_salt=has_salt,
            )
            for level, part, version, at, has_salt in row.replaced or ()
        ),
    )
