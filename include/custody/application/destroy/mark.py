"""Mark: the customers are `destroying`, and nobody can bring them again (R70)."""

from dataclasses import dataclass

from custody.application.approve import Approved, Refusals
from custody.application.destroy.begin import StillDue, refused, told_refusals
from custody.application.destroy.linked import StillLinked
from custody.application.destroy.steps import Steps
from custody.application.ports import Entry
from custody.application.ports.destruction import Condemning
from custody.application.ports.destruction_book import Run
from custody.domain.destruction import Obstacle, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkCustomers(Steps):
    """`anchored` to `marked`: all lines of the plan at once, or none.

    `standing` asks of people's decisions what can still speak against the run.
    """

    standing: Approved
    still_due: StillDue
    linked: StillLinked
    condemning: Condemning

    def __call__(self, run: Run) -> Run:
        """Mark, while no load is under way; refuse when a line is not due any more."""
        now = self.clock.now()
        answer = self.standing.check(run.plan, now=now)
        reasons = told_refusals(answer) if isinstance(answer, Refusals) else ()
        reasons += self.still_due(run.plan, today=self.policy.today(now))
        reasons += self.linked()
        if reasons:
            return self._refuse(run, reasons)
        entry = Entry(
            kind="destruction_marked",
            subject=self.policy.dataset,
            body={"plan": run.plan},
        )
        self.reached("destroy.mark.before")
        marked = self.condemning.mark(run, entry, at=now)
        self.reached("destroy.mark.after")
        return marked or self._refuse(run, (Obstacle.ON_HOLD,))

    def _refuse(self, run: Run, reasons: tuple[str, ...]) -> Run:
        entry = refused(self.policy, run.plan, reasons)
        return self.advance(run, RunState.REFUSED, entry)
