"""A plan that waits to be carried out, its request and its approval (R69, R70).

A destruction is requested by one person, approved by another, and bound to the
digest of exactly one plan.  What is asked about them, `approval_checks` says; all
of it is asked, every reason is told, and nothing asked refuses.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from custody.domain.decisions import DecisionKind, Signed
from custody.domain.enrolment import Roll
from custody.domain.ledger_check import Verify
from custody.domain.levels import Level
from custody.domain.people import APPROVES, REQUESTS, People, Role
from custody.domain.plan_form import FIRST, FORMAT, PlanHead
from custody.domain.policy import Policy


class Doubt(StrEnum):
    """What speaks against a plan or a decision; the codes are stable."""

    NOTHING_CHECKED = "nothing_checked"
    UNKNOWN_PLAN = "unknown_plan"
    PLAN_ALTERED = "plan_altered"
    PLAN_EMPTY = "plan_empty"
    NOT_YET = "not_yet"
    OTHER_POLICY = "other_policy"
    OTHER_DATASET = "other_dataset"
    USED = "used"
    CLOCK_BEHIND = "clock_behind"
    UNTOLD = "untold"
    MISSING = "missing"
    NO_REQUEST = "no_request"
    NO_APPROVAL = "no_approval"
    WITHDRAWN = "withdrawn"
    FORGED = "forged"
    NOT_ENROLLED = "not_enrolled"
    REVOKED = "revoked"
    WRONG_ROLE = "wrong_role"
    SAME_PERSON = "same_person"
    OTHER_PLAN = "other_plan"
    OTHER_REQUEST = "other_request"
    WRONG_ORDER = "wrong_order"
    IN_FUTURE = "in_future"
    EXPIRED = "expired"
    TOO_LONG = "too_long"
    OTHER_COUNT = "other_count"
    ABOVE_CAP = "above_cap"
    UNANSWERED = "unanswered"
    # Said to whoever is about to sign, never found in what was signed.
    UNFIT_REASON = "unfit_reason"
    UNKNOWN_PROPOSAL = "unknown_proposal"
    KNOWN_KEY = "known_key"
    NO_KEY = "no_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlan:
    """A plan as it was kept to be signed; `digest` is over its lines in a form.

    `taken` when its approval is used up, `over` when its run has come to an end.
    """

    digest: str
    on: dt.date
    policy: str
    dataset: str
    lines: int
    made_at: dt.datetime
    taken: bool = False
    over: bool = False
    form: int = FORMAT
    ordinal: int = FIRST

    @property
    def head(self) -> PlanHead:
        """Return the head of its lines."""
        return PlanHead(
            on=self.on,
            policy=self.policy,
            dataset=self.dataset,
            form=self.form,
            ordinal=self.ordinal,
        )

    @property
    def used(self) -> bool:
        """Whether nobody may act on it any more: a further one is of the day then."""
        return self.taken or self.over


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """What the stored lines of a plan are found to be, and how large the register is.

    `customers` counts those of the plan, `registered` those of the register;
    `parts` are the lines by level and rule, in that order.
    """

    digest: str
    lines: int
    customers: int
    registered: int
    parts: tuple[tuple[Level, str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Every decision that was made: as the ledger tells them, and as they are stored.

    `told` is in the ledger's order; `last_told` is the time of the newest of those
    lines, `taken` the plans that the ledger says were carried out.  `lost_holds` are
    the ids of legal holds that a restore has lost and nobody has answered yet.
    """

    told: tuple[Signed, ...]
    stored: frozenset[str]
    last_told: dt.datetime | None = None
    taken: frozenset[str] = frozenset()
    lost_holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request and one approval of one plan, and all that is asked about them."""

    plan: KeptPlan
    recount: Recount
    record: Record
    request: Signed | None
    approval: Signed | None
    roll: Roll
    policy: Policy
    now: dt.datetime
    verify: Verify

    @property
    def people(self) -> People:
        """The people of the policy in force."""
        return self.policy.people

    @property
    def signed(self) -> tuple[tuple[Signed, Role], ...]:
        """The decisions that are there, each with the role that it takes."""
        both = ((self.request, REQUESTS), (self.approval, APPROVES))
        return tuple((one, role) for one, role in both if one is not None)


@dataclass(frozen=True, slots=True)
class Refused:
    """One reason, and what it is about: the digest of a decision, the id of a hold."""

    doubt: Doubt
    about: str = ""

    def __str__(self) -> str:
        """Return it as the ledger tells it: a code, and what it is about."""
        return f"{self.doubt} {self.about}".rstrip()


@dataclass(frozen=True, slots=True)
class Refusals:
    """Every reason against what somebody wants; there is at least one."""

    reasons: tuple[Refused, ...]


def refuse(*doubts: Doubt) -> Refusals:
    """Return a refusal that is about no decision that was made."""
    return Refusals(tuple(map(Refused, doubts)))


Check = Callable[[Case], Iterator[Refused]]
"""Yields what speaks against a case."""


def doubts(case: Case, checks: Sequence[Check]) -> tuple[Refused, ...]:
    """Return every reason against a case, each once; no check at all is one."""
    if not checks:
        return (Refused(Doubt.NOTHING_CHECKED),)
    return tuple(dict.fromkeys(chain.from_iterable(check(case) for check in checks)))


def cases(record: Record, plan: str) -> Iterator[tuple[Signed | None, Signed | None]]:
    """Yield each approval of a plan with its request, the newest first.

    Where nobody approved, each request stands alone; where nobody asked, nobody.
    """
    requests = newest_first(record, plan, DecisionKind.DESTRUCTION_REQUEST)
    approvals = newest_first(record, plan, DecisionKind.DESTRUCTION_APPROVAL)
    by_digest = {one.digest: one for one in requests}
    for approval in approvals:
        request = by_digest.get(approval.decision.of)
        yield request or next(iter(requests), None), approval
    if not approvals:
        yield from ((request, None) for request in requests)
    if not approvals and not requests:
        yield None, None


def newest_first(record: Record, plan: str, kind: DecisionKind) -> list[Signed]:
    """Return the decisions of a kind about a plan, the last told one first."""
    return [
        one
        for one in reversed(record.told)
        if one.decision.subject == plan and one.decision.kind is kind
    ]
