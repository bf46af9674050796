"""Backups, over their parts: as an identity that reads, and can open nothing."""

import os

from custody.adapters import roles
from custody.adapters.ahead import one_ahead
from custody.adapters.by_hand import readme
from custody.adapters.keyring.exclusive import PostgresExclusion
from custody.adapters.keyring.snapshot import PostgresKeySnapshots
from custody.adapters.signing_key import read_signer
from custody.adapters.warehouse.ledger import PostgresLedger
from custody.adapters.warehouse.snapshot import PostgresRowSnapshots
from custody.application.back_up import BackUp
from custody.application.copy_ledger import CopyLedger
from custody.application.full_sets import ReadFullSets
from custody.application.ports import Ledger
from custody.application.ports.backup import SetObjects
from custody.application.verify_media import VerifyMedia
from custody.application.write_set import WriteSet
from custody.bootstrap.ledger import LedgerParts


class BackupParts(LedgerParts):
    """What writes sets, and reads them back."""

    @property
    def back_up(self) -> BackUp:
        """Write a set to every medium and tell the ledger."""
        return BackUp(
            policy=self.policy,
            write_set=self.write_set,
            exclusively=PostgresExclusion(self.keyring_engine(roles.KEYRING_BACKUP)),
            ledger=self._backup_ledger,
            clock=self.clock,
            entropy=os.urandom,
            reached=self.reached,
        )

    @property
    def write_set(self) -> WriteSet:
        """Write a set; whoever calls it holds the one lock."""
        return WriteSet(
            dataset=self.policy.dataset,
            rows=PostgresRowSnapshots(self.warehouse(roles.WAREHOUSE_BACKUP)),
            keys=PostgresKeySnapshots(self.keyring_engine(roles.KEYRING_BACKUP)),
            objects=self._set_objects,
            media=self.media,
            tags=self.public_keys.tags,
            copy_ledger=self.copy_backup_ledger,
            signer=read_signer(self.settings.ledger_key_file),
            clock=self.clock,
            lock_days=self.policy.backup.keep_days,
            page=readme(),
            ahead=one_ahead,
            reached=self.reached,
        )

    @property
    def copy_backup_ledger(self) -> CopyLedger:
        """Bring the ledger to every medium, as whoever writes the sets."""
        return self.copy_ledger_as(self._backup_ledger)

    @property
    def full_sets(self) -> ReadFullSets:
        """Read the sets of a medium back."""
        return ReadFullSets(trust=self.trust)

    @property
    def verify_media(self) -> VerifyMedia:
        """Read back everything that lies on the media."""
        return VerifyMedia(media=self.media, trust=self.trust)

    @property
    def _backup_ledger(self) -> Ledger:
        engine = self.warehouse(roles.WAREHOUSE_BACKUP)
        return PostgresLedger(engine, self.ledger_writer)

    @property
    def _set_objects(self) -> SetObjects:
        from custody.adapters.set_objects import AgeSetObjects  # noqa: PLC0415 - heavy

        return AgeSetObjects(
            self.media,
            self.public_keys.recipients,
            self.settings.home / "work",
            self.reached,
        )
