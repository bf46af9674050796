"""Every check between a signed plan and its execution (R69, R70, ADR 4).

Each is one function from a case to what speaks against it.  Nothing here trusts a
state, an answer or a click: only what people signed and the ledger tells.
"""

import datetime as dt
from collections.abc import Iterator

from custody.domain.approving import Case, Check, Doubt, Recount, Refused
from custody.domain.decisions import DecisionKind
from custody.domain.enrolment import KeyState, verifies
from custody.domain.ledger import MAX_CLOCK_LAG
from custody.domain.policy import Policy

_HUNDRED = 100

# --- the plan -------------------------------------------------------------------


def plan_is_whole(case: Case) -> Iterator[Refused]:
    """Demand that the stored lines are those of the digest, and that there are some."""
    plan, found = case.plan, case.recount
    if (found.digest, found.lines) != (plan.digest, plan.lines):
        yield Refused(Doubt.PLAN_ALTERED)
    if not found.lines:
        yield Refused(Doubt.PLAN_EMPTY)


def plan_is_of_today(case: Case) -> Iterator[Refused]:
    """Demand that the plan's day has come, under the policy and register in force."""
    if case.plan.on > case.policy.today(case.now):
        yield Refused(Doubt.NOT_YET)
    if case.plan.policy != case.policy.digest:
        yield Refused(Doubt.OTHER_POLICY)
    if case.plan.dataset != case.policy.dataset:
        yield Refused(Doubt.OTHER_DATASET)


def plan_is_unused(case: Case) -> Iterator[Refused]:
    """Let a plan be carried out once: the table may be edited, the ledger not.

    Nor one that was refused before it was: its run is over, and never taken up again.
    """
    if case.plan.used or case.plan.digest in case.record.taken:
        yield Refused(Doubt.USED)


def clock_is_right(case: Case) -> Iterator[Refused]:
    """Refuse a clock that stands behind what the ledger has been told."""
    last = case.record.last_told
    if last is not None and last - case.now > MAX_CLOCK_LAG:
        yield Refused(Doubt.CLOCK_BEHIND)


# --- the record -----------------------------------------------------------------


def record_is_whole(case: Case) -> Iterator[Refused]:
    """Demand that just what the ledger tells is stored: no withdrawal is lost."""
    told = {one.digest for one in case.record.told}
    for digest in sorted(told - case.record.stored):
        yield Refused(Doubt.MISSING, digest)
    for digest in sorted(case.record.stored - told):
        yield Refused(Doubt.UNTOLD, digest)


def both_are_there(case: Case) -> Iterator[Refused]:
    """Let no state, answer or click stand for a signature (ADR 4)."""
    if case.request is None:
        yield Refused(Doubt.NO_REQUEST)
    if case.approval is None:
        yield Refused(Doubt.NO_APPROVAL)


def nothing_is_withdrawn(case: Case) -> Iterator[Refused]:
    """Let a withdrawal end the request, whoever of those who may has signed it."""
    for one in case.record.told:
        ends = one.decision.kind is DecisionKind.DESTRUCTION_WITHDRAWAL
        if ends and case.request and one.decision.of == case.request.digest:
            yield Refused(Doubt.WITHDRAWN, one.digest)


# --- who signed, as what --------------------------------------------------------


def signatures_hold(case: Case) -> Iterator[Refused]:
    """Demand that each signature is over these bytes, by the key that they name."""
    for one, _ in case.signed:
        if not verifies(one, case.verify):
            yield Refused(Doubt.FORGED, one.digest)


def keys_stand(case: Case) -> Iterator[Refused]:
    """Demand that each key is the signer's, stood when it signed, and stands now."""
    for one, _ in case.signed:
        found = case.roll.of_key(one.decision.key)
        if found is not None and found.state is KeyState.REVOKED:
            yield Refused(Doubt.REVOKED, one.digest)
        elif not case.roll.stands(one.decision):
            yield Refused(Doubt.NOT_ENROLLED, one.digest)


def roles_fit(case: Case) -> Iterator[Refused]:
    """Let security ask (R69) and the executive approve (R70), as policy names them."""
    for one, role in case.signed:
        person = case.people.find(one.decision.person)
        has = person is not None and role in person.roles
        if not has or one.decision.role is not role:
            yield Refused(Doubt.WRONG_ROLE, one.digest)


def people_differ(case: Case) -> Iterator[Refused]:
    """Let nobody approve their own request."""
    if case.request and case.approval:
        one, other = case.request.decision, case.approval.decision
        if one.person == other.person or one.key == other.key:
            yield Refused(Doubt.SAME_PERSON, case.approval.digest)


# --- what they signed, and when -------------------------------------------------


def both_are_of_the_plan(case: Case) -> Iterator[Refused]:
    """Demand that each decision is of this plan and register, and counts its lines."""
    for one, _ in case.signed:
        if one.decision.subject != case.plan.digest:
            yield Refused(Doubt.OTHER_PLAN, one.digest)
        if one.decision.dataset != case.plan.dataset:
            yield Refused(Doubt.OTHER_DATASET, one.digest)
        if one.decision.count != case.recount.lines:
            yield Refused(Doubt.OTHER_COUNT, one.digest)


def approval_is_of_the_request(case: Case) -> Iterator[Refused]:
    """Demand that the approval names the request and came after it."""
    if case.request and case.approval:
        if case.approval.decision.of != case.request.digest:
            yield Refused(Doubt.OTHER_REQUEST, case.approval.digest)
        if case.approval.decision.made_at < case.request.decision.made_at:
            yield Refused(Doubt.WRONG_ORDER, case.approval.digest)


def both_are_in_force(case: Case) -> Iterator[Refused]:
    """Refuse what is of tomorrow, is over, or lasts longer than policy lets it."""
    longest = dt.timedelta(days=case.policy.destruction.valid_days)
    for one, _ in case.signed:
        made, ends = one.decision.made_at, one.decision.expires_at
        if made - case.now > MAX_CLOCK_LAG:
            yield Refused(Doubt.IN_FUTURE, one.digest)
        if case.now >= ends:
            yield Refused(Doubt.EXPIRED, one.digest)
        if ends - made > longest:
            yield Refused(Doubt.TOO_LONG, one.digest)


def is_above_cap(policy: Policy, recount: Recount) -> bool:
    """Whether a plan names more customers than policy lets go without a word more."""
    most, share = policy.destruction.max_customers, policy.destruction.max_percent
    part = recount.customers * _HUNDRED > share * recount.registered
    return recount.customers > most or part


def cap_is_kept(case: Case) -> Iterator[Refused]:
    """Demand a larger request and a larger approval of more than the cap."""
    if is_above_cap(case.policy, case.recount):
        for one, _ in case.signed:
            if not one.decision.larger:
                yield Refused(Doubt.ABOVE_CAP, one.digest)


def lost_holds_are_answered(case: Case) -> Iterator[Refused]:
    """Let nobody go as long as a restore has lost a hold that may be theirs.

    The ledger has its id and no customer: people set it again, or say that it is over.
    """
    for hold in case.record.lost_holds:
        yield Refused(Doubt.UNANSWERED, hold)


CHECKS: tuple[Check, ...] = (
    plan_is_whole,
    plan_is_of_today,
    plan_is_unused,
    clock_is_right,
    record_is_whole,
    both_are_there,
    nothing_is_withdrawn,
    signatures_hold,
    keys_stand,
    roles_fit,
    people_differ,
    both_are_of_the_plan,
    approval_is_of_the_request,
    both_are_in_force,
    cap_is_kept,
    lost_holds_are_answered,
)
"""Every check there is."""
