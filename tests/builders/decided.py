"""People who sign, in code: keys by name, decisions, and a plan to decide about."""

import datetime as dt
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import TypedDict, Unpack

from custody.application.copy_ledger import Trust
from custody.application.decision_record import founders_told
from custody.application.ports import Entry
from custody.application.ports.decisions import DECISION_RECORDED, REVIEWERS_FOUNDED
from custody.crypto import signing
from custody.domain.approving import KeptPlan
from custody.domain.decisions import Decision, DecisionKind, Signed, write_decision
from custody.domain.ledger import origin_of
from custody.domain.levels import Level
from custody.domain.people import Role
from custody.domain.plan_form import PlanDigest, PlanHead, plan_lines
from custody.domain.retention_plan import Due

NOW = dt.datetime(2026, 11, 24, 2, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
TODAY = dt.date(2026, 11, 24)
ROLES = {
    "sun": Role.SECURITY_REVIEWER,
    "he": Role.SECURITY_REVIEWER,
    "qian": Role.EXECUTIVE,
    "zhao": Role.LEGAL_REVIEWER,
    "zhang": Role.DEPARTMENT_HEAD,
    "li": Role.SUBMITTER,
}
"""As whom the people of tests/builders/policies sign."""


class Changes(TypedDict, total=False):
    """What a test has a decision say otherwise."""

    role: Role | None
    dataset: str
    key: str
    made_at: dt.datetime
    expires_at: dt.datetime
    nonce: bytes
    reason: str
    of: str
    count: int
    larger: bool


_nonces = (at.to_bytes(16, "big") for at in itertools.count(1))


def seed_of(person: str) -> bytes:
    """Return the private key of a person: invented, the same each time."""
    return hashlib.sha256(f"invented key of {person}".encode()).digest()


def key_of(person: str) -> str:
    """Return the name of a person's public key."""
    return origin_of(signing.public_key_of(seed_of(person)))


FOUNDERS = {"sun": key_of("sun"), "qian": key_of("qian")}


def signed(decision: Decision, *, by: str) -> Signed:
    """Sign under the key of a person, whatever the decision says."""
    return write_decision(
        decision, lambda message: signing.sign_labelled(seed_of(by), message)
    )


def decision(
    person: str, kind: DecisionKind, subject: str, **changed: Unpack[Changes]
) -> Signed:
    """Return what a person signs under their own key, a day ago for ten days."""
    plain = Decision(
        kind=kind,
        subject=subject,
        dataset="customers",
        person=person,
        role=ROLES.get(person),
        key=key_of(person),
        made_at=NOW - DAY,
        expires_at=NOW + 9 * DAY,
        nonce=next(_nonces),
        reason="retention is over",
    )
    return signed(replace(plain, **changed), by=person)


def proposal(person: str, *, key: str | None = None) -> Signed:
    """Return how somebody shows a key of theirs; `key` is whose it really is."""
    own = key or person
    shown = decision(
        person, DecisionKind.ENROLMENT, key_of(own), role=None, key=key_of(own)
    )
    return signed(shown.decision, by=own)


def voice(person: str, proposed: Signed, **changed: Unpack[Changes]) -> Signed:
    """Return a person's word for a proposal."""
    subject = proposed.decision.subject
    fields = Changes(of=proposed.digest) | changed
    return decision(person, DecisionKind.ENROLMENT, subject, **fields)


def revocation(person: str, whose: str, **changed: Unpack[Changes]) -> Signed:
    """Return a person's word against the key of another (or their own)."""
    return decision(person, DecisionKind.REVOCATION, key_of(whose), **changed)


def enrolled(person: str) -> tuple[Signed, ...]:
    """Return what enrols a person on the word of the founders."""
    shown = proposal(person)
    return (shown, voice("sun", shown), voice("qian", shown))


DUES = tuple(
    Due(
        number=number,
        level=level,
        last_day=dt.date(2026, 11, 1),
        rule_id="standard",
        legal_basis="民法典第188条",
    )
    for number in ("XX2020000001", "XX2020000002")
    for level in (Level.MEDIUM, Level.LOW)
)


def kept_plan(
    dues: tuple[Due, ...] = DUES, *, on: dt.date = TODAY, policy: str = "33" * 32
) -> KeptPlan:
    """Return the plan of some lines, kept two days ago."""
    digest = PlanDigest()
    head = PlanHead(on=on, policy=policy, dataset="customers")
    for line in plan_lines(dues, head):
        digest.add(line)
    return KeptPlan(
        digest=digest.hex(),
        on=on,
        policy=policy,
        dataset="customers",
        lines=len(dues),
        made_at=NOW - 2 * DAY,
    )


def request(plan: KeptPlan, person: str = "sun", **changed: Unpack[Changes]) -> Signed:
    """Return a request to carry a plan out."""
    fields = Changes(count=plan.lines) | changed
    kind = DecisionKind.DESTRUCTION_REQUEST
    return decision(person, kind, plan.digest, **fields)


def approval(
    plan: KeptPlan, asked: Signed, person: str = "qian", **changed: Unpack[Changes]
) -> Signed:
    """Return an approval of a request."""
    fields = Changes(count=plan.lines, of=asked.digest) | changed
    kind = DecisionKind.DESTRUCTION_APPROVAL
    return decision(person, kind, plan.digest, **fields)


def withdrawal(plan: KeptPlan, of: Signed, person: str = "zhao") -> Signed:
    """Return a word that ends a request."""
    kind = DecisionKind.DESTRUCTION_WITHDRAWAL
    return decision(person, kind, plan.digest, of=of.digest)


def entry_of(one: Signed) -> Entry:
    """Return the ledger entry that tells of a decision."""
    return Entry(
        kind=DECISION_RECORDED,
        subject="customers",
        body={"decision": one.digest, "line": one.line.decode()},
    )


def founding(founders: Mapping[str, str] = FOUNDERS) -> Entry:
    """Return the ledger entry that tells who the founders are."""
    return Entry(
        kind=REVIEWERS_FOUNDED,
        subject="customers",
        body={"founders": founders_told(founders)},
    )


def verify_all(key: bytes, message: bytes, signature: bytes) -> bool:
    """Verify people's signatures, and the invented ones of the fake ledger."""
    if key == bytes(32):
        return signature == hashlib.sha512(message).digest()
    return signing.verify_labelled(key, message, signature)


TRUST = Trust(verify_all, (signing.fingerprint(bytes(32)),))
"""Whose ledger is believed: the fake one's."""
