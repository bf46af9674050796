"""Rows that name someone destroyed: they are told apart before anybody is matched.

Tokens are compared in SQL, few are found, and the rule says what becomes of each.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from custody.adapters.warehouse.waiting import loops_allowed
from custody.domain.outcome import Outcome
from custody.domain.suppression import Fate, fate_of

_ANY = text("SELECT EXISTS (SELECT FROM register.suppression)")
# A customer examined again is of the day on which the data were collected.
_HITS = text(
    "SELECT s.row, s.handle, coalesce(p.business_date, s.collected_on) AS collected_on,"
    " max(x.destroyed_on) AS destroyed_on FROM intake.staged_suppression s"
    " JOIN register.suppression x USING (match_key, token)"
    " LEFT JOIN intake.pinned_row p ON p.delivery_id = :id AND p.row = s.row"
    " WHERE s.delivery_id = :id GROUP BY 1, 2, 3 ORDER BY 1"
)
_ASSIGN = text(
    "INSERT INTO intake.assignment (delivery_id, row, handle, outcome, reason)"
    " SELECT :id, row, handle, outcome, reason FROM unnest(CAST(:rows AS bigint[]),"
    "  CAST(:handles AS bytea[]), CAST(:outcomes AS text[]), CAST(:reasons AS text[]))"
    "  AS n(row, handle, outcome, reason)"
)
_WAITS = text(
    "SELECT coalesce(p.business_date, s.collected_on) AS collected_on,"
    " max(x.destroyed_on) AS destroyed_on FROM intake.waiting_suppression s"
    " JOIN register.suppression x USING (match_key, token)"
    " LEFT JOIN intake.pinned_row p ON p.delivery_id = :id AND p.row = :row"
    " WHERE s.delivery_id = :id AND s.row = :row GROUP BY 1"
)
_OUTCOMES = {Fate.REFUSED: Outcome.REFUSED, Fate.UNDATED: Outcome.HELD}


def assign_suppressed(connection: Connection, load: Mapping[str, object]) -> bool:
    """Refuse or hold the rows that name someone destroyed; whether there are any.

    Pending rows, too: nothing of the destroyed is kept waiting.
    """
    if not connection.execute(_ANY).scalar_one():
        return False
    with loops_allowed(connection):
        hits = connection.execute(_HITS, load).all()
    fates = [(hit, fate_of(hit.collected_on, hit.destroyed_on)) for hit in hits]
    found = [(hit.row, hit.handle, fate) for hit, fate in fates if fate is not None]
    if found:
        _assign(connection, load, found)
    return bool(found)


def waits_suppressed(connection: Connection, row: Mapping[str, object]) -> bool:
    """Whether a waiting row names someone who has been destroyed since it came.

    Of one whose day nobody knows a person decides, and this is the decision.
    """
    hits = connection.execute(_WAITS, row).all()
    return any(
        fate_of(hit.collected_on, hit.destroyed_on) is Fate.REFUSED for hit in hits
    )


def _assign(
    connection: Connection,
    load: Mapping[str, object],
    found: Sequence[tuple[int, bytes, Fate]],
) -> None:
    bound = {
        "rows": [row for row, _, _ in found],
        "handles": [handle for _, handle, _ in found],
        "outcomes": [_OUTCOMES[fate].value for _, _, fate in found],
        "reasons": [fate.value for _, _, fate in found],
    }
    connection.execute(_ASSIGN, {**load, **bound})
