"""Rows that wait and bear the match keys of a condemned customer: they go, too.

They are of other deliveries and have no customer yet.  Who can write what waits could
name a survivor's handle there, so none that the register has is taken.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from custody.adapters.warehouse.doomed import DOOMED
from custody.application.ports.destruction import Waiting

SUPPRESSED = "suppressed"

# A row that waits goes with the last of a customer, not with a part of one who stays.
_WHOLE = (
    "NOT EXISTS (SELECT FROM register.record_version v JOIN register.sealed_value s"  # noqa: S608 - constants
    f" USING (handle) WHERE v.number = l.number AND NOT EXISTS (SELECT FROM {DOOMED} d"
    " WHERE d.plan = :plan AND d.handle = s.handle AND d.level = s.level"
    " AND d.state <> 'spared'))"
)
_LET_GO = tuple(
    text(
        f"DELETE FROM intake.{table} t USING unnest(CAST(:ids AS text[]),"  # noqa: S608 - constants
        " CAST(:rows AS int8[])) w(id, row)"
        " WHERE t.delivery_id = w.id AND t.row = w.row"
    )
    for table in (
        *("staged_row", "staged_value", "staged_token", "staged_row_token"),
        *("staged_projection", "waiting_token", "waiting_row_token"),
        *("match_candidate", "pinned_row", "row_facts", "supplement_request"),
        *("staged_suppression", "waiting_suppression"),
    )
)
_REFUSE = text(
    "UPDATE intake.row_outcome o SET outcome = 'refused',"
    " reasons = array_append(o.reasons, CAST(:mark AS text))"
    " FROM unnest(CAST(:ids AS text[]), CAST(:rows AS int8[])) w(id, row)"
    " WHERE o.delivery_id = w.id AND o.row = w.row"
    " AND o.outcome IN ('held', 'pending')"
)
_RECOUNT = text(
    "UPDATE intake.delivery d SET held = n.held, pending = n.pending,"
    " refused = n.refused FROM (SELECT delivery_id,"
    "  count(*) FILTER (WHERE outcome = 'held') AS held,"
    "  count(*) FILTER (WHERE outcome = 'pending') AS pending,"
    "  count(*) FILTER (WHERE outcome = 'refused') AS refused"
    "  FROM intake.row_outcome WHERE delivery_id = ANY(:ids) GROUP BY delivery_id) n"
    " WHERE d.delivery_id = n.delivery_id AND d.state = 'loaded'"
)
_REGISTERED = text(
    "SELECT handle FROM register.record_version WHERE handle = ANY(:handles)"
)


def refuse_waiting(connection: Connection, waiting: Sequence[Waiting]) -> None:
    """Let rows go that wait, and count their deliveries again."""
    row = {
        "ids": [one.delivery_id for one in waiting],
        "rows": [one.row for one in waiting],
        "mark": SUPPRESSED,
    }
    for statement in (*_LET_GO, _REFUSE, _RECOUNT):
        connection.execute(statement, row)


def named_waiting(
    connection: Connection,
    batch: Mapping[str, object],
    match_keys: Mapping[str, Sequence[Sequence[str]]],
) -> tuple[Waiting, ...]:
    """Return the rows that wait and of which a whole match key names a customer."""
    found: dict[Waiting, None] = {}
    for source, keys in match_keys.items():
        for fields in keys:
            names = {f"field{at}": name for at, name in enumerate(fields)}
            rows = connection.execute(
                text(_named_by(len(fields))), {**batch, "source": source, **names}
            )
            found |= {
                Waiting(
                    delivery_id=row.delivery_id, row=row.row, handle=bytes(row.handle)
                ): None
                for row in rows
            }
    return without_registered(connection, tuple(found))


def without_registered(
    connection: Connection, waiting: Sequence[Waiting]
) -> tuple[Waiting, ...]:
    """Return those whose handle is no version's."""
    handles = {"handles": [one.handle for one in waiting]}
    known = set(map(bytes, connection.execute(_REGISTERED, handles).scalars()))
    return tuple(one for one in waiting if one.handle not in known)


def _named_by(width: int) -> str:
    """Return the SELECT of the rows that wait and that one key names."""
    joins = "".join(
        f" JOIN register.token t{at} ON t{at}.handle = t0.handle"
        f" AND t{at}.field = :field{at}"
        f" JOIN intake.waiting_token w{at} ON w{at}.delivery_id = w0.delivery_id"
        f" AND w{at}.row = w0.row AND w{at}.field = t{at}.field"
        f" AND w{at}.token = t{at}.token"
        for at in range(1, width)
    )
    return (
        "SELECT DISTINCT w0.delivery_id, w0.row, w0.handle FROM destruction.line l"  # noqa: S608 - names are ours
        " JOIN register.token t0 USING (number)"
        " JOIN intake.waiting_token w0 ON w0.field = t0.field AND w0.token = t0.token"
        " JOIN intake.delivery d ON d.delivery_id = w0.delivery_id"
        f"{joins} WHERE l.plan = :plan AND l.position = ANY(:positions) AND {_WHOLE}"
        " AND t0.field = :field0 AND d.source_id = :source"
    )
