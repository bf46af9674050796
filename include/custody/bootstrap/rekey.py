"""Rekeying, over its parts: as the destroyer, whom alone the keyring lets move keys."""

import logging

from custody.adapters import roles
from custody.adapters.ahead import one_ahead
from custody.adapters.keyring.exclusive import PostgresExclusion
from custody.adapters.keyring.former_keys import PostgresFormerKeys
from custody.adapters.keyring.rekey import PostgresEpochKeys
from custody.adapters.warehouse.index_epochs import PostgresIndexEpochs
from custody.adapters.warehouse.ledger import PostgresLedger
from custody.adapters.warehouse.raised import PostgresRaisings
from custody.adapters.warehouse.resealing import PostgresSealedValues
from custody.adapters.warehouse.restrict import PostgresStandings
from custody.application.keys import EnsureEpochs
from custody.application.ports import Ledger
from custody.application.ports.rekey import Exclusively
from custody.application.rekey import RekeyEpochs
from custody.application.reseal import ResealLevel
from custody.application.restrict import RestrictCustomers
from custody.application.rotate import RotateEpochs
from custody.bootstrap.parts import Parts
from custody.domain.epochs import EpochId
from custody.domain.levels import Level


class RekeyParts(Parts):
    """What moves keys from one epoch to another and ends epochs."""

    @property
    def exclusively(self) -> Exclusively:
        """The one lock of rekey, restriction, reindexing and destruction."""
        return PostgresExclusion(self.keyring_engine(roles.KEYRING_DESTROYER))

    @property
    def births(self) -> EnsureEpochs:
        """Bear epochs and their escrows, as the destroyer."""
        return EnsureEpochs(
            provider=self.provider_as(roles.KEYRING_DESTROYER),
            media=self.media,
            public_keys=self.public_keys,
            keyring=self.keyring(roles.KEYRING_DESTROYER),
            index_epochs=PostgresIndexEpochs(self.warehouse(roles.WAREHOUSE_DESTROYER)),
            clock=self.clock,
            suites={level: self.policy.level_rule(level).suites[0] for level in Level},
            reached=self.reached,
        )

    @property
    def destroyer_ledger(self) -> Ledger:
        """The ledger, appended to by the destroyer."""
        engine = self.warehouse(roles.WAREHOUSE_DESTROYER)
        return PostgresLedger(engine, self.ledger_writer)

    @property
    def rekey_epochs(self) -> RekeyEpochs:
        """Let epochs succeed, move their keys, end them; hold `exclusively`."""
        engine = self.keyring_engine(roles.KEYRING_DESTROYER)
        return RekeyEpochs(
            keys=PostgresEpochKeys(engine, self.reached),
            births=self.births,
            provider=self.provider_as(roles.KEYRING_DESTROYER),
            ledger=self.destroyer_ledger,
            reached=self.reached,
            ahead=one_ahead,
            told=_log_progress,
        )

    @property
    def restrict_customers(self) -> RestrictCustomers:
        """Restrict the keys of who is kept only, and bring others' back."""
        return RestrictCustomers(
            standings=PostgresStandings(
                self.warehouse(roles.WAREHOUSE_DESTROYER),
                self.ledger_writer,
                self.clock,
            ),
            raisings=PostgresRaisings(
                self.warehouse(roles.WAREHOUSE_DESTROYER),
                self.ledger_writer,
                self.clock,
            ),
            rekey=self.rekey_epochs,
            exclusively=self.exclusively,
            dataset=self.policy.dataset,
            reached=self.reached,
        )

    @property
    def rotate_epochs(self) -> RotateEpochs:
        """Rotate: succeed, move, verify and end, each under the lock."""
        return RotateEpochs(rekey=self.rekey_epochs, exclusively=self.exclusively)

    @property
    def reseal_level(self) -> ResealLevel:
        """Seal a level again: opened as the destroyer, its fresh keys the loader's."""
        engine = self.warehouse(roles.WAREHOUSE_DESTROYER)
        return ResealLevel(
            dataset=self.policy.dataset,
            suites={level: self.policy.level_rule(level).suites for level in Level},
            rekey=self.rekey_epochs,
            exclusively=self.exclusively,
            keyring=self.keyring(roles.KEYRING_LOADER),
            former=PostgresFormerKeys(self.keyring_engine(roles.KEYRING_DESTROYER)),
            values=PostgresSealedValues(engine, self.ledger_writer),
            reached=self.reached,
            told=_log_progress,
        )


def _log_progress(epoch: EpochId, moved: int) -> None:
    logging.getLogger(__name__).info("%s: data keys moved: %d", epoch, moved)
