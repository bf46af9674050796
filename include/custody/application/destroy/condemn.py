"""Condemn: from here there is no way back (R70).

A hold that was set until now wins, as does a withdrawal: what they keep goes back to
`storage_only`, and the ledger tells whom.  Who sets a hold takes the same rows, so
that one of the two comes first, and a hold that comes later is told so.
"""

import datetime as dt
from dataclasses import dataclass

from custody.application.approve import Approved, Refusals
from custody.application.destroy.begin import told_refusals
from custody.application.destroy.steps import Steps
from custody.application.ports import Entry
from custody.application.ports.destruction import Condemning
from custody.application.ports.destruction_book import Fate, Run
from custody.domain.destruction import RunState
from custody.domain.retention_plan import Planning


@dataclass(frozen=True, slots=True, kw_only=True)
class CondemnCustomers(Steps):
    """`marked` to `condemned`, or to `spared` when nobody is left."""

    standing: Approved
    condemning: Condemning

    def __call__(self, run: Run) -> Run:
        """Condemn every marked line that nothing keeps; repeatable."""
        now = self.clock.now()
        answer = self.standing.check(run.plan, now=now)
        begun = self.book.customers(run.plan) > 0
        if isinstance(answer, Refusals) and not begun:
            return self._spare(run, told_refusals(answer))
        self.reached("destroy.condemn.before")
        condemned, spared = self.condemning.condemn(
            run.plan, self._planning(now), at=now
        )
        self.reached("destroy.condemn.after")
        if not condemned:
            return self._spare(run, ("on_hold",))
        entry = Entry(
            kind="destruction_condemned",
            subject=self.policy.dataset,
            body={
                "plan": run.plan,
                "condemned": condemned,
                "spared": spared,
                "commitments_spared": [
                    one.hex() for one in self.book.commitments(run.plan, Fate.SPARED)
                ],
                "lines_spared": list(self.book.spared_lines(run.plan)),
            },
        )
        self.reached("destroy.condemned.before")
        moved = self.advance(run, RunState.CONDEMNED, entry)
        self.reached("destroy.condemned.after")
        return moved

    def _planning(self, now: dt.datetime) -> Planning:
        return Planning(
            schedule=self.policy.retention,
            on=self.policy.today(now),
            unknown_industry=self.policy.unknown_industry.code,
            zone=self.policy.time_zone,
        )

    def _spare(self, run: Run, reasons: tuple[str, ...]) -> Run:
        entry = Entry(
            kind="destruction_spared",
            subject=self.policy.dataset,
            body={"plan": run.plan, "reasons": list(reasons)},
        )
        self.reached("destroy.spare.before")
        spared = self.condemning.spare(run, entry, at=self.clock.now())
        self.reached("destroy.spare.after")
        return spared
