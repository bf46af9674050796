"""Runs of destruction on PostgreSQL: a move is one transaction with its lines."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.doomed import (
    commitments_of,
    spared_lines,
    versions_of,
    who_goes,
)
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.adapters.warehouse.run_proofs import keep_recovery, keep_sets
from custody.application.ports import Entry
from custody.application.ports.destruction_book import (
    EndOf,
    Fate,
    Run,
    Succession,
    VersionsOf,
)
from custody.domain.destroyed import Portion
from custody.domain.destruction import RunState, moved
from custody.domain.epochs import EpochId
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.observations import FullSetSeen, Recovery

_RUN = "SELECT plan, state, begun_at, moved_at FROM destruction.run"
_FIND = text(f"{_RUN} WHERE plan = :plan")
_RUNS = text(f"{_RUN} ORDER BY begun_at DESC, plan")
_BEGIN = text(
    "INSERT INTO destruction.run (plan, state, begun_at, moved_at)"
    " VALUES (:plan, 'begun', :at, :at) ON CONFLICT DO NOTHING"
)
MOVE = text(
    "UPDATE destruction.run SET state = :new, moved_at = :at"
    " WHERE plan = :plan AND state = :old"
)
_EXPECT = text(
    "INSERT INTO destruction.succession (plan, old)"
    " SELECT :plan, old FROM unnest(CAST(:olds AS text[])) old ON CONFLICT DO NOTHING"
)
_SUCCESSIONS = text(
    "SELECT old, new FROM destruction.succession WHERE plan = :plan ORDER BY old"
)
_SUCCEED = text(
    "UPDATE destruction.succession SET new = :new WHERE plan = :plan AND old = :old"
)
_GONE = "state IN ('condemned', 'deleted')"
_PORTIONS = text(
    "SELECT level, rule, legal_basis, count(*) AS customers,"  # noqa: S608 - constants
    " sum(sealed_values) AS sealed_values FROM destruction.line"
    f" WHERE plan = :plan AND {_GONE} GROUP BY level, rule, legal_basis"
    " ORDER BY level, rule, legal_basis"
)
_CUSTOMERS = text(
    "SELECT count(DISTINCT number) FROM destruction.line"  # noqa: S608 - constants
    f" WHERE plan = :plan AND {_GONE}"
)
_RECOVERY = text(
    "SELECT due, due_before, due_after, survivors, survivors_after, seen_at"
    " FROM destruction.recovery WHERE plan = :plan"
)
_SETS = text(
    "SELECT medium, manifest, sealed_values, root, seen_at FROM destruction.full_set"
    " WHERE plan = :plan ORDER BY medium"
)


class PostgresDestructionBook:
    """Implements `DestructionBook`; made for custody_destroyer, read by _reader."""

    def __init__(self, engine: Engine, ledger: LedgerWriter) -> None:
        """Take a role's engine and the ledger's writer."""
        self._engine = engine
        self._ledger = ledger

    def find(self, plan: str) -> Run | None:
        """Return the run of a plan."""
        with transaction(self._engine, "find a run") as connection:
            row = connection.execute(_FIND, bound(plan)).one_or_none()
        return None if row is None else _run(row)

    def runs(self) -> Iterator[Run]:
        """Yield all runs, the newest first."""
        with transaction(self._engine, "list the runs") as connection:
            yield from map(_run, connection.execute(_RUNS))

    def begin(self, plan: str, *, at: dt.datetime) -> bool:
        """Begin the run of a plan; False while another run is not over."""
        with transaction(self._engine, "begin a run") as connection:
            return connection.execute(_BEGIN, {**bound(plan), "at": at}).rowcount == 1

    def move(
        self, run: Run, new: RunState, *entries: Entry, at: dt.datetime
    ) -> Run | None:
        """Move a run on, with its lines; None when it is elsewhere by now."""
        with transaction(self._engine, f"move a run to {new}") as connection:
            return move(connection, self._ledger, run, new, *entries, at=at)

    def expect(self, run: Run, epochs: Sequence[EpochId]) -> None:
        """Note which epochs end with this run; repeatable."""
        row = {**bound(run.plan), "olds": [str(epoch) for epoch in epochs]}
        with transaction(self._engine, "note what ends") as connection:
            connection.execute(_EXPECT, row)

    def successions(self, plan: str) -> tuple[Succession, ...]:
        """Return the epochs that end with a run, and their successors."""
        with transaction(self._engine, "read what ends") as connection:
            rows = connection.execute(_SUCCESSIONS, bound(plan)).all()
        return tuple(
            Succession(
                old=EpochId.parse(row.old),
                new=None if row.new is None else EpochId.parse(row.new),
            )
            for row in rows
        )

    def succeed(self, plan: str, old: EpochId, new: EpochId) -> None:
        """Note the successor of an epoch that ends."""
        row = {**bound(plan), "old": str(old), "new": str(new)}
        with transaction(self._engine, "note a successor") as connection:
            connection.execute(_SUCCEED, row)

    def who_goes(self, plan: str) -> tuple[EndOf, ...]:
        """Return of whom all versions are to go, by commitment."""
        with transaction(self._engine, "read who is to go") as connection:
            return who_goes(connection, bound(plan))

    def commitments(self, plan: str, which: Fate) -> tuple[bytes, ...]:
        """Return the commitments of customers of this fate."""
        with transaction(self._engine, "read commitments") as connection:
            return commitments_of(connection, bound(plan), which)

    def spared_lines(self, plan: str) -> tuple[str, ...]:
        """Return the spared lines of customers of whom others are condemned."""
        with transaction(self._engine, "read what was spared") as connection:
            return spared_lines(connection, bound(plan))

    def versions(self, plan: str) -> tuple[VersionsOf, ...]:
        """Return which versions of customers who stay a run names."""
        with transaction(self._engine, "read which versions go") as connection:
            return versions_of(connection, bound(plan))

    def portions(self, plan: str) -> tuple[Portion, ...]:
        """Return what is, or was, condemned, by level and rule, from high to low."""
        with transaction(self._engine, "count what is condemned") as connection:
            rows = connection.execute(_PORTIONS, bound(plan)).all()
        at = LEVELS_FROM_HIGH.index  # the sort is stable: rules are in order
        return tuple(sorted(map(_portion, rows), key=lambda one: at(one.level)))

    def customers(self, plan: str) -> int:
        """Return how many customers are, or were, condemned."""
        with transaction(self._engine, "count the condemned") as connection:
            return int(connection.execute(_CUSTOMERS, bound(plan)).scalar_one())

    def keep_recovery(self, plan: str, found: Recovery) -> None:
        """Keep what the attempt at recovery found."""
        with transaction(self._engine, "keep an attempt") as connection:
            keep_recovery(connection, plan, found)

    def recovery(self, plan: str) -> Recovery | None:
        """Return what the attempt at recovery found."""
        with transaction(self._engine, "read an attempt") as connection:
            row = connection.execute(_RECOVERY, bound(plan)).one_or_none()
        return None if row is None else Recovery(**row._mapping)  # noqa: SLF001 - its public door

    def keep_full_sets(self, plan: str, seen: Sequence[FullSetSeen]) -> None:
        """Keep which full sets were read back, in the place of older ones."""
        with transaction(self._engine, "keep full sets") as connection:
            keep_sets(connection, plan, seen)

    def full_sets(self, plan: str) -> tuple[FullSetSeen, ...]:
        """Return the full sets of the survivors of a run."""
        with transaction(self._engine, "read full sets") as connection:
            return tuple(map(_full_set, connection.execute(_SETS, bound(plan))))


def move(
    connection: Connection,
    ledger: LedgerWriter,
    run: Run,
    new: RunState,
    *entries: Entry,
    at: dt.datetime,
) -> Run | None:
    """Move a run inside a transaction, its lines last; None when it is elsewhere."""
    row = {**bound(run.plan), "old": run.state, "new": moved(run.state, new), "at": at}
    if not connection.execute(MOVE, row).rowcount:
        return None
    for entry in entries:
        ledger.append(connection, entry)
    return Run(plan=run.plan, state=new, begun_at=run.begun_at, moved_at=at)


def bound(plan: str) -> dict[str, object]:
    """Return a plan's digest as statements are bound to it."""
    return {"plan": bytes.fromhex(plan)}


def _run(row: Row[Any]) -> Run:
    return Run(
        plan=bytes(row.plan).hex(),
        state=RunState(row.state),
        begun_at=row.begun_at,
        moved_at=row.moved_at,
    )


def _portion(row: Row[Any]) -> Portion:
    return Portion(
        level=Level(row.level),
        rule_id=row.rule,
        legal_basis=row.legal_basis,
        customers=row.customers,
        values=int(row.sealed_values),
    )


def _full_set(row: Row[Any]) -> FullSetSeen:
    return FullSetSeen(
        medium=row.medium,
        manifest=bytes(row.manifest).hex(),
        values=row.sealed_values,
        root=bytes(row.root).hex(),
        seen_at=row.seen_at,
    )
