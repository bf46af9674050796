"""Reviewers: who shows a key, who vouches for it, who revokes it (ADR 17).

The roll itself is drawn from what was signed (`domain.enrolment`); here the words
are drafted, refused at once when they would have no effect, and recorded.
"""

import datetime as dt
from dataclasses import dataclass, replace

from custody.application.decision_record import ReadRecord
from custody.application.ports import Clock
from custody.application.ports.decisions import DecisionBook
from custody.application.recording import add_decision, record_decision
from custody.application.retention import Entropy
from custody.domain.approving import Doubt, Refusals, refuse
from custody.domain.decisions import (
    NONCE_BYTES,
    Decision,
    DecisionKind,
    Sign,
    Signed,
    read_decision,
)
from custody.domain.enrolment import Roll, verifies
from custody.domain.language import Text
from custody.domain.ledger_check import Verify
from custody.domain.people import VOUCHING, People, Role
from custody.domain.policy import Policy
from custody.domain.reason import is_fit_reason
from custody.errors import EvidenceError

PROPOSAL_DAYS = 30
"""How long a key that was shown may wait for its voices."""
_NO_PROPOSAL = Text(
    "这不是为本登记库出示的密钥", "this is no key that somebody shows for this register"
)
_NOT_SIGNED = Text("该密钥未签署自己的出示", "the key has not signed its own proposal")


def show_key(
    person: str, key: str, *, dataset: str, now: dt.datetime, nonce: bytes
) -> Decision:
    """Return what somebody signs, with that key itself, to show that it is theirs."""
    return Decision(
        kind=DecisionKind.ENROLMENT,
        subject=key,
        dataset=dataset,
        person=person,
        role=None,
        key=key,
        made_at=now,
        expires_at=now + dt.timedelta(days=PROPOSAL_DAYS),
        nonce=nonce,
        reason="",
    )


def read_proposal(line: bytes, *, dataset: str, verify: Verify) -> Signed:
    """Read a key that was shown; EvidenceError unless that very key has signed it."""
    signed = read_decision(line.strip())
    decision = signed.decision
    shown = decision.kind is DecisionKind.ENROLMENT and decision.key == decision.subject
    if not shown or decision.of or decision.dataset != dataset:
        raise _NO_PROPOSAL.as_error(EvidenceError)
    if not verifies(signed, verify):
        raise _NOT_SIGNED.as_error(EvidenceError)
    return signed


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDraft:
    """A word about a key, before it is signed; `of` is whose key it is."""

    decision: Decision
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowReviewers:
    """The use case of reviewers' keys; `entropy` gives the nonces."""

    policy: Policy
    decisions: DecisionBook
    record: ReadRecord
    clock: Clock
    entropy: Entropy

    def roll(self) -> Roll:
        """Return whose keys are whose, and what waits."""
        return self.record.roll(self.record())

    def propose(self, person: str, line: bytes, *, actor: str) -> Signed | Refusals:
        """Record a key that a person shows; EvidenceError when it is not theirs."""
        signed = read_proposal(
            line, dataset=self.policy.dataset, verify=self.record.trust.verify
        )
        named = self.policy.people.find(person)
        if named is None or signed.decision.person != person:
            return refuse(Doubt.WRONG_ROLE)
        if self.roll().of_key(signed.decision.subject) is not None:
            return refuse(Doubt.KNOWN_KEY)
        if self.clock.now() >= signed.decision.expires_at:
            return refuse(Doubt.EXPIRED)
        add_decision(signed, decisions=self.decisions, actor=actor)
        return signed

    def vouch(self, proposal: str, *, person: str) -> KeyDraft | Refusals:
        """Draft a person's word for a key that another has shown."""
        roll, now = self.roll(), self.clock.now()
        found = next(
            (one for one in roll.proposals if one.signed.digest == proposal), None
        )
        if found is None:
            return refuse(Doubt.UNKNOWN_PROPOSAL)
        shown = found.signed.decision
        if now >= shown.expires_at:
            return refuse(Doubt.EXPIRED)
        refused = self._may_speak(roll, person, of=shown.person)
        return refused or KeyDraft(
            decision=replace(
                self._draft(roll, person, DecisionKind.ENROLMENT, shown.subject, now),
                of=proposal,
            ),
            of=shown.person,
        )

    def revoke(
        self, whose: str, *, person: str, reason: str = ""
    ) -> KeyDraft | Refusals:
        """Draft a word against the key of a person; one's own needs no other's."""
        if reason and not is_fit_reason(reason):
            return refuse(Doubt.UNFIT_REASON)
        roll = self.roll()
        key = roll.of_person(whose)
        if key is None:
            return refuse(Doubt.NO_KEY)
        refused = None if whose == person else self._may_speak(roll, person, of=whose)
        return refused or KeyDraft(
            decision=replace(
                self._draft(
                    roll, person, DecisionKind.REVOCATION, key.key, self.clock.now()
                ),
                reason=reason,
            ),
            of=whose,
        )

    def keep(self, draft: KeyDraft, sign: Sign, *, actor: str) -> Signed | Refusals:
        """Sign a draft and record it; refused when another key has signed."""
        return record_decision(
            draft.decision,
            sign,
            decisions=self.decisions,
            verify=self.record.trust.verify,
            actor=actor,
        )

    def _may_speak(self, roll: Roll, person: str, *, of: str) -> Refusals | None:
        named = self.policy.people.find(person)
        if person == of:
            return refuse(Doubt.SAME_PERSON)
        if named is None or not named.may_vouch:
            return refuse(Doubt.WRONG_ROLE)
        return refuse(Doubt.NO_KEY) if roll.of_person(person) is None else None

    def _draft(
        self, roll: Roll, person: str, kind: DecisionKind, key: str, now: dt.datetime
    ) -> Decision:
        own = roll.of_person(person)
        return Decision(
            kind=kind,
            subject=key,
            dataset=self.policy.dataset,
            person=person,
            role=_vouching_role(self.policy.people, person),
            key="" if own is None else own.key,
            made_at=now,
            expires_at=now + dt.timedelta(days=PROPOSAL_DAYS),
            nonce=self.entropy(NONCE_BYTES),
            reason="",
        )


def _vouching_role(people: People, person: str) -> Role | None:
    named = people.find(person)
    return None if named is None else named.role_among(VOUCHING)
