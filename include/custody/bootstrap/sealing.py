"""What seals a delivery: from its landed file, or from its staged sealed values."""

import os
from collections.abc import Callable

from sqlalchemy import Engine

from custody.adapters import roles
from custody.adapters.process_pool import MAX_WORKERS, cores, pooled
from custody.adapters.readers.choose import reader_of
from custody.adapters.suites import compile_source, installed_rules
from custody.adapters.warehouse.ledger import PostgresLedger
from custody.adapters.warehouse.pinned_rows import (
    PostgresPinnedValues,
    PostgresPins,
)
from custody.adapters.warehouse.registered import PostgresRegisteredValues
from custody.adapters.warehouse.staged_values import PostgresStagedValues
from custody.application.intake.reclassify import ReclassifyDelivery
from custody.application.intake.seal import SealDelivery
from custody.application.intake.sealing import Sealing
from custody.application.ports import Reader, StagedValues
from custody.application.reclassify_register import ReclassifyRegister
from custody.bootstrap.parts import Parts
from custody.columns.facts import BlockExaminer, build_plan
from custody.columns.rule_types.compiled import CompiledSuite
from custody.domain.sources import Source


class SealingParts(Parts):
    """Sealing, and what a source is asked while it is done."""

    @property
    def seal(self) -> SealDelivery:
        """Seal a delivery into staging."""
        return SealDelivery(
            landing=self.landing,
            quarantine=self.quarantine_store,
            reader=_reader,
            book=self.book,
            sealing=self._sealing,
            reclassified=lambda record: self._pinned.from_register(record),  # noqa: PLW0108 - made when needed
            reached=self.reached,
        )

    @property
    def reclassify(self) -> ReclassifyDelivery:
        """Examine a staged delivery again, opened as the rebuilder."""
        return self._reclassifying(PostgresStagedValues)

    @property
    def reclassify_register(self) -> ReclassifyRegister:
        """Examine every customer again, opened as the rebuilder."""
        engine = self.warehouse(roles.WAREHOUSE_REBUILDER)
        return ReclassifyRegister(
            policy=self.policy,
            examiner=self._examiner,
            values=PostgresRegisteredValues(engine),
            pins=PostgresPins(self.loader, self.ledger_writer),
            seal=self.seal,
            book=self.book,
            keyring=self.keyring(roles.KEYRING_REBUILDER),
            provider=self.provider_as(roles.KEYRING_REBUILDER),
            ledger=PostgresLedger(engine, self.ledger_writer),
            clock=self.clock,
        )

    @property
    def _pinned(self) -> ReclassifyDelivery:
        """What seals a delivery whose rows are of the register."""
        return self._reclassifying(PostgresPinnedValues)

    def _reclassifying(
        self, values: Callable[[Engine], StagedValues]
    ) -> ReclassifyDelivery:
        engine = self.warehouse(roles.WAREHOUSE_REBUILDER)
        return ReclassifyDelivery(
            sealing=self._sealing,
            book=self.book,
            values=values(engine),
            keyring=self.keyring(roles.KEYRING_REBUILDER),
            provider=self.provider_as(roles.KEYRING_REBUILDER),
            ledger=PostgresLedger(engine, self.ledger_writer),
        )

    def suites(self, source: Source) -> tuple[CompiledSuite, ...]:
        """Return the compiled suites of a source; PolicyError names the fault."""
        return compile_source(
            source,
            policy=self.policy,
            folder=self.settings.expectations_dir,
            custom_rules=installed_rules(),
        )

    @property
    def _sealing(self) -> Sealing:
        return Sealing(
            policy=self.policy,
            examiner=self._examiner,
            staging=self.staging,
            keyring=self.keyring(roles.KEYRING_LOADER),
            provider=self.provider,
            entropy=os.urandom,
            reached=self.reached,
            lines=pooled(min(cores() - 1, MAX_WORKERS)),
        )

    def _examiner(self, source: Source) -> BlockExaminer:
        rules = [rule for suite in self.suites(source) for rule in suite.rules]
        today = self.policy.today(self.clock.now())
        return BlockExaminer(
            build_plan(source, self.policy, today=today, rules=rules),
            key=int.from_bytes(os.urandom(8), "big"),
        )


def _reader(source: Source) -> Reader:
    return reader_of(source.layout)
