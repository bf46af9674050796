"""Sign: request, approve or withdraw the destruction that a plan names (R69, R70).

Each word is drafted first, so that a person sees exactly what their signature will
be over, and is told at once what the executor would refuse later.  The signing
comes in from outside: no private key is ever held here.
"""

import datetime as dt
from dataclasses import dataclass

from custody.application.decision_record import ReadRecord
from custody.application.ports import Clock
from custody.application.ports.decisions import DecisionBook, PlanBook
from custody.application.recording import record_decision
from custody.application.recount import recount
from custody.application.retention import Entropy
from custody.domain.approval_checks import CHECKS, both_are_there, signatures_hold
from custody.domain.approving import (
    Case,
    Doubt,
    KeptPlan,
    Record,
    Recount,
    Refusals,
    doubts,
    newest_first,
    refuse,
)
from custody.domain.decisions import (
    NONCE_BYTES,
    Decision,
    DecisionKind,
    Sign,
    Signed,
    is_digest,
    message_of,
)
from custody.domain.enrolment import Roll
from custody.domain.people import APPROVES, REQUESTS, WITHDRAWS, Role
from custody.domain.policy import Policy
from custody.domain.reason import is_fit_reason

DRAFTED = tuple(one for one in CHECKS if one not in {both_are_there, signatures_hold})
"""What is asked of a word before it is signed: all but the signatures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is about to be signed, and what the signer is shown beside it."""

    decision: Decision
    plan: KeptPlan
    recount: Recount
    answers: Signed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person wants to say of a plan."""

    plan: str
    person: str
    reason: str = ""
    larger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """What is known when somebody begins to sign."""

    plan: KeptPlan
    recount: Recount
    record: Record
    roll: Roll
    now: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignDecisions:
    """The use case; `entropy` gives the nonces."""

    policy: Policy
    plans: PlanBook
    decisions: DecisionBook
    record: ReadRecord
    clock: Clock
    entropy: Entropy

    def request(self, word: Word) -> Draft | Refusals:
        """Draft the request to carry a plan out."""
        scene = self._scene(word)
        if isinstance(scene, Refusals):
            return scene
        drafted = self._draft(word, scene, DecisionKind.DESTRUCTION_REQUEST, REQUESTS)
        reasons = doubts(self._case(scene, _unsigned(drafted.decision)), DRAFTED)
        return Refusals(reasons) if reasons else drafted

    def approve(self, word: Word) -> Draft | Refusals:
        """Draft the approval of the newest request that nothing speaks against."""
        scene = self._scene(word)
        if isinstance(scene, Refusals):
            return scene
        refused: Refusals | None = None
        kind = DecisionKind.DESTRUCTION_REQUEST
        for request in newest_first(scene.record, word.plan, kind):
            drafted = self._draft(
                word, scene, DecisionKind.DESTRUCTION_APPROVAL, APPROVES, of=request
            )
            case = self._case(scene, request, _unsigned(drafted.decision))
            reasons = doubts(case, DRAFTED)
            if not reasons:
                return drafted
            refused = refused or Refusals(reasons)
        return refused or refuse(Doubt.NO_REQUEST)

    def withdraw(self, word: Word) -> Draft | Refusals:
        """Draft the word that ends the newest request; legal may say it too."""
        scene = self._scene(word)
        if isinstance(scene, Refusals):
            return scene
        kind = DecisionKind.DESTRUCTION_REQUEST
        request = next(iter(newest_first(scene.record, word.plan, kind)), None)
        person = self.policy.people.find(word.person)
        role = None if person is None else person.role_among(WITHDRAWS)
        reasons = (
            (Doubt.NO_REQUEST, request is None),
            (Doubt.WRONG_ROLE, role is None),
            (Doubt.NO_KEY, scene.roll.of_person(word.person) is None),
            (Doubt.USED, scene.plan.used or word.plan in scene.record.taken),
        )
        if request is None or role is None or any(holds for _, holds in reasons):
            return refuse(*(doubt for doubt, holds in reasons if holds))
        return self._draft(
            word, scene, DecisionKind.DESTRUCTION_WITHDRAWAL, role, of=request
        )

    def keep(self, draft: Draft, sign: Sign, *, actor: str) -> Signed | Refusals:
        """Sign a draft and record it; refused when another key has signed."""
        return record_decision(
            draft.decision,
            sign,
            decisions=self.decisions,
            verify=self.record.trust.verify,
            actor=actor,
        )

    def _scene(self, word: Word) -> _Scene | Refusals:
        if word.reason and not is_fit_reason(word.reason):
            return refuse(Doubt.UNFIT_REASON)
        plan = self.plans.find(word.plan) if is_digest(word.plan) else None
        if plan is None:
            return refuse(Doubt.UNKNOWN_PLAN)
        record = self.record()
        return _Scene(
            plan=plan,
            recount=recount(self.plans, plan),
            record=record,
            roll=self.record.roll(record),
            now=self.clock.now(),
        )

    def _draft(
        self,
        word: Word,
        scene: _Scene,
        kind: DecisionKind,
        role: Role,
        *,
        of: Signed | None = None,
    ) -> Draft:
        own = scene.roll.of_person(word.person)
        decision = Decision(
            kind=kind,
            subject=scene.plan.digest,
            dataset=self.policy.dataset,
            person=word.person,
            role=role,
            key="" if own is None else own.key,
            made_at=scene.now,
            expires_at=scene.now
            + dt.timedelta(days=self.policy.destruction.valid_days),
            nonce=self.entropy(NONCE_BYTES),
            reason=word.reason,
            of="" if of is None else of.digest,
            count=scene.recount.lines,
            larger=word.larger,
        )
        return Draft(
            decision=decision, plan=scene.plan, recount=scene.recount, answers=of
        )

    def _case(
        self, scene: _Scene, request: Signed, approval: Signed | None = None
    ) -> Case:
        return Case(
            plan=scene.plan,
            recount=scene.recount,
            record=scene.record,
            request=request,
            approval=approval,
            roll=scene.roll,
            policy=self.policy,
            now=scene.now,
            verify=self.record.trust.verify,
        )


def _unsigned(decision: Decision) -> Signed:
    """Return a decision as it will be asked about, before anybody has signed it."""
    return Signed(
        decision=decision, line=b"", message=message_of(decision), signature=b""
    )
