"""From customers who are due to customers who are condemned, on PostgreSQL.

Marking waits for the load that is under way and keeps the next one off; whoever sets
a hold takes the same rows as condemning does, so one of the two comes first.
"""

import datetime as dt
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.as_signed import insist_as_signed
from custody.adapters.warehouse.destruction import bound, move
from custody.adapters.warehouse.doomed import DOOMED
from custody.adapters.warehouse.kept_customers import planned
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.adapters.warehouse.plans import LINE, line_of
from custody.adapters.warehouse.register import ONE_AT_A_TIME
from custody.application.destroy.steps import STEP_TAKEN
from custody.application.ports import Entry
from custody.application.ports.destruction_book import Run
from custody.domain.destruction import RunState
from custody.domain.retention_plan import Planning, due_by
from custody.errors import ConflictError

NUMBERS_PER_BATCH = 500
LINES_PER_BATCH = 500

_PATIENCE = text("SET LOCAL lock_timeout = '15min'")
_OF_THE_RUN = (
    "FROM destruction.line l WHERE l.plan = :plan AND l.up_to IS NULL"
    " AND s.number = l.number AND s.level = l.level"
)
_HELD = (
    "EXISTS (SELECT FROM retention.legal_hold h WHERE h.number = l.number"
    " AND h.lifted_at IS NULL)"
)
# Who was spared meanwhile, by a withdrawn event, is not marked any more.
_MARKED = (
    "EXISTS (SELECT FROM register.standing m WHERE m.number = l.number"
    " AND m.level = l.level AND m.state = 'destroying')"
)
_MARK = text(
    f"UPDATE register.standing s SET state = 'destroying', since = :at {_OF_THE_RUN}"  # noqa: S608 - constants
    f" AND s.state = 'due' AND NOT {_HELD}"
)
_COUNT = text(
    "SELECT count(*) FROM destruction.line WHERE plan = :plan AND up_to IS NULL"
)
# Who stays is not marked: a version goes by what is held and judged of its customer.
_HELD_BACK = text(
    f"SELECT EXISTS (SELECT FROM destruction.line l WHERE l.plan = :plan AND {_HELD})"  # noqa: S608 - constants
)
_SPARE = text(
    f"UPDATE register.standing s SET state = 'storage_only', since = :at {_OF_THE_RUN}"  # noqa: S608 - constants
    " AND s.state = 'destroying'"
)
_SPARE_LINES = text("UPDATE destruction.line SET state = 'spared' WHERE plan = :plan")
_NEXT = text(
    "SELECT position FROM destruction.line WHERE plan = :plan AND state = 'intended'"
    " ORDER BY position LIMIT :most"
)
_TAKE = text(
    "SELECT s.state FROM register.standing s JOIN destruction.line l"
    " USING (number, level) WHERE l.plan = :plan AND l.position = ANY(:positions)"
    " AND l.up_to IS NULL ORDER BY s.number, s.level FOR UPDATE OF s"
)
_VERSIONS = text(
    f"SELECT l.position, {LINE} FROM destruction.plan_line l WHERE l.digest = :plan"  # noqa: S608 - constants
    " AND l.position = ANY(:positions) AND l.up_to IS NOT NULL"
)
_CONDEMN_LINES = text(
    "UPDATE destruction.line l SET state = CASE"  # noqa: S608 - constants
    f" WHEN {_HELD} OR l.position = ANY(:lapsed) THEN 'spared'"
    f" WHEN l.up_to IS NULL AND NOT {_MARKED} THEN 'spared' ELSE 'condemned' END,"
    f" sealed_values = (SELECT count(*) FROM {DOOMED} d"
    "  JOIN register.sealed_value s ON s.handle = d.handle AND s.level = d.level"
    "  WHERE d.plan = l.plan AND d.position = l.position)"
    " WHERE l.plan = :plan AND l.position = ANY(:positions)"
)
_CONDEMN = text(
    "UPDATE register.standing s SET since = :at,"
    " state = CASE l.state WHEN 'spared' THEN 'storage_only' ELSE 'destroyed' END"
    " FROM destruction.line l WHERE l.plan = :plan AND l.position = ANY(:positions)"
    " AND l.up_to IS NULL AND s.number = l.number AND s.level = l.level"
    " AND s.state = 'destroying'"
)
_FATES = text(
    "SELECT count(*) FILTER (WHERE state IN ('condemned', 'deleted')),"
    " count(*) FILTER (WHERE state = 'spared')"
    " FROM destruction.line WHERE plan = :plan"
)
_NUMBERS = text(
    "SELECT DISTINCT number FROM destruction.line WHERE plan = :plan"
    " AND up_to IS NULL AND state IN ('condemned', 'deleted') ORDER BY number"
)


class PostgresCondemning:
    """Implements `Condemning`; made for custody_destroyer."""

    def __init__(self, engine: Engine, ledger: LedgerWriter) -> None:
        """Take the destroyer's engine and the ledger's writer."""
        self._engine = engine
        self._ledger = ledger

    def mark(self, run: Run, entry: Entry, *, at: dt.datetime) -> Run | None:
        """Mark every line `destroying` and move the run, while nobody loads.

        None, and nothing is changed, when one of them is under hold or not due;
        EvidenceError when they are not the lines that were signed.
        """
        row = {**bound(run.plan), "at": at}
        try:
            with transaction(self._engine, "mark the customers") as connection:
                insist_as_signed(connection, run.plan)
                _mark_all(connection, row)
                return self._move(connection, run, RunState.MARKED, entry, at=at)
        except _Unfit:
            return None

    def spare(self, run: Run, entry: Entry, *, at: dt.datetime) -> Run:
        """Take every mark back and end the run: its approval was withdrawn."""
        row = {**bound(run.plan), "at": at}
        with transaction(self._engine, "spare the customers") as connection:
            connection.execute(_SPARE, row)
            connection.execute(_SPARE_LINES, row)
            return self._move(connection, run, RunState.SPARED, entry, at=at)

    def condemn(
        self, plan: str, planning: Planning, *, at: dt.datetime
    ) -> tuple[int, int]:
        """Condemn every marked line that is under no hold, for good; spare the rest.

        Return how many lines are condemned and how many were spared; repeatable.
        """
        row: dict[str, object] = {**bound(plan), "at": at, "most": LINES_PER_BATCH}
        while True:
            with transaction(self._engine, "condemn the customers") as connection:
                insist_as_signed(connection, plan)
                positions = list(connection.execute(_NEXT, row).scalars())
                if not positions:
                    condemned, spared = connection.execute(_FATES, row).one()
                    return condemned, spared
                batch: dict[str, object] = {**row, "positions": positions}
                batch["lapsed"] = _lapsed(connection, batch, planning)
                for statement in (_TAKE, _CONDEMN_LINES, _CONDEMN):
                    connection.execute(statement, batch)

    def numbers(self, plan: str) -> Iterator[tuple[str, ...]]:
        """Yield the numbers of the condemned customers, in batches."""
        with transaction(self._engine, "list the condemned") as connection:
            numbers = list(connection.execute(_NUMBERS, bound(plan)).scalars())
        for start in range(0, len(numbers), NUMBERS_PER_BATCH):
            yield tuple(numbers[start : start + NUMBERS_PER_BATCH])

    def _move(
        self,
        connection: Connection,
        run: Run,
        new: RunState,
        entry: Entry,
        *,
        at: dt.datetime,
    ) -> Run:
        found = move(connection, self._ledger, run, new, entry, at=at)
        if found is None:
            raise STEP_TAKEN.as_error(ConflictError)
        return found


def _mark_all(connection: Connection, row: Mapping[str, object]) -> None:
    """Mark every line, while nobody loads; _Unfit undoes it when one is not fit."""
    connection.execute(_PATIENCE)
    connection.execute(ONE_AT_A_TIME)
    lines = connection.execute(_COUNT, row).scalar_one()
    marked = connection.execute(_MARK, row).rowcount
    if marked != lines or connection.execute(_HELD_BACK, row).scalar_one():
        raise _Unfit


def _lapsed(
    connection: Connection, batch: Mapping[str, object], planning: Planning
) -> list[int]:
    """Return the lines about versions that are not due any more, or not by that rule.

    Their customers live on and may change until now; from here on nobody changes
    them, nor sets a hold, before this is done.
    """
    lines = {row.position: line_of(row) for row in connection.execute(_VERSIONS, batch)}
    if not lines:
        return []
    connection.execute(_PATIENCE)
    connection.execute(ONE_AT_A_TIME)
    dues = {
        due.place: due
        for customer in planned(
            connection,
            sorted({line.number for line in lines.values()}),
            unknown_industry=planning.unknown_industry,
            zone=planning.zone,
        )
        for due in planning.dues(customer)
    }
    return [
        position
        for position, line in lines.items()
        if (due := due_by(line, dues)) is None or not due.covers(line)
    ]


class _Unfit(Exception):  # noqa: N818 - it undoes a transaction, and is no error
    """A line of the plan may not be marked any more."""
