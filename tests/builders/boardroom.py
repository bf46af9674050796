"""A room in which people decide about one plan: fakes, and the use cases over them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from custody.application.approve import Approval, Approved
from custody.application.decision_record import ReadRecord
from custody.application.ports import Entry
from custody.application.reviewers import KnowReviewers
from custody.application.sign import SignDecisions
from custody.domain.approval_checks import CHECKS
from custody.domain.approving import Check, Doubt, KeptPlan, Refusals
from custody.domain.decisions import Signed
from custody.domain.policy import DestructionRules, Policy
from custody.domain.retention_plan import Due
from tests.builders.decided import (
    DUES,
    FOUNDERS,
    NOW,
    TRUST,
    approval,
    enrolled,
    entry_of,
    founding,
    kept_plan,
    request,
)
from tests.builders.policies import policy_with
from tests.fakes.decisions import FakeDecisions, FakePlans
from tests.fakes.ledger import FakeLedger
from tests.fakes.world import FixedClock

RULES = DestructionRules(
    max_customers=10, max_percent=50, valid_days=14, snapshot_days=30
)


@dataclass
class Boardroom:
    """One kept plan, the founders' keys, and whatever a test has people say."""

    policy: Policy = field(default_factory=lambda: policy_with("example"))
    founders: Mapping[str, str] = field(default_factory=lambda: FOUNDERS)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    dues: tuple[Due, ...] = DUES
    now: dt.datetime = NOW

    def __post_init__(self) -> None:
        """Found the reviewers, enrol legal, keep the plan."""
        self.policy = replace(self.policy, destruction=RULES)
        self.decisions = FakeDecisions(self.ledger)
        self.plans = FakePlans(self.ledger)
        self.clock = FixedClock(self.now)
        self.ledger.append(founding(self.founders))
        self.plan = self.keep(self.dues)
        self.say(*enrolled("zhao"), *enrolled("he"))

    def keep(self, dues: tuple[Due, ...], on: dt.date | None = None) -> KeptPlan:
        """Keep a plan of some lines."""
        plain = kept_plan(dues) if on is None else kept_plan(dues, on=on)
        self.plans.keep(
            plain, iter(dues), Entry(kind="plan_kept", subject="-", body={})
        )
        return plain

    def say(self, *signed: Signed) -> None:
        """Record decisions as they are, stored and told, whatever they are worth."""
        for one in signed:
            assert self.decisions.add(one, entry_of(one))

    def both(self) -> tuple[Signed, Signed]:
        """Record a good request and a good approval."""
        asked = request(self.plan)
        agreed = approval(self.plan, asked)
        self.say(asked, agreed)
        return asked, agreed

    @property
    def record(self) -> ReadRecord:
        """What reads the record."""
        return ReadRecord(
            people=self.policy.people,
            decisions=self.decisions,
            founders=self.founders,
            trust=TRUST,
        )

    def approved(self, checks: Sequence[Check] = CHECKS) -> Approved:
        """The executor's question; a test may leave a check out."""
        return Approved(
            policy=self.policy,
            plans=self.plans,
            decisions=self.decisions,
            record=self.record,
            checks=checks,
        )

    def answer(self, checks: Sequence[Check] = CHECKS) -> Approval | Refusals:
        """Ask whether the plan may be carried out now."""
        return self.approved(checks).verify(self.plan.digest, now=self.clock.now())

    def reasons(self, checks: Sequence[Check] = CHECKS) -> set[Doubt]:
        """Return why the plan is refused; none when it is approved."""
        answer = self.answer(checks)
        return reasons_of(answer)

    @property
    def sign(self) -> SignDecisions:
        """The use case of signing."""
        return SignDecisions(
            policy=self.policy,
            plans=self.plans,
            decisions=self.decisions,
            record=self.record,
            clock=self.clock,
            entropy=bytes,
        )

    @property
    def reviewers(self) -> KnowReviewers:
        """The use case of reviewers' keys."""
        return KnowReviewers(
            policy=self.policy,
            decisions=self.decisions,
            record=self.record,
            clock=self.clock,
            entropy=bytes,
        )

    @property
    def refusals_told(self) -> list[Entry]:
        """The ledger's entries about refused plans."""
        return [one for one in self.ledger.entries if one.kind == "approval_refused"]


def reasons_of(answer: object) -> set[Doubt]:
    """Return why something is refused; none when it is not."""
    if not isinstance(answer, Refusals):
        return set()
    return {one.doubt for one in answer.reasons}
