"""Keep plan: the plan of a day, kept so that people can sign exactly that (R69)."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from custody.application.ports import Clock, Entry
from custody.application.ports.decisions import PlanBook
from custody.application.retention import RetentionBook
from custody.application.retention_plan import PlanRetention
from custody.domain.approving import KeptPlan
from custody.domain.language import Text
from custody.domain.plan_form import PlanDigest, PlanHead, plan_lines
from custody.domain.policy import Policy
from custody.domain.retention_plan import Due
from custody.errors import ConflictError

_CHANGED = Text(
    "制定计划期间登记数据有变：请重试",
    "the register changed while it was planned: ask again",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPlan:
    """The use case; memory does not grow with the plan, which is read twice.

    A plan whose run has come to an end is not signed again: what is still due is kept
    as the next one of the day, under a digest of its own.
    """

    policy: Policy
    book: RetentionBook
    plans: PlanBook
    clock: Clock

    def __call__(self, on: dt.date, *, actor: str) -> KeptPlan:
        """Keep the plan of a day; one that is kept already is returned.

        A plan of a day to come is a forecast: it is kept, and nobody may sign it.
        ConflictError when the register changed in between: ask again.
        """
        head = self.head(on)
        digest, lines = self._measured(head)
        known = self.plans.find(digest)
        if known is not None:
            return known
        plan = KeptPlan(
            digest=digest,
            on=on,
            policy=self.policy.digest,
            dataset=self.policy.dataset,
            lines=lines,
            made_at=self.clock.now(),
            ordinal=head.ordinal,
        )
        entry = Entry(
            kind="plan_kept",
            subject=self.policy.dataset,
            body={
                "plan": digest,
                "on": on.isoformat(),
                "ordinal": head.ordinal,
                "lines": lines,
                "policy": self.policy.digest,
                "actor": actor,
            },
        )
        self.plans.keep(plan, self._unchanged(plan), entry)
        return plan

    def head(self, on: dt.date) -> PlanHead:
        """Return the head of the plan of a day as it would be kept now."""
        first = PlanHead(on=on, policy=self.policy.digest, dataset=self.policy.dataset)
        return replace(first, ordinal=first.ordinal + self.plans.over(first))

    def _measured(self, head: PlanHead) -> tuple[str, int]:
        digest, count = PlanDigest(), -1
        for line in plan_lines(self._dues(head.on), head):
            digest.add(line)
            count += 1  # the head is no line of the plan
        return digest.hex(), count

    def _unchanged(self, plan: KeptPlan) -> Iterator[Due]:
        """Yield the lines again; ConflictError unless they are what was measured."""
        passing: list[Due] = []

        def kept() -> Iterator[Due]:
            for due in self._dues(plan.on):
                passing.append(due)
                yield due

        digest = PlanDigest()
        for line in plan_lines(kept(), plan.head):
            digest.add(line)
            yield from passing
            passing.clear()
        if digest.hex() != plan.digest:
            raise _CHANGED.as_error(ConflictError)

    def _dues(self, on: dt.date) -> Iterator[Due]:
        return PlanRetention(policy=self.policy, book=self.book)(on, Counter())
