"""Carry out: what people have approved, without being told which plan it is.

Airflow's part: a click starts nothing that was not signed, and a run that was killed
is gone on with.  One plan at a time, the oldest first.
"""

from dataclasses import dataclass

from custody.application.approve import Approved
from custody.application.destroy.begin import Refusal
from custody.application.destroy.run import Destroy
from custody.application.ports import Clock
from custody.application.ports.decisions import PlanBook
from custody.application.ports.destruction_book import DestructionBook, Run
from custody.domain.approving import Refusals
from custody.domain.destruction import OVER, RunState

NOTHING = "nothing"
"""No run is under way, and no plan is approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOut:
    """The use case; `approved` only looks, `destroy` asks everything again."""

    book: DestructionBook
    plans: PlanBook
    approved: Approved
    destroy: Destroy
    clock: Clock

    def begin(self, *, until: RunState) -> str:
        """Begin the oldest approved plan, or go on with the run that is under way."""
        plan = self._under_way() or self._approved()
        return NOTHING if plan is None else _told(self.destroy(plan, until=until))

    def go_on(self, *, until: RunState) -> str:
        """Go on with the run that is under way; begin none."""
        plan = self._under_way()
        return NOTHING if plan is None else _told(self.destroy(plan, until=until))

    def _under_way(self) -> str | None:
        runs = (run.plan for run in self.book.runs() if run.state not in OVER)
        return next(runs, None)

    def _approved(self) -> str | None:
        now = self.clock.now()
        kept = sorted(self.plans.plans(), key=lambda plan: plan.made_at)
        for plan in kept:
            if not plan.used and not isinstance(
                self.approved.check(plan.digest, now=now), Refusals
            ):
                return plan.digest
        return None


def _told(answer: Run | Refusal) -> str:
    """Return what a task may return: a state, or the codes of the reasons."""
    if isinstance(answer, Refusal):
        return "refused: " + ", ".join(answer.reasons)
    return answer.state.value
