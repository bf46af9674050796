"""Certify: the destruction certificate, when everything it states was seen (R72).

A key service may take days to destroy what it was told to: until then the run waits
here, and is asked again each day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from custody.application.decision_record import ReadRecord
from custody.application.destroy.observe import ObserveCopies
from custody.application.destroy.steps import Steps
from custody.application.ledger_place import place_of
from custody.application.ports import Entry, Ledger, Offsite
from custody.application.ports.decisions import PlanBook
from custody.application.ports.destruction_book import Fate, Run
from custody.domain.certificate import (
    DestructionCertificate,
    Reason,
    Refused,
    certify,
)
from custody.domain.commitments import in_order, sum_up
from custody.domain.decisions import Signed
from custody.domain.destroyed import Decided, Destruction
from custody.domain.destruction import RunState
from custody.domain.language import Text
from custody.errors import EvidenceError

_NO_ATTEMPT = Text(
    "本次销毁没有计划，或无人尝试恢复",
    "the run has no plan, or nobody attempted recovery",
)
_NOT_TAKEN = Text(
    "计划未被执行：不出具记录", "the plan was not taken: nothing is certified"
)
_UNTOLD = Text("台账未载明由谁决定", "the ledger does not tell who decided")
_UNKNOWN = Text("策略已不认识作出决定的人", "policy does not know who decided any more")


class NotCertifiedError(EvidenceError):
    """What was seen does not show what a certificate would state; every reason."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        """Take the reasons."""
        self.reasons = tuple(map(str, reasons))
        super().__init__(f"nothing is certified: {', '.join(self.reasons)}")


class Certificates(Protocol):
    """Signs and keeps certificates."""

    def __call__(
        self, certificate: DestructionCertificate, annex: Sequence[bytes]
    ) -> str:
        """Return the id of the certificate; repeatable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCertificate(Steps):
    """`proven` to `certified`; stays `proven` while a provider takes its time."""

    observe: ObserveCopies
    plans: PlanBook
    record: ReadRecord
    media: Sequence[Offsite]
    ledger: Ledger
    issue: Certificates

    def __call__(self, run: Run) -> Run:
        """Look at every copy, and certify; NotCertifiedError names every doubt."""
        if self.observe.awaited(run):
            return run
        destruction = self._destruction(run)
        certificate = certify(
            destruction,
            media=[medium.name for medium in self.media],
            issued_at=self.clock.now(),
        )
        if isinstance(certificate, Refused):
            raise NotCertifiedError(certificate.reasons)
        annex = in_order(self.book.commitments(run.plan, Fate.CONDEMNED))
        self.reached("destroy.certify.before")
        made = self.issue(certificate, annex)
        self.reached("destroy.certify.after")
        entry = Entry(
            kind="destruction_certified",
            subject=self.policy.dataset,
            body={"plan": run.plan, "certificate": made},
        )
        self.reached("destroy.certified.before")
        certified = self.advance(run, RunState.CERTIFIED, entry)
        self.reached("destroy.certified.after")
        return certified

    def _destruction(self, run: Run) -> Destruction:
        plan, recovery = self.plans.find(run.plan), self.book.recovery(run.plan)
        if plan is None or recovery is None:
            raise _NO_ATTEMPT.as_error(EvidenceError)
        taken = self.plans.taken(run.plan)
        if taken is None:
            raise _NOT_TAKEN.as_error(EvidenceError)
        told = {one.digest: one for one in self.record().told}
        portions = self.book.portions(run.plan)
        annex = in_order(self.book.commitments(run.plan, Fate.CONDEMNED))
        return Destruction(
            dataset=self.policy.dataset,
            plan=run.plan,
            on=plan.on,
            policy=plan.policy,
            requested=self._decided(told.get(taken.request)),
            approved=self._decided(told.get(taken.approval)),
            begun_at=run.begun_at,
            customers=self.book.customers(run.plan),
            portions=portions,
            epochs=tuple(one.old for one in self.book.successions(run.plan)),
            observations=self.observe(run),
            recovery=recovery,
            full_sets=self.book.full_sets(run.plan),
            commitments=sum_up(annex),
            ledger=place_of(self.ledger),
        )

    def _decided(self, signed: Signed | None) -> Decided:
        if signed is None:
            raise _UNTOLD.as_error(EvidenceError)
        person = self.policy.people.find(signed.decision.person)
        if person is None:
            raise _UNKNOWN.as_error(EvidenceError)
        return Decided(
            person=person.person_id,
            role=str(signed.decision.role),
            department=person.department,
            decision=signed.digest,
            at=signed.decision.made_at,
        )
