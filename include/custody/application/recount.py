"""Counts what a kept plan really holds: its stored lines, read once, anew."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from custody.application.ports.decisions import PlanBook
from custody.domain.approving import KeptPlan, Recount
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.plan_form import PlanDigest, plan_lines
from custody.domain.retention_plan import Due


def recount(plans: PlanBook, plan: KeptPlan) -> Recount:
    """Count the stored lines of a plan and compute their digest anew."""
    walk, digest = _Walk(), PlanDigest()
    for line in plan_lines(walk.over(plans.lines(plan.digest)), plan.head):
        digest.add(line)
    return Recount(
        digest=digest.hex(),
        lines=walk.parts.total(),
        customers=walk.customers,
        registered=plans.registered(),
        parts=tuple(walk.ordered()),
    )


@dataclass(slots=True)
class _Walk:
    """Counts what goes by; a customer's lines are neighbours."""

    customers: int = 0
    parts: Counter[tuple[Level, str]] = field(default_factory=Counter)

    def over(self, dues: Iterable[Due]) -> Iterator[Due]:
        """Yield the lines, counted."""
        last = ""
        for due in dues:
            self.parts[due.level, due.rule_id] += 1
            self.customers += due.number != last
            last = due.number
            yield due

    def ordered(self) -> Iterator[tuple[Level, str, int]]:
        """Yield the counts, from high to low and by rule."""
        for level in LEVELS_FROM_HIGH:
            for (one, rule), count in sorted(self.parts.items()):
                if one is level:
                    yield level, rule, count
