"""Begin: an approved plan becomes a run, when nothing speaks against any line of it.

Everything is asked anew: the signatures, and of each line whether it is due today by
the rule that was approved, under no hold, restricted, and nowhere under way.
"""

import dataclasses
import datetime as dt
from collections import Counter
from dataclasses import dataclass

from custody.application.approve import Approved, Refusals
from custody.application.ports import Clock, Entry, Ledger, Reached, pass_by
from custody.application.ports.destruction import Intending
from custody.application.ports.destruction_book import DestructionBook, Run
from custody.application.retention_plan import PlanRetention
from custody.domain.destruction import obstacles
from custody.domain.language import Text
from custody.domain.policy import Policy
from custody.domain.retention_plan import due_by
from custody.errors import ConflictError

_NOT_OVER = Text(
    "另一次销毁尚未结束：请待其完成",
    "another destruction is not over: let it come to an end",
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Every reason why a plan is not carried out; there is at least one."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StillDue:
    """Judges the lines of a plan anew; memory is that of the plan."""

    policy: Policy
    intending: Intending
    plan_retention: PlanRetention

    def __call__(self, plan: str, *, today: dt.date) -> tuple[str, ...]:
        """Return what speaks against the plan today: `code count` each."""
        lines = list(self.intending.standings(plan))
        named = {line.number for line, _ in lines}
        dues = {
            due.place: due
            for due in self.plan_retention(today, Counter())
            if due.number in named
        }
        found = Counter(
            obstacle
            for line, standing in lines
            for obstacle in obstacles(
                line, dataclasses.replace(standing, due=due_by(line, dues))
            )
        )
        return tuple(f"{code} {count}" for code, count in sorted(found.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginRun:
    """The use case of beginning; a refusal is told to the ledger."""

    policy: Policy
    approved: Approved
    still_due: StillDue
    book: DestructionBook
    ledger: Ledger
    clock: Clock
    reached: Reached = pass_by

    def __call__(self, plan: str) -> Run | Refusal:
        """Return the run of a plan, new or taken up again, or why there is none."""
        found = self.book.find(plan)
        if found is not None:
            return found
        now = self.clock.now()
        answer = self.approved.verify(plan, now=now)
        if isinstance(answer, Refusals):
            return Refusal(told_refusals(answer))
        reasons = self.still_due(plan, today=self.policy.today(now))
        if reasons:
            self.ledger.append(refused(self.policy, plan, reasons))
            return Refusal(reasons)
        self.reached("destroy.begin.before")
        begun = self.book.begin(plan, at=now)
        self.reached("destroy.begin.after")
        run = self.book.find(plan)
        if not begun or run is None:
            raise _NOT_OVER.as_error(ConflictError)
        return run


def told_refusals(answer: Refusals) -> tuple[str, ...]:
    """Return the reasons of people's decisions as the ledger tells them."""
    return tuple(map(str, answer.reasons))


def refused(policy: Policy, plan: str, reasons: tuple[str, ...]) -> Entry:
    """Return what the ledger hears of a plan that is not carried out."""
    return Entry(
        kind="destruction_refused",
        subject=policy.dataset,
        body={"plan": plan, "reasons": list(reasons)},
    )
