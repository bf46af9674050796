"""Runs of destruction in memory: the contract suite also runs on PostgreSQL."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from custody.application.ports import Entry, Ledger
from custody.application.ports.destruction_book import (
    EndOf,
    Fate,
    Run,
    Succession,
    VersionsOf,
)
from custody.domain.destroyed import Portion
from custody.domain.destruction import OVER, RunState, moved
from custody.domain.epochs import EpochId
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.observations import FullSetSeen, Recovery
from custody.domain.retention_plan import Due


@dataclass
class FakeLine:
    """One line of a run: what it takes, what became of it, how many values went.

    `fields` are those of parted versions, `salt_in` is the version whose salt stays.
    """

    due: Due
    commitment: bytes
    fate: Fate = Fate.INTENDED
    values: int = 0
    fields: set[str] = field(default_factory=set)
    salt_in: bytes | None = None
    deleted: bool = False


@dataclass
class FakeDestructionBook:
    """Implements `DestructionBook`; `lines` are put there by who intends."""

    ledger: Ledger
    started: dict[str, Run] = field(default_factory=dict)
    lines: dict[str, list[FakeLine]] = field(default_factory=dict)
    ends: dict[str, dict[EpochId, EpochId | None]] = field(default_factory=dict)
    attempts: dict[str, Recovery] = field(default_factory=dict)
    sets: dict[str, tuple[FullSetSeen, ...]] = field(default_factory=dict)
    left: Callable[[str], set[Level]] = lambda _: set()
    """The levels that are left of a customer."""

    def find(self, plan: str) -> Run | None:
        """Return the run of a plan."""
        return self.started.get(plan)

    def runs(self) -> Iterator[Run]:
        """Yield all runs, the newest first."""
        yield from sorted(
            self.started.values(), key=lambda run: run.begun_at, reverse=True
        )

    def begin(self, plan: str, *, at: dt.datetime) -> bool:
        """Begin the run of a plan; False while another run is not over."""
        under_way = any(run.state not in OVER for run in self.started.values())
        if under_way or plan in self.started:
            return False
        self.started[plan] = Run(
            plan=plan, state=RunState.BEGUN, begun_at=at, moved_at=at
        )
        return True

    def move(
        self, run: Run, new: RunState, *entries: Entry, at: dt.datetime
    ) -> Run | None:
        """Move a run on; None when it is elsewhere by now."""
        moved(run.state, new)
        if self.started[run.plan].state is not run.state:
            return None
        for entry in entries:
            self.ledger.append(entry)
        self.started[run.plan] = replace(run, state=new, moved_at=at)
        return self.started[run.plan]

    def expect(self, run: Run, epochs: Sequence[EpochId]) -> None:
        """Note which epochs end with this run."""
        found = self.ends.setdefault(run.plan, {})
        for epoch in epochs:
            found.setdefault(epoch, None)

    def successions(self, plan: str) -> tuple[Succession, ...]:
        """Return the epochs that end with a run, and their successors."""
        ends = sorted(self.ends.get(plan, {}).items(), key=lambda one: str(one[0]))
        return tuple(Succession(old=old, new=new) for old, new in ends)

    def succeed(self, plan: str, old: EpochId, new: EpochId) -> None:
        """Note the successor of an epoch that ends."""
        self.ends[plan][old] = new

    def commitments(self, plan: str, which: Fate) -> tuple[bytes, ...]:
        """Return the commitments of customers of this fate, in order."""
        fates: dict[bytes, set[Fate]] = defaultdict(set)
        for one in self.lines.get(plan, []):
            fates[one.commitment].add(one.fate)
        found = {
            one
            for one, its in fates.items()
            if (its == {which} if which is Fate.SPARED else which in its)
        }
        return tuple(sorted(found))

    def who_goes(self, plan: str) -> tuple[EndOf, ...]:
        """Return of whom all versions are to go, by commitment."""
        levels: dict[tuple[bytes, str], set[Level]] = defaultdict(set)
        for one in self.lines.get(plan, []):
            if one.due.up_to is None:
                levels[one.commitment, one.due.number].add(one.due.level)
        return tuple(
            EndOf(
                commitment=commitment,
                levels=tuple(sorted(its)) if self.left(number) - its else (),
            )
            for (commitment, number), its in sorted(levels.items())
        )

    def spared_lines(self, plan: str) -> tuple[str, ...]:
        """Return the spared lines of customers of whom others are condemned."""
        gone = set(self.commitments(plan, Fate.CONDEMNED))
        spared = [
            one
            for one in self.lines.get(plan, [])
            if one.fate is Fate.SPARED and one.commitment in gone
        ]
        told = (
            f"{one.commitment.hex()} {one.due.level}"
            if one.due.up_to is None
            else str(
                VersionsOf(
                    commitment=one.commitment, level=one.due.level, up_to=one.due.up_to
                )
            )
            for one in spared
        )
        return tuple(sorted(told))

    def versions(self, plan: str) -> tuple[VersionsOf, ...]:
        """Return which versions of customers who stay a run names."""
        found = [
            VersionsOf(
                commitment=one.commitment, level=one.due.level, up_to=one.due.up_to
            )
            for one in self.lines.get(plan, [])
            if one.due.up_to is not None
        ]
        return tuple(sorted(found, key=lambda one: (one.commitment, one.level)))

    def portions(self, plan: str) -> tuple[Portion, ...]:
        """Return what is condemned, by level and rule, from high to low."""
        gone = self._condemned(plan)
        keys = {(one.due.level, one.due.rule_id, one.due.legal_basis) for one in gone}
        portions = []
        for level, rule, basis in keys:
            mine = [
                one for one in gone if (one.due.level, one.due.rule_id) == (level, rule)
            ]
            portions.append(
                Portion(
                    level=level,
                    rule_id=rule,
                    legal_basis=basis,
                    customers=len(mine),
                    values=sum(one.values for one in mine),
                )
            )
        at = LEVELS_FROM_HIGH.index
        return tuple(sorted(portions, key=lambda one: (at(one.level), one.rule_id)))

    def customers(self, plan: str) -> int:
        """Return how many customers are condemned."""
        return len({one.due.number for one in self._condemned(plan)})

    def keep_recovery(self, plan: str, found: Recovery) -> None:
        """Keep what the attempt at recovery found."""
        self.attempts[plan] = found

    def recovery(self, plan: str) -> Recovery | None:
        """Return what the attempt at recovery found."""
        return self.attempts.get(plan)

    def keep_full_sets(self, plan: str, seen: Sequence[FullSetSeen]) -> None:
        """Keep which full sets were read back, in the place of older ones."""
        self.sets[plan] = tuple(sorted(seen, key=lambda one: one.medium))

    def full_sets(self, plan: str) -> tuple[FullSetSeen, ...]:
        """Return the full sets of the survivors of a run."""
        return self.sets.get(plan, ())

    def _condemned(self, plan: str) -> list[FakeLine]:
        lines = self.lines.get(plan, [])
        return [one for one in lines if one.fate is Fate.CONDEMNED]
