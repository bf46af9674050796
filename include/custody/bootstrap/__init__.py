"""open_custody(): the only place that names concrete classes.

Each part is made when it is first asked for, with the database role that is
meant for it (design section 5), so a process needs the credentials of its own
identities only, and Great Expectations is imported by the task that checks.
"""

import os

from custody.adapters import roles
from custody.adapters.config import Settings, read_settings
from custody.adapters.keyring.unclaimed import PostgresWrittenKeys
from custody.adapters.local import forbid_core_dumps
from custody.adapters.warehouse.claims import PostgresClaims
from custody.adapters.warehouse.deliveries import PostgresDeliveryBook
from custody.adapters.warehouse.index_epochs import PostgresIndexEpochs
from custody.adapters.warehouse.ledger import PostgresLedger
from custody.adapters.warehouse.projection import PostgresProjection
from custody.adapters.warehouse.register import PostgresRegister
from custody.adapters.warehouse.staging import PostgresStaging
from custody.application.escrows import KeepEscrows
from custody.application.intake.abandoned import SealAbandoned
from custody.application.intake.admit import AdmitDeliveries
from custody.application.intake.check import CheckDelivery
from custody.application.intake.deliver import DeliverFiles
from custody.application.intake.ensure_staged import EnsureStaged
from custody.application.intake.erase import EraseLandedFile
from custody.application.intake.export import ExportDelivery
from custody.application.intake.load import LoadDelivery
from custody.application.intake.sweep import SweepLanding
from custody.application.keys import EnsureEpochs
from custody.application.ports import Reached, pass_by
from custody.application.projection import RebuildProjection
from custody.application.sweep_keys import SweepKeys
from custody.application.watch_keys import WatchKeys
from custody.bootstrap.certificates import CertificateParts
from custody.bootstrap.controls import ControlParts
from custody.bootstrap.decisions import DecisionParts
from custody.bootstrap.destruction import DestructionParts
from custody.bootstrap.restore import RestoreParts
from custody.bootstrap.sealing import SealingParts
from custody.bootstrap.watch import WatchParts
from custody.domain.epochs import EpochId
from custody.domain.levels import Level


def open_custody(
    settings: Settings | None = None, *, reached: Reached = pass_by
) -> "Custody":
    """Return Custody over the settings (the environment's if None).

    `reached` hears of each step of the intake; only tests lend an ear.
    """
    forbid_core_dumps()
    return Custody(settings or read_settings(), reached)


class Custody(
    RestoreParts,
    SealingParts,
    DecisionParts,
    DestructionParts,
    CertificateParts,
    ControlParts,
    WatchParts,
):
    """The use cases of one installation, over its parts."""

    def prepare(self) -> tuple[EpochId, ...]:
        """Migrate, bear the first epochs, lay the page out on media; repeatable."""
        from custody.adapters.keyring.schema import (  # noqa: PLC0415 - heavy
            migrate_keyring,
        )
        from custody.adapters.warehouse.schema import (  # noqa: PLC0415 - heavy
            migrate_warehouse,
        )

        migrate_warehouse(self.warehouse(roles.WAREHOUSE_OWNER))
        migrate_keyring(self.keyring_engine(roles.KEYRING_OWNER))
        ensure = EnsureEpochs(
            provider=self.provider_as(roles.KEYRING_OWNER),
            media=self.media,
            public_keys=self.public_keys,
            keyring=self.keyring(roles.KEYRING_OWNER),
            index_epochs=PostgresIndexEpochs(self.warehouse(roles.WAREHOUSE_OWNER)),
            clock=self.clock,
            suites={level: self.policy.level_rule(level).suites[0] for level in Level},
            reached=self.reached,
        )
        born = ensure()
        self.lay_out_readme()
        return born

    @property
    def deliver(self) -> DeliverFiles:
        """Put a delivery into the landing zone."""
        return DeliverFiles(landing=self.landing, book=self.book)

    @property
    def admit(self) -> AdmitDeliveries:
        """Let landed deliveries in, or quarantine them."""
        return AdmitDeliveries(
            policy=self.policy,
            landing=self.landing,
            quarantine=self.quarantine_store,
            book=self.book,
            ledger=self.ledger,
            clock=self.clock,
            notifier=self.notifier,
            reached=self.reached,
        )

    @property
    def abandoned(self) -> SealAbandoned:
        """Seal away what was begun in the landing zone and never finished."""
        return SealAbandoned(refusing=self.admit.refusing)

    @property
    def check(self) -> CheckDelivery:
        """Ask the expectations."""
        from custody.adapters.quality.great_expectations import (  # noqa: PLC0415 - heavy
            GreatExpectations,
        )
        from custody.adapters.reports.writer import (  # noqa: PLC0415 - heavy
            SelfContainedReports,
        )

        return CheckDelivery(
            policy=self.policy,
            book=self.book,
            staging=self.staging,
            reports=self.reports,
            quality=GreatExpectations(),
            writer=SelfContainedReports(self.policy.time_zone),
            suites=self.suites,
            clock=self.clock,
            reached=self.reached,
        )

    @property
    def ensure_staged(self) -> EnsureStaged:
        """Make staging again before a step that needs it, if a crash took it.

        Its parts are made when they are needed: seldom, and not cheap.
        """
        return EnsureStaged(
            book=self.book,
            staging=self.staging,
            seal=lambda one: self.seal(one),  # noqa: PLW0108 - see above
            reclassify=lambda one: self.reclassify.recover(one),  # noqa: PLW0108
            check=lambda one: self.check(one),  # noqa: PLW0108
        )

    @property
    def load(self) -> LoadDelivery:
        """Load a checked delivery into the register."""
        return LoadDelivery(
            policy=self.policy,
            book=self.book,
            staging=self.staging,
            register=PostgresRegister(
                self.loader, self.ledger_writer, self.clock, self.reached
            ),
            reached=self.reached,
        )

    @property
    def export(self) -> ExportDelivery:
        """Write the off-site data object, as the exporter."""
        engine = self.warehouse(roles.WAREHOUSE_EXPORTER)
        return ExportDelivery(
            book=PostgresDeliveryBook(engine, self.ledger_writer, self.clock),
            staging=PostgresStaging(engine, self.ledger_writer, self.reached),
            keyring=self.keyring(roles.KEYRING_EXPORTER),
            objects=self.data_objects,
            clock=self.clock,
            entropy=os.urandom,
            reached=self.reached,
        )

    @property
    def erase(self) -> EraseLandedFile:
        """Erase a landed file whose sealed copy lies off-site."""
        return EraseLandedFile(
            policy=self.policy,
            book=self.book,
            landing=self.landing,
            quarantine=self.quarantine_store,
            ledger=self.ledger,
            notifier=self.notifier,
            clock=self.clock,
            reached=self.reached,
        )

    @property
    def sweep(self) -> SweepLanding:
        """Find what was not announced."""
        return SweepLanding(
            policy=self.policy,
            landing=self.landing,
            book=self.book,
            notifier=self.notifier,
            clock=self.clock,
            quarantine_unknown=self.admit.unknown,
            seal_abandoned=self.abandoned,
            expire_quarantine=self.quarantine.expire,
            care_for_escrows=KeepEscrows(
                media=self.media,
                tags=self.public_keys.tags,
                keyring=self.keyring(roles.KEYRING_LOADER),
                index_epochs=PostgresIndexEpochs(self.loader),
                clock=self.clock,
            ),
            uncopied=self.copy_ledger.overdue,
            threatened=WatchKeys(
                provider=self.provider,
                keyring=self.keyring(roles.KEYRING_LOADER),
                index_epochs=PostgresIndexEpochs(self.loader),
            ),
        )

    @property
    def sweep_keys(self) -> SweepKeys:
        """Delete the keys that no row claims, as the keyring's sweeper."""
        return SweepKeys(
            keys=PostgresWrittenKeys(self.keyring_engine(roles.KEYRING_SWEEPER)),
            claims=PostgresClaims(self.loader),
            ledger=self.ledger,
            clock=self.clock,
            dataset=self.policy.dataset,
        )

    @property
    def rebuild_projection(self) -> RebuildProjection:
        """Make the projection again, as the rebuilder."""
        engine = self.warehouse(roles.WAREHOUSE_REBUILDER)
        return RebuildProjection(
            policy=self.policy,
            projection=PostgresProjection(engine),
            keyring=self.keyring(roles.KEYRING_REBUILDER),
            provider=self.provider_as(roles.KEYRING_REBUILDER),
            ledger=PostgresLedger(engine, self.ledger_writer),
        )
