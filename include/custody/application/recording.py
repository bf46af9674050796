"""A decision is signed, verified as whoever acts on it will, and recorded."""

from custody.application.ports import Entry
from custody.application.ports.decisions import DECISION_RECORDED, DecisionBook
from custody.domain.approving import Doubt, Refusals, refuse
from custody.domain.decisions import Decision, Sign, Signed, write_decision
from custody.domain.enrolment import verifies
from custody.domain.ledger_check import Verify


def record_decision(
    decision: Decision,
    sign: Sign,
    *,
    decisions: DecisionBook,
    verify: Verify,
    actor: str,
) -> Signed | Refusals:
    """Sign and record; refused when it was not the key that the decision names."""
    signed = write_decision(decision, sign)
    if not verifies(signed, verify):
        return refuse(Doubt.NO_KEY)
    add_decision(signed, decisions=decisions, actor=actor)
    return signed


def add_decision(signed: Signed, *, decisions: DecisionBook, actor: str) -> bool:
    """Record what was signed, whole, in the ledger too; False when it is known."""
    entry = Entry(
        kind=DECISION_RECORDED,
        subject=signed.decision.dataset,
        body={
            "decision": signed.digest,
            "line": signed.line.decode(),
            "actor": actor,
        },
    )
    return decisions.add(signed, entry)
