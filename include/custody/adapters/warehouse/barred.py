"""Rows that name a customer who is kept only, or is going: no load decides those.

They are looked for among the rows that any match key leads to the register; a person
decides about them, or they are refused (`custody.domain.record_states.barrier`).
Called while the load holds the register: who leaves use waits for it, and whoever
destroys or spares a customer holds the rows that are read here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, text

from custody.adapters.warehouse.candidates import MatchKeys
from custody.adapters.warehouse.simple import found_customers, present_rows
from custody.domain.outcome import Outcome
from custody.domain.record_states import (
    Barrier,
    RecordState,
    barrier,
    barrier_of_row,
)

OUTCOMES = {
    Barrier.STORAGE_ONLY: Outcome.HELD,
    Barrier.SUPPRESSED: Outcome.REFUSED,
}
ROWS_PER_STATEMENT = 10_000

_NAMED = """
WITH loadable AS MATERIALIZED (
    SELECT row FROM intake.assignment WHERE delivery_id = :id AND (
        outcome IN ('undecided', 'unchanged')
        OR (outcome = 'loaded' AND version > 1))),
{parts},
hit AS MATERIALIZED ({hits}),
barred AS MATERIALIZED (
    SELECT DISTINCT number FROM register.standing WHERE state <> 'in_use'),
named AS (SELECT DISTINCT row FROM hit JOIN barred USING (number))
SELECT DISTINCT h.row, h.number FROM hit h JOIN named USING (row)
"""
# A level that has row tokens and no standing is in use.
_STATES = text(
    "SELECT n.number, l.level, s.state FROM unnest(CAST(:numbers AS text[]))"
    " AS n(number) CROSS JOIN LATERAL (SELECT t.level FROM register.record_version v"
    "  JOIN register.row_token t USING (handle) WHERE v.number = n.number"
    "  UNION SELECT level FROM register.standing WHERE number = n.number) l"
    " LEFT JOIN register.standing s ON s.number = n.number AND s.level = l.level"
)
_HOLD = text(
    "SELECT state FROM register.standing WHERE number = ANY(:numbers)"
    " ORDER BY number, level FOR SHARE"
)
_FORGET = text(
    "DELETE FROM intake.assignment WHERE delivery_id = :id AND row = ANY(:rows)"
)
_BAR = text(
    "INSERT INTO intake.assignment (delivery_id, row, handle, outcome, reason)"
    " SELECT :id, row, handle, :outcome, :reason FROM intake.staged_row"
    " WHERE delivery_id = :id AND row = ANY(:rows)"
)


def bar_rows(
    connection: Connection, keys: MatchKeys, load: Mapping[str, object]
) -> None:
    """Hold or refuse the assigned rows that name a customer who is not in use."""
    if not keys:
        return
    named = _named(connection, keys, load)
    barriers = barriers_of(connection, {one for some in named.values() for one in some})
    found: defaultdict[Barrier, list[int]] = defaultdict(list)
    for row, numbers in named.items():
        bar = barrier_of_row(barriers[one] for one in numbers)
        if bar is not None:
            found[bar].append(row)
    for bar, rows in found.items():
        for start in range(0, len(rows), ROWS_PER_STATEMENT):
            part = {"id": load["id"], "rows": rows[start : start + ROWS_PER_STATEMENT]}
            told = {"outcome": OUTCOMES[bar].value, "reason": bar.value}
            connection.execute(_FORGET, part)
            connection.execute(_BAR, {**part, **told})


def barriers_of(
    connection: Connection, numbers: Iterable[str]
) -> dict[str, Barrier | None]:
    """Return what bars each of some customers, holding their standing."""
    wanted = {"numbers": sorted(numbers)}
    connection.execute(_HOLD, wanted)
    states: defaultdict[str, list[RecordState]] = defaultdict(list)
    for number, _, state in connection.execute(_STATES, wanted):
        states[number].append(RecordState(state or RecordState.IN_USE))
    return {number: barrier(states[number]) for number in wanted["numbers"]}


def is_barred(connection: Connection, number: str) -> bool:
    """Whether a customer is kept only, or going: nothing is added to them."""
    return barriers_of(connection, [number])[number] is not None


def _named(
    connection: Connection, keys: MatchKeys, load: Mapping[str, object]
) -> dict[int, list[str]]:
    """Return the customers that each row names, of rows that name one of concern."""
    parts: list[str] = []
    bound: dict[str, object] = {}
    for position, fields in enumerate(keys):
        names = _names(position, fields)
        bound.update(zip(names, fields, strict=True))
        parts += [present_rows(position, names), found_customers(position, names)]
    hits = " UNION ".join(
        f"SELECT row, number FROM found{at}"  # noqa: S608 - ours
        for at in range(len(keys))
    )
    query = text(_NAMED.format(parts=",\n".join(parts), hits=hits))
    named: defaultdict[int, list[str]] = defaultdict(list)
    for row, number in connection.execute(query, {**load, **bound}):
        named[row].append(number)
    return dict(named)


def _names(position: int, fields: Sequence[str]) -> list[str]:
    return [f"key{position}_{at}" for at in range(len(fields))]
