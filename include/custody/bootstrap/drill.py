"""Restore drills, over their parts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property

from custody.adapters import roles
from custody.adapters.database import RoleEngines
from custody.adapters.drill_secrets import read_drill_secrets
from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.adapters.embedded.provision import SUPERUSER
from custody.adapters.embedded.throwaway import throwaway_server
from custody.adapters.keyring.restored import RestoredKeyring
from custody.adapters.restored_objects import AgeObjectReader
from custody.adapters.warehouse.index_epochs import PostgresIndexEpochs
from custody.adapters.warehouse.ledger import PostgresLedger, drill_lines
from custody.adapters.warehouse.restored import RestoredWarehouse
from custody.adapters.warehouse.restored_records import RestoredRegister
from custody.adapters.warehouse.restored_values import RestoredValues
from custody.adapters.warehouse.trial_rows import PostgresTrialRows
from custody.application.drill import Examination, RunDrill
from custody.application.examine_controls import ExamineControls
from custody.application.independence import TryDoors
from custody.application.ports import Offsite
from custody.application.ports.restore import StoredRows
from custody.application.restore.trial import Throwaway, TrialRestore
from custody.bootstrap.doors import Doors
from custody.bootstrap.ledger import LedgerParts
from custody.crypto import recovery
from custody.crypto.recovery import Identities
from custody.domain.controls import LEVEL
from custody.domain.drills import DrillAge, drill_ages


class DrillParts(LedgerParts):
    """What looks whether a restore would succeed."""

    @property
    def drill(self) -> RunDrill:
        """Look at every medium, restore it aside, and try whose door is open.

        As who reads everything and opens nothing: the backup's identities.
        """
        backup = self.warehouse(roles.WAREHOUSE_BACKUP)
        return RunDrill(
            dataset=self.policy.dataset,
            media=self.media,
            tags=self.public_keys.tags,
            trust=self.trust,
            keyring=self.keyring(roles.KEYRING_BACKUP),
            index_epochs=PostgresIndexEpochs(backup),
            ledger=PostgresLedger(backup, self.ledger_writer),
            examined=self._examined,
        )

    def drill_ages(self) -> tuple[DrillAge, ...]:
        """Return how long ago the last drill of each kind passed, as the reader."""
        lines = drill_lines(self.warehouse(roles.WAREHOUSE_READER))
        return drill_ages(lines, self.clock.now())

    @contextmanager
    def _examined(self) -> Iterator[Sequence[Examination]]:
        """Start a server of the moment, and yield what is done on it."""
        with throwaway_server(self.settings.home / "work") as server:
            yield self.examinations(server)

    def examinations(self, server: EmbeddedPostgres) -> Sequence[Examination]:
        """Return what is looked at by a server that holds nothing else."""
        engines = RoleEngines(server.credentials)
        warehouse = engines(server.warehouse_url, roles.WAREHOUSE_OWNER)
        keyring = engines(server.keyring_url, roles.KEYRING_OWNER)
        trial = TrialRestore(
            policy=self.policy,
            trust=self.trust,
            tags=self.public_keys.tags,
            objects=self._drill_objects,
            target=Throwaway(
                warehouse=RestoredWarehouse(warehouse, self.ledger_writer),
                values=RestoredValues(warehouse),
                register=RestoredRegister(warehouse),
                keyring=RestoredKeyring(keyring),
                rows=PostgresTrialRows(engines(server.warehouse_url, SUPERUSER)),
            ),
        )
        doors = Doors(
            settings=self.settings,
            keys=self.key_place,
            server=server,
            trust=self.trust,
            identities=lambda: self._drill_identities,
            public=self.public_keys.media,
        )
        return (trial, TryDoors(doors=doors), self.examine_controls)

    @property
    def examine_controls(self) -> ExamineControls:
        """Look whether control customers open, or not, as they must."""
        backup = self.warehouse(roles.WAREHOUSE_BACKUP)
        return ExamineControls(
            told=lambda: drill_lines(backup),
            objects=self._drill_objects,
            private=lambda medium: self._drill_identities[medium.name].hpke_private,
            suites=self.policy.level_rule(LEVEL).suites,
            clock=self.clock,
        )

    def _drill_objects(self, medium: Offsite) -> StoredRows:
        own = self._drill_identities[medium.name]
        return AgeObjectReader(
            medium, identity=own.age_identity, work=self.settings.home / "work"
        )

    @cached_property
    def _drill_identities(self) -> Mapping[str, Identities]:
        """What opens the outer layer of each medium's objects, and drill epochs."""
        return {
            name: recovery.derive_drill(secret, medium=name)
            for name, secret in read_drill_secrets(self.settings.drill_key_file).items()
        }
