"""The rows of condemned customers are deleted; what remains are tombstones.

A version keeps handle, number and delivery, so that the rows of every delivery add up
and no number is given twice.  Rows of other deliveries that wait and bear the match
keys of a customer who goes as a whole go too, as refused ones.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.adapters.snapshots import hold_moment
from custody.adapters.warehouse.as_signed import insist_as_signed
from custody.adapters.warehouse.destruction import bound
from custody.adapters.warehouse.doomed import DOOMED, GONE
from custody.adapters.warehouse.linked import PostgresLinksThen
from custody.adapters.warehouse.named_waiting import (
    named_waiting,
    refuse_waiting,
    without_registered,
)
from custody.application.ports.destruction import Batch, LinksThen, Waiting
from custody.domain.levels import Level

LINES_PER_BATCH = 500

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
_REWRITE = text("SELECT projection.rewrite()")
_PATIENCE = text("SET LOCAL lock_timeout = '15min'")


class PostgresDeleting:
    """Implements `Deleting`; made for custody_destroyer."""

    def __init__(self, engine: Engine) -> None:
        """Take the destroyer's engine."""
        self._engine = engine

    def batches(
        self,
        plan: str,
        match_keys: Mapping[str, Sequence[Sequence[str]]],
        insist: Callable[[LinksThen], None],
    ) -> Iterator[Batch]:
        """Yield the condemned lines whose rows are not deleted yet, of one moment.

        EvidenceError when one of them is not a line that was signed.
        """
        row: dict[str, object] = {**bound(plan), "after": 0, "most": LINES_PER_BATCH}
        with transaction(self._engine, "find what to delete") as connection:
            hold_moment(connection)
            while positions := list(connection.execute(_NEXT, row).scalars()):
                if not row["after"]:
                    insist(PostgresLinksThen(connection))
                insist_as_signed(connection, plan, positions)
                batch = {**row, "positions": positions}
                handles: dict[Level, list[bytes]] = defaultdict(list)
                for level, handle in connection.execute(_HANDLES, batch):
                    handles[Level(level)].append(bytes(handle))
                row["after"] = positions[-1]
                yield Batch(
                    positions=tuple(positions),
                    handles={level: tuple(found) for level, found in handles.items()},
                    waiting=self._waiting(connection, batch, match_keys),
                )

    def _waiting(
        self,
        moment: Connection,
        batch: Mapping[str, object],
        match_keys: Mapping[str, Sequence[Sequence[str]]],
    ) -> tuple[Waiting, ...]:
        """Return who waits by now, and was nowhere in the register in that moment."""
        with transaction(self._engine, "find who waits") as connection:
            found = named_waiting(connection, batch, match_keys)
        return without_registered(moment, found)

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
                refuse_waiting(connection, batch.waiting)
            connection.execute(_DONE, row)

    def rewrite(self) -> None:
        """Write what is shown anew: the old files go, with what was deleted."""
        with transaction(self._engine, "write the projection anew") as connection:
            connection.execute(_PATIENCE)
            connection.execute(_REWRITE)
