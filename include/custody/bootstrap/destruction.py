"""Destruction, over its parts: as the destroyer, whom alone customers end by."""

import os
from collections.abc import Mapping
from typing import TypedDict

from custody.adapters import roles
from custody.adapters.warehouse.condemning import PostgresCondemning
from custody.adapters.warehouse.deleting import PostgresDeleting
from custody.adapters.warehouse.intending import PostgresIntending
from custody.adapters.warehouse.left_over import PostgresLeftOver
from custody.adapters.warehouse.linked import PostgresLinksNow
from custody.adapters.warehouse.retention import PostgresRetention
from custody.adapters.warehouse.sampled import PostgresSample
from custody.application.approve import Approved
from custody.application.copy_ledger import CopyLedger
from custody.application.destroy.anchor import AnchorIntent
from custody.application.destroy.begin import BeginRun, StillDue
from custody.application.destroy.carry import CarryOut
from custody.application.destroy.certify import IssueCertificate
from custody.application.destroy.condemn import CondemnCustomers
from custody.application.destroy.cover import CoverSurvivors
from custody.application.destroy.delete import DeleteCondemned
from custody.application.destroy.end import EndEpochs
from custody.application.destroy.intend import RecordIntent
from custody.application.destroy.linked import StillLinked
from custody.application.destroy.mark import MarkCustomers
from custody.application.destroy.prove import AttemptRecovery
from custody.application.destroy.reshow import RewriteProjection
from custody.application.destroy.rewrap import RewrapSurvivors
from custody.application.destroy.run import Destroy, Step
from custody.application.destroy.sample import TakeSample
from custody.application.destroy.suppress import SuppressCondemned
from custody.application.destroy.take import TakeApproval
from custody.application.opening import Opener
from custody.application.ports import Clock, KeyProvider, Reached
from custody.application.ports.destruction_book import DestructionBook
from custody.application.retention_plan import PlanRetention
from custody.bootstrap.backup import BackupParts
from custody.bootstrap.observing import ObservingParts
from custody.bootstrap.reindex import ReindexParts
from custody.bootstrap.review import ReviewParts
from custody.domain.approval_checks import CHECKS, plan_is_unused, plan_is_whole
from custody.domain.approving import Check
from custody.domain.destruction import RunState
from custody.domain.policy import Policy

FIRST_OF_MONTH = 1


class _Shared(TypedDict):
    """What every step has."""

    policy: Policy
    book: DestructionBook
    clock: Clock
    reached: Reached


class DestructionParts(ReviewParts, ReindexParts, BackupParts, ObservingParts):
    """What carries an approved plan out, and tells of it."""

    @property
    def destroy(self) -> Destroy:
        """Carry an approved plan out, or go on with it."""
        begin = BeginRun(
            policy=self.policy,
            approved=self.approved,
            still_due=self._still_due,
            book=self.destructions,
            ledger=self.destroyer_ledger,
            clock=self.clock,
            reached=self.reached,
        )
        steps = {**self._before, **self._act, **self._after}
        return Destroy(begin=begin, steps=steps, exclusively=self.exclusively)

    @property
    def carry_out(self) -> CarryOut:
        """Carry out what people have approved, as Airflow does."""
        return CarryOut(
            book=self.destructions,
            plans=self.plans_as(roles.WAREHOUSE_DESTROYER),
            approved=self.approved,
            destroy=self.destroy,
            clock=self.clock,
        )

    @property
    def copy_destroyer_ledger(self) -> CopyLedger:
        """Bring the ledger to every medium, as whoever destroys."""
        return self.copy_ledger_as(self.destroyer_ledger)

    def keep_monthly_plan(self) -> str:
        """Keep the plan of a month's first day; return its digest, else nothing."""
        today = self.policy.today(self.clock.now())
        if today.day != FIRST_OF_MONTH:
            return ""
        return self.keep_plan(today, actor="destruction").digest

    @property
    def _before(self) -> Mapping[RunState, Step]:
        """Return the steps from which there is a way back."""
        condemning = PostgresCondemning(self.destroyer, self.ledger_writer)
        return {
            RunState.BEGUN: TakeApproval(
                approved=self.approved,
                plans=self.plans_as(roles.WAREHOUSE_DESTROYER),
                **self._shared,
            ),
            RunState.APPROVED: RecordIntent(
                intending=PostgresIntending(self.destroyer),
                keys=self.doomed_keys,
                opener=self._opener,
                **self._shared,
            ),
            RunState.INTENDED: AnchorIntent(
                copy_ledger=self.copy_destroyer_ledger, **self._shared
            ),
            RunState.ANCHORED: MarkCustomers(
                standing=self._standing,
                still_due=self._still_due,
                linked=self.still_linked,
                condemning=condemning,
                **self._shared,
            ),
            RunState.MARKED: CondemnCustomers(
                standing=self._standing, condemning=condemning, **self._shared
            ),
        }

    @property
    def _act(self) -> Mapping[RunState, Step]:
        """Return the steps that end customers."""
        deleting = PostgresDeleting(self.destroyer)
        return {
            RunState.CONDEMNED: TakeSample(
                sample=PostgresSample(self.destroyer),
                keyring=self.keyring(roles.KEYRING_DESTROYER),
                opener=self._opener,
                entropy=os.urandom,
                **self._shared,
            ),
            RunState.SAMPLED: SuppressCondemned(
                condemning=PostgresCondemning(self.destroyer, self.ledger_writer),
                suppress=self.suppress_customers,
                **self._shared,
            ),
            RunState.SUPPRESSED: DeleteCondemned(
                deleting=deleting,
                left_over=PostgresLeftOver(self.destroyer),
                keys=self.doomed_keys,
                signed=self._asking(plan_is_whole),
                linked=self.still_linked,
                **self._shared,
            ),
            RunState.DELETED: RewrapSurvivors(
                rekey=self.rekey_epochs, reindex=self.reindex_tokens, **self._shared
            ),
            RunState.REWRAPPED: RewriteProjection(deleting=deleting, **self._shared),
            RunState.RESHOWN: EndEpochs(
                rekey=self.rekey_epochs, reindex=self.reindex_tokens, **self._shared
            ),
        }

    @property
    def _after(self) -> Mapping[RunState, Step]:
        """Return the steps that show what came of it."""
        return {
            RunState.ENDED: CoverSurvivors(
                write_set=self.write_set,
                entropy=os.urandom,
                **self._shared,
            ),
            RunState.COVERED: AttemptRecovery(
                sample=PostgresSample(self.destroyer),
                thief=self._opener_with(self.thief_provider),
                opener=self._opener,
                **self._shared,
            ),
            RunState.PROVEN: IssueCertificate(
                observe=self.observe_copies,
                plans=self.plans_as(roles.WAREHOUSE_DESTROYER),
                record=self.record_as(roles.WAREHOUSE_DESTROYER),
                media=self.media,
                ledger=self.destroyer_ledger,
                issue=self.issue_certificate,
                **self._shared,
            ),
        }

    @property
    def _shared(self) -> _Shared:
        return _Shared(
            policy=self.policy,
            book=self.destructions,
            clock=self.clock,
            reached=self.reached,
        )

    @property
    def _opener(self) -> Opener:
        return self._opener_with(self.provider_as(roles.KEYRING_DESTROYER))

    def _opener_with(self, provider: KeyProvider) -> Opener:
        return Opener(
            policy=self.policy,
            keyring=self.keyring(roles.KEYRING_DESTROYER),
            provider=provider,
        )

    @property
    def _still_due(self) -> StillDue:
        book = PostgresRetention(self.destroyer, self.ledger_writer, self.clock)
        return StillDue(
            policy=self.policy,
            intending=PostgresIntending(self.destroyer),
            plan_retention=PlanRetention(policy=self.policy, book=book),
        )

    @property
    def still_linked(self) -> StillLinked:
        """Whether every version is whose the ledger says it is."""
        return StillLinked(now=PostgresLinksNow(self.destroyer), trust=self.trust)

    @property
    def _standing(self) -> Approved:
        """What still speaks against a run that has taken its approval."""
        return self._asking(*(one for one in CHECKS if one is not plan_is_unused))

    def _asking(self, *checks: Check) -> Approved:
        """Return what asks these of people's decisions, and nothing else."""
        approved = self.approved
        return Approved(
            policy=approved.policy,
            plans=approved.plans,
            decisions=approved.decisions,
            record=approved.record,
            checks=checks,
        )
