"""Take: the approval is used up by this run, and by no other (R70)."""

from dataclasses import dataclass

from custody.application.approve import Approved, Refusals
from custody.application.destroy.begin import refused, told_refusals
from custody.application.destroy.steps import Steps
from custody.application.ports.decisions import PlanBook
from custody.application.ports.destruction_book import Run
from custody.domain.destruction import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeApproval(Steps):
    """`begun` to `approved`; a plan that is taken was taken by its one run."""

    approved: Approved
    plans: PlanBook

    def __call__(self, run: Run) -> Run:
        """Use the approval up, or refuse the run: it was withdrawn meanwhile."""
        now = self.clock.now()
        if self.plans.taken(run.plan) is None:
            self.reached("destroy.take.before")
            answer = self.approved.take(run.plan, now=now)
            self.reached("destroy.take.after")
            if isinstance(answer, Refusals):
                entry = refused(self.policy, run.plan, told_refusals(answer))
                return self.advance(run, RunState.REFUSED, entry, at=now)
        self.reached("destroy.approved.before")
        taken = self.advance(run, RunState.APPROVED, at=now)
        self.reached("destroy.approved.after")
        return taken
