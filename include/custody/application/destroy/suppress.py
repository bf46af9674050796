"""Suppress: what comes again of the condemned is known, and turned away (R72)."""

from dataclasses import dataclass

from custody.application.destroy.steps import Steps
from custody.application.ports import Entry
from custody.application.ports.destruction import Condemning, Suppress
from custody.application.ports.destruction_book import Run
from custody.domain.destruction import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressCondemned(Steps):
    """`sampled` to `suppressed`: from the tokens that are deleted next."""

    condemning: Condemning
    suppress: Suppress

    def __call__(self, run: Run) -> Run:
        """Write suppression tokens for every condemned customer; repeatable."""
        now = self.clock.now()
        today = self.policy.today(now)
        tokens = 0
        for numbers in self.condemning.numbers(run.plan):
            tokens += self.suppress(numbers, destroyed_on=today)
        entry = Entry(
            kind="destruction_suppressed",
            subject=self.policy.dataset,
            body={"plan": run.plan, "tokens": tokens},
        )
        self.reached("destroy.suppressed.before")
        suppressed = self.advance(run, RunState.SUPPRESSED, entry, at=now)
        self.reached("destroy.suppressed.after")
        return suppressed
