"""Approved: may this plan be carried out now?  Everything is asked anew (R69, R70).

Whoever acts on a plan asks here, immediately before the act.  The answer is an
approval or every reason against it; a refusal is told to the ledger.  An approval
is used up by `take`, once.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.application.decision_record import ReadRecord
from custody.application.ports import Entry
from custody.application.ports.decisions import (
    APPROVAL_TAKEN,
    DecisionBook,
    PlanBook,
    Taken,
)
from custody.application.recount import recount
from custody.domain.approval_checks import CHECKS
from custody.domain.approving import (
    Case,
    Check,
    Doubt,
    KeptPlan,
    Refusals,
    Refused,
    cases,
    doubts,
    refuse,
)
from custody.domain.decisions import Signed, is_digest
from custody.domain.language import Text
from custody.domain.people import Person
from custody.domain.policy import Policy
from custody.errors import ConflictError, EvidenceError

_CARRIED_OUT = Text(
    "计划 {digest} 正由他人执行", "the plan {digest} is being carried out by another"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A plan that may be carried out, who asked for it and who approved it."""

    plan: KeptPlan
    request: Signed
    approval: Signed
    requested_by: Person
    approved_by: Person
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The use case; `checks` are all there are, and only tests leave one out."""

    policy: Policy
    plans: PlanBook
    decisions: DecisionBook
    record: ReadRecord
    checks: Sequence[Check] = CHECKS

    def check(self, digest: str, *, now: dt.datetime) -> Approval | Refusals:
        """Say whether a plan may be carried out; nothing is written."""
        plan = self.plans.find(digest) if is_digest(digest) else None
        if plan is None:
            return refuse(Doubt.UNKNOWN_PLAN)
        found: dict[Refused, None] = {}
        for case in self._cases(plan, now):
            reasons = doubts(case, self.checks)
            if not reasons:
                return self._approval(case)
            found |= dict.fromkeys(reasons)
        return Refusals(tuple(found))

    def verify(self, digest: str, *, now: dt.datetime) -> Approval | Refusals:
        """Say whether a plan may be carried out; the ledger hears of a refusal."""
        answer = self.check(digest, now=now)
        if isinstance(answer, Refusals):
            reasons = [str(one) for one in answer.reasons]
            self.decisions.append(
                Entry(
                    kind="approval_refused",
                    subject=self.policy.dataset,
                    body={"plan": digest, "reasons": reasons},
                )
            )
        return answer

    def take(self, digest: str, *, now: dt.datetime) -> Approval | Refusals:
        """Verify, and use the approval up: the plan is carried out now, or never.

        ConflictError when another run has taken it in between.
        """
        answer = self.verify(digest, now=now)
        if isinstance(answer, Refusals):
            return answer
        taken = Taken(
            request=answer.request.digest, approval=answer.approval.digest, at=now
        )
        entry = Entry(
            kind=APPROVAL_TAKEN,
            subject=self.policy.dataset,
            body={
                "plan": digest,
                "request": taken.request,
                "approval": taken.approval,
                "customers": answer.customers,
                "lines": answer.plan.lines,
            },
        )
        if not self.plans.take(digest, taken, entry):
            raise _CARRIED_OUT.as_error(ConflictError, digest=digest)
        return answer

    def _cases(self, plan: KeptPlan, now: dt.datetime) -> Iterator[Case]:
        record, found = self.record(), recount(self.plans, plan)
        roll = self.record.roll(record)
        for request, approval in cases(record, plan.digest):
            yield Case(
                plan=plan,
                recount=found,
                record=record,
                request=request,
                approval=approval,
                roll=roll,
                policy=self.policy,
                now=now,
                verify=self.record.trust.verify,
            )

    def _approval(self, case: Case) -> Approval:
        """Return what a case without a doubt is; EvidenceError when parts lack."""
        request, approval = case.request, case.approval
        if request is None or approval is None:
            raise _INCOMPLETE.as_error(EvidenceError)
        requested_by = self.policy.people.find(request.decision.person)
        approved_by = self.policy.people.find(approval.decision.person)
        if requested_by is None or approved_by is None:
            raise _INCOMPLETE.as_error(EvidenceError)
        return Approval(
            plan=case.plan,
            request=request,
            approval=approval,
            requested_by=requested_by,
            approved_by=approved_by,
            customers=case.recount.customers,
        )


_INCOMPLETE = Text(
    "批准未指明任何人：核验不完整",
    "an approval names nobody: the checks are not complete",
)


__all__ = ["Approval", "Approved", "Refusals"]
