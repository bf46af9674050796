"""Kept plans on PostgreSQL: streamed in, never changed, taken once."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Engine, Row, text

from custody.adapters.database import driver, transaction
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.application.ports import Entry
from custody.application.ports.decisions import Taken
from custody.domain.approving import KeptPlan
from custody.domain.destruction import OVER
from custody.domain.levels import Level
from custody.domain.plan_form import PlanHead
from custody.domain.retention_plan import Due, UpTo

_LINES_PER_FETCH = 5_000

_OVER = (
    "EXISTS (SELECT FROM destruction.run r"
    " WHERE r.plan = p.digest AND r.state = ANY(:over))"
)
_PLAN = (
    "SELECT p.digest, p.on_day, p.policy_digest, p.dataset, p.lines, p.made_at,"  # noqa: S608 - constants
    f" p.state, p.form, p.ordinal, {_OVER} AS over FROM destruction.plan p"
)
_FIND = text(f"{_PLAN} WHERE p.digest = :digest")
_PLANS = text(f"{_PLAN} ORDER BY p.made_at DESC, p.digest")
_COUNT_OVER = text(
    "SELECT count(*) FROM destruction.plan p WHERE p.on_day = :on"  # noqa: S608 - constants
    f" AND p.policy_digest = :policy AND p.dataset = :dataset AND {_OVER}"
)
_KEEP = text(
    "INSERT INTO destruction.plan"
    " (digest, on_day, policy_digest, dataset, lines, made_at, form, ordinal)"
    " VALUES (:digest, :on, :policy, :dataset, :lines, :made_at, :form, :ordinal)"
    " ON CONFLICT DO NOTHING"
)
_COPY_LINES = (
    "COPY destruction.plan_line"
    " (digest, position, number, level, last_day, rule, legal_basis, part, up_to)"
    " FROM STDIN"
)
LINE = "l.number, l.level, l.last_day, l.rule, l.legal_basis, l.part, l.up_to"
"""What `line_of` reads of a plan's line."""

_LINES = text(
    f"SELECT {LINE} FROM destruction.plan_line l"  # noqa: S608 - constants
    " WHERE l.digest = :digest ORDER BY l.position"
)
# Whom nothing is sealed of any more is no customer of the register's.
_REGISTERED = text(
    "SELECT count(*) FROM register.customer c WHERE EXISTS (SELECT"
    " FROM register.record_version v JOIN register.sealed_value s USING (handle)"
    " WHERE v.number = c.number)"
)
_TAKE = text(
    "UPDATE destruction.plan SET state = 'taken', request = :request,"
    " approval = :approval, taken_at = :at WHERE digest = :digest AND state = 'kept'"
)
_TAKEN = text(
    "SELECT request, approval, taken_at FROM destruction.plan"
    " WHERE digest = :digest AND state = 'taken'"
)


class PostgresPlans:
    """Implements `PlanBook`; the registrar keeps, the destroyer takes."""

    def __init__(self, engine: Engine, ledger: LedgerWriter) -> None:
        """Take a role's engine and the ledger's writer."""
        self._engine = engine
        self._ledger = ledger

    def keep(self, plan: KeptPlan, lines: Iterable[Due], entry: Entry) -> bool:
        """Keep a plan and its lines, whole or not at all; False when it is kept."""
        row = {
            "digest": bytes.fromhex(plan.digest),
            "on": plan.on,
            "policy": plan.policy,
            "dataset": plan.dataset,
            "lines": plan.lines,
            "made_at": plan.made_at,
            "form": plan.form,
            "ordinal": plan.ordinal,
        }
        with transaction(self._engine, "keep a plan") as connection:
            if not connection.execute(_KEEP, row).rowcount:
                return False
            cursor = driver(connection).cursor()
            with cursor.copy(_COPY_LINES) as copy:
                for at, due in enumerate(lines, start=1):
                    copy.write_row((row["digest"], at, *_cells(due)))
            self._ledger.append(connection, entry)
            return True

    def find(self, digest: str) -> KeptPlan | None:
        """Return a plan."""
        with transaction(self._engine, "find a plan") as connection:
            bound = {**_bound(digest), **_ENDED}
            row = connection.execute(_FIND, bound).one_or_none()
            return None if row is None else _plan(row)

    def plans(self) -> Iterator[KeptPlan]:
        """Yield the plans, the newest first."""
        with transaction(self._engine, "list the plans") as connection:
            for row in connection.execute(_PLANS, _ENDED):
                yield _plan(row)

    def lines(self, digest: str) -> Iterator[Due]:
        """Yield the lines of a plan in their order."""
        with transaction(self._engine, "read a plan") as connection:
            rows = connection.execute(
                _LINES,
                _bound(digest),
                execution_options={"yield_per": _LINES_PER_FETCH},
            )
            yield from map(line_of, rows)

    def over(self, head: PlanHead) -> int:
        """Count the plans of a head's day, policy and register whose run is over."""
        of = {"on": head.on, "policy": head.policy, "dataset": head.dataset}
        with transaction(self._engine, "count what is over") as connection:
            return int(connection.execute(_COUNT_OVER, {**of, **_ENDED}).scalar_one())

    def registered(self) -> int:
        """Return how many customers the register has."""
        with transaction(self._engine, "count the customers") as connection:
            return int(connection.execute(_REGISTERED).scalar_one())

    def take(self, digest: str, taken: Taken, entry: Entry) -> bool:
        """Use an approval up, with its ledger entry; False when it was used."""
        bound = {
            **_bound(digest),
            "request": bytes.fromhex(taken.request),
            "approval": bytes.fromhex(taken.approval),
            "at": taken.at,
        }
        with transaction(self._engine, "take a plan") as connection:
            if not connection.execute(_TAKE, bound).rowcount:
                return False
            self._ledger.append(connection, entry)
            return True

    def taken(self, digest: str) -> Taken | None:
        """Return under what a plan was carried out, None when it was not."""
        with transaction(self._engine, "find what a plan was taken by") as connection:
            row = connection.execute(_TAKEN, _bound(digest)).one_or_none()
        if row is None:
            return None
        return Taken(
            request=bytes(row.request).hex(),
            approval=bytes(row.approval).hex(),
            at=row.taken_at,
        )


_ENDED = {"over": sorted(OVER)}


def _bound(digest: str) -> dict[str, object]:
    return {"digest": bytes.fromhex(digest)}


def _cells(due: Due) -> tuple[object, ...]:
    bounds = (None, None) if due.up_to is None else (due.up_to.part, due.up_to.version)
    first = (due.number, due.level.value, due.last_day, due.rule_id, due.legal_basis)
    return (*first, *bounds)


def line_of(row: Row[Any]) -> Due:
    """Return one line of a plan."""
    return Due(
        number=row.number,
        level=Level(row.level),
        last_day=row.last_day,
        rule_id=row.rule,
        legal_basis=row.legal_basis,
        up_to=None if row.up_to is None else UpTo(row.part, row.up_to),
    )


def _plan(row: Row[Any]) -> KeptPlan:
    return KeptPlan(
        digest=bytes(row.digest).hex(),
        on=row.on_day,
        policy=row.policy_digest,
        dataset=row.dataset,
        lines=row.lines,
        made_at=row.made_at,
        taken=row.state == "taken",
        over=row.over,
        form=row.form,
        ordinal=row.ordinal,
    )
