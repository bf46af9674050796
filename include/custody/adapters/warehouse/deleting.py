"""The rows of condemned customers are deleted; what remains are tombstones.

A version keeps handle, number and delivery, so that the rows of every delivery add up
and no number is given twice.  Rows of other deliveries that wait and bear the match
keys of a customer who goes as a whole go too, as refused ones.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.as_signed import insist_as_signed
from custody.adapters.warehouse.destruction import bound
from custody.adapters.warehouse.doomed import DOOMED, GONE
from custody.application.ports.destruction import Batch, Waiting
from custody.domain.levels import Level

LINES_PER_BATCH = 500
SUPPRESSED = "suppressed"

_NEXT = text(
    "SELECT position FROM destruction.line WHERE plan = :plan"
    " AND state = 'condemned' AND position > :after ORDER BY position LIMIT :most"
)
_OF_BATCH = "d.plan = :plan AND d.position = ANY(:positions)"
_HANDLES = text(f"SELECT d.level, d.handle FROM {DOOMED} d WHERE {_OF_BATCH}")  # noqa: S608 - constants
_BY_LEVEL = tuple(
    text(
        f"DELETE FROM register.{table} t USING {DOOMED} d WHERE {_OF_BATCH}"  # noqa: S608 - constants
        " AND t.handle = d.handle AND t.level = d.level"
    )
    for table in ("sealed_value", "row_token")
)
# Of a version that keeps another level, only what this one held is taken.
_TOKENS = text(
    f"DELETE FROM register.token t USING {DOOMED} d WHERE {_OF_BATCH}"  # noqa: S608 - constants
    f" AND t.handle = d.handle AND (t.field = ANY(d.fields) OR {GONE})"
)
_GONE_VERSIONS = text(
    f"SELECT DISTINCT d.handle FROM {DOOMED} d WHERE {_OF_BATCH} AND {GONE}"  # noqa: S608 - constants
)
_WITH_THE_VERSION = (
    text(
        "DELETE FROM intake.row_facts f USING register.record_version v"
        " WHERE v.handle = ANY(:handles) AND f.delivery_id = v.delivery_id"
        " AND f.row = v.row"
    ),
    text("DELETE FROM intake.supplement_request WHERE handle = ANY(:handles)"),
    text(
        "UPDATE register.record_version SET state = 'destroyed', tier = NULL,"
        " industry = NULL, customer_type = NULL, party = NULL, responsible = NULL,"
        " classes = NULL WHERE handle = ANY(:handles)"
    ),
)
_WHOLLY_GONE = text(
    "SELECT DISTINCT l.number FROM destruction.line l WHERE l.plan = :plan"
    " AND l.position = ANY(:positions) AND NOT EXISTS (SELECT"
    " FROM register.record_version v JOIN register.sealed_value s USING (handle)"
    " WHERE v.number = l.number)"
)
_WITH_THE_LAST = tuple(
    text(f"DELETE FROM {table} WHERE number = ANY(:numbers)")  # noqa: S608 - constants
    for table in (
        *("register.token", "register.row_token", "projection.record"),
        *("intake.match_candidate", "intake.pinned_row"),
    )
)
# Shown is what was made of all levels: it goes with any of them.
_UNSHOW = text(
    f"DELETE FROM projection.record p USING {DOOMED} d WHERE {_OF_BATCH}"  # noqa: S608 - constants
    " AND p.handle = d.handle"
)
_DONE = text(
    "UPDATE destruction.line SET state = 'deleted'"
    " WHERE plan = :plan AND position = ANY(:positions)"
)
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
_REWRITE = text("SELECT projection.rewrite()")
_PATIENCE = text("SET LOCAL lock_timeout = '15min'")


class PostgresDeleting:
    """Implements `Deleting`; made for custody_destroyer."""

    def __init__(self, engine: Engine) -> None:
        """Take the destroyer's engine."""
        self._engine = engine

    def batches(
        self, plan: str, match_keys: Mapping[str, Sequence[Sequence[str]]]
    ) -> Iterator[Batch]:
        """Yield the condemned lines whose rows are not deleted yet.

        EvidenceError when one of them is not a line that was signed.
        """
        row: dict[str, object] = {**bound(plan), "after": 0, "most": LINES_PER_BATCH}
        while True:
            with transaction(self._engine, "find what to delete") as connection:
                positions = list(connection.execute(_NEXT, row).scalars())
                if not positions:
                    return
                insist_as_signed(connection, plan, positions)
                batch = {**row, "positions": positions}
                handles: dict[Level, list[bytes]] = defaultdict(list)
                for level, handle in connection.execute(_HANDLES, batch):
                    handles[Level(level)].append(bytes(handle))
                waiting = _waiting(connection, batch, match_keys)
            row["after"] = positions[-1]
            yield Batch(
                positions=tuple(positions),
                handles={level: tuple(found) for level, found in handles.items()},
                waiting=waiting,
            )

    def delete(self, plan: str, batch: Batch) -> None:
        """Delete every row of a batch, in one transaction."""
        row = {**bound(plan), "positions": list(batch.positions)}
        with transaction(self._engine, "delete rows") as connection:
            connection.execute(_PATIENCE)
            for statement in (*_BY_LEVEL, _TOKENS, _UNSHOW):
                connection.execute(statement, row)
            handles = list(connection.execute(_GONE_VERSIONS, row).scalars())
            for statement in _WITH_THE_VERSION:
                connection.execute(statement, {"handles": handles})
            numbers = list(connection.execute(_WHOLLY_GONE, row).scalars())
            for statement in _WITH_THE_LAST:
                connection.execute(statement, {"numbers": numbers})
            if batch.waiting:
                _refuse(connection, batch.waiting)
            connection.execute(_DONE, row)

    def rewrite(self) -> None:
        """Write what is shown anew: the old files go, with what was deleted."""
        with transaction(self._engine, "write the projection anew") as connection:
            connection.execute(_PATIENCE)
            connection.execute(_REWRITE)


def _refuse(connection: Connection, waiting: Sequence[Waiting]) -> None:
    """Let rows go that wait, and count their deliveries again."""
    row = {
        "ids": [one.delivery_id for one in waiting],
        "rows": [one.row for one in waiting],
        "mark": SUPPRESSED,
    }
    for statement in (*_LET_GO, _REFUSE, _RECOUNT):
        connection.execute(statement, row)


def _waiting(
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
    return tuple(found)


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
