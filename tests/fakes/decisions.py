"""Decisions and plans in memory: their contract suite also runs on PostgreSQL."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from custody.application.ports import Entry
from custody.application.ports.decisions import TOLD, Taken
from custody.domain.approving import KeptPlan
from custody.domain.decisions import Signed
from custody.domain.ledger import read_line
from custody.domain.plan_form import PlanHead
from custody.domain.retention_plan import Due
from tests.fakes.ledger import FakeLedger


@dataclass
class FakeDecisions:
    """Implements `DecisionBook`."""

    ledger: FakeLedger
    lines: dict[str, bytes] = field(default_factory=dict)

    def add(self, signed: Signed, entry: Entry) -> bool:
        """Store a decision with its ledger entry."""
        if signed.digest in self.lines:
            return False
        self.lines[signed.digest] = signed.line
        self.ledger.append(entry)
        return True

    def stored(self) -> Iterator[bytes]:
        """Yield the lines of all decisions, in order of arrival."""
        yield from self.lines.values()

    def told(self) -> Iterator[bytes]:
        """Yield the ledger's lines that tell of decisions, in order."""
        for line in self.ledger.lines():
            if read_line(line).kind in TOLD:
                yield line

    def append(self, entry: Entry) -> int:
        """Tell the ledger of what came of a decision."""
        return self.ledger.append(entry)


@dataclass
class FakePlans:
    """Implements `PlanBook`; `size` is how many customers the register has.

    `ended` are the plans whose runs are over: who carries them out puts them there.
    """

    ledger: FakeLedger
    size: int = 100
    kept: dict[str, tuple[KeptPlan, tuple[Due, ...]]] = field(default_factory=dict)
    used: dict[str, Taken] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def keep(self, plan: KeptPlan, lines: Iterable[Due], entry: Entry) -> bool:
        """Keep a plan and its lines, whole or not at all."""
        if plan.digest in self.kept:
            return False
        self.kept[plan.digest] = (plan, tuple(lines))
        self.ledger.append(entry)
        return True

    def find(self, digest: str) -> KeptPlan | None:
        """Return a plan."""
        if digest not in self.kept:
            return None
        return self._now(self.kept[digest][0])

    def plans(self) -> Iterator[KeptPlan]:
        """Yield the plans, the newest first."""
        order = sorted(self.kept.values(), key=lambda one: one[0].digest)
        order.sort(key=lambda one: one[0].made_at, reverse=True)
        for plan, _ in order:
            yield self._now(plan)

    def lines(self, digest: str) -> Iterator[Due]:
        """Yield the lines of a plan in their order."""
        yield from self.kept[digest][1] if digest in self.kept else ()

    def over(self, head: PlanHead) -> int:
        """Count the plans of a head's day, policy and register whose run is over."""
        of = (head.on, head.policy, head.dataset)
        return sum(
            (plan.on, plan.policy, plan.dataset) == of and plan.over
            for plan in self.plans()
        )

    def registered(self) -> int:
        """Return how many customers the register has."""
        return self.size

    def take(self, digest: str, taken: Taken, entry: Entry) -> bool:
        """Use an approval up, with its ledger entry."""
        if digest in self.used or digest not in self.kept:
            return False
        self.used[digest] = taken
        self.ledger.append(entry)
        return True

    def taken(self, digest: str) -> Taken | None:
        """Return under what a plan was carried out."""
        return self.used.get(digest)

    def _now(self, plan: KeptPlan) -> KeptPlan:
        taken, over = plan.digest in self.used, plan.digest in self.ended
        return replace(plan, taken=taken, over=over)
