"""What people sign, and whether it may be acted on, over their parts."""

import os
from functools import cached_property

from custody.adapters import roles
from custody.adapters.warehouse.decisions import PostgresDecisions
from custody.adapters.warehouse.plans import PostgresPlans
from custody.application.approve import Approved
from custody.application.decision_record import ReadRecord
from custody.application.founding import FoundReviewers
from custody.application.keep_plan import KeepPlan
from custody.application.reviewers import KnowReviewers
from custody.application.sign import SignDecisions
from custody.bootstrap.ledger import LedgerParts
from custody.bootstrap.retention import RetentionParts
from custody.domain.ledger import origin_of


class ReviewParts(RetentionParts, LedgerParts):
    """Decisions, as the registrar; acting on them, as the destroyer."""

    def decisions_as(self, role: str) -> PostgresDecisions:
        """Return the decisions as a role of the warehouse."""
        return PostgresDecisions(self.warehouse(role), self.ledger_writer, self.clock)

    def plans_as(self, role: str) -> PostgresPlans:
        """Return the kept plans as a role of the warehouse."""
        return PostgresPlans(self.warehouse(role), self.ledger_writer)

    @property
    def approved(self) -> Approved:
        """May a plan be carried out now?  Asked by whoever destroys."""
        return self._approved(roles.WAREHOUSE_DESTROYER)

    @property
    def approval_status(self) -> Approved:
        """The same question, asked by people: it is checked, nothing is taken."""
        return self._approved(roles.WAREHOUSE_REGISTRAR)

    @property
    def keep_plan(self) -> KeepPlan:
        """Keep a plan, so that it can be signed."""
        return KeepPlan(
            policy=self.policy,
            book=self.retention_book,
            plans=self.plans_as(roles.WAREHOUSE_REGISTRAR),
            clock=self.clock,
        )

    @property
    def sign(self) -> SignDecisions:
        """Request, approve, withdraw."""
        return SignDecisions(
            policy=self.policy,
            plans=self.plans_as(roles.WAREHOUSE_REGISTRAR),
            decisions=self.decisions_as(roles.WAREHOUSE_REGISTRAR),
            record=self.record_as(roles.WAREHOUSE_REGISTRAR),
            clock=self.clock,
            entropy=os.urandom,
        )

    @property
    def reviewers(self) -> KnowReviewers:
        """Whose keys are whose."""
        return KnowReviewers(
            policy=self.policy,
            decisions=self.decisions_as(roles.WAREHOUSE_REGISTRAR),
            record=self.record_as(roles.WAREHOUSE_REGISTRAR),
            clock=self.clock,
            entropy=os.urandom,
        )

    @property
    def found_reviewers(self) -> FoundReviewers:
        """Enrol the founding two, once."""
        return FoundReviewers(
            policy=self.policy,
            public_keys=self.public_keys,
            decisions=self.decisions_as(roles.WAREHOUSE_REGISTRAR),
            keep=self.keep_public_keys,
            verify=self.trust.verify,
            clock=self.clock,
        )

    def record_as(self, role: str) -> ReadRecord:
        """Return what reads the record of decisions as a role of the warehouse."""
        return ReadRecord(
            people=self.policy.people,
            decisions=self.decisions_as(role),
            founders=self._founders,
            trust=self.trust,
        )

    @cached_property
    def _founders(self) -> dict[str, str]:
        enrolment = self.public_keys.enrolment
        return {person: origin_of(key) for person, key in enrolment.items()}

    def _approved(self, role: str) -> Approved:
        return Approved(
            policy=self.policy,
            plans=self.plans_as(role),
            decisions=self.decisions_as(role),
            record=self.record_as(role),
        )
