"""Certificates and what they wait for, over their parts: the destroyer's identity."""

import datetime as dt
from collections.abc import Iterator

from custody.adapters import roles
from custody.adapters.stores import remover_of
from custody.adapters.warehouse.certificates import (
    PostgresCertificates,
    PostgresSalts,
)
from custody.adapters.warehouse.deliveries import PostgresDeliveryBook
from custody.adapters.warehouse.index_epochs import PostgresIndexEpochs
from custody.adapters.warehouse.ledger import PostgresLedger
from custody.application.closing import CloseDestructions
from custody.application.escrow_care import CareForEscrows
from custody.application.escrow_removal import ListEscrows, RemoveEscrows
from custody.application.expire_sets import ExpireSets
from custody.application.full_sets import ReadFullSets
from custody.application.intake.quarantine import QuarantineRoom
from custody.application.ports import Offsite
from custody.application.receipts import MakeReceipt
from custody.application.renew_recipient import RenewRecipient
from custody.bootstrap.ledger import LedgerParts
from custody.bootstrap.observing import ObservingParts
from custody.bootstrap.rekey import RekeyParts


class CertificateParts(RekeyParts, LedgerParts, ObservingParts):
    """What certifies, and what lets the last copies go."""

    def certificates_as(self, role: str) -> PostgresCertificates:
        """Return the book of certificates as a role of the warehouse."""
        return PostgresCertificates(self.warehouse(role), self.ledger_writer)

    @property
    def list_escrows(self) -> ListEscrows:
        """Look at what a medium has of escrows."""
        return ListEscrows(
            provider=self.provider_as(roles.KEYRING_DESTROYER), clock=self.clock
        )

    @property
    def remove_escrows(self) -> RemoveEscrows:
        """Let expired escrows of destroyed epochs leave the media, as the remover."""
        return RemoveEscrows(
            media=self._removers,
            listing=self.list_escrows,
            book=self.certificates_as(roles.WAREHOUSE_DESTROYER),
            full_sets=ReadFullSets(trust=self.trust),
            ledger=self._ledger_as_destroyer(),
            clock=self.clock,
            dataset=self.policy.dataset,
            reached=self.reached,
        )

    @property
    def expire_sets(self) -> ExpireSets:
        """Let sets leave the media that policy keeps no longer, as the remover."""
        return ExpireSets(
            media=self._removers,
            full_sets=ReadFullSets(trust=self.trust),
            ledger=self._ledger_as_destroyer(),
            clock=self.clock,
            dataset=self.policy.dataset,
            keep_at_least=self.policy.backup.keep_at_least,
            reached=self.reached,
        )

    @property
    def care_for_escrows(self) -> CareForEscrows:
        """Lengthen, renew and count escrows, as who may open every living epoch."""
        return CareForEscrows(
            media=self.media,
            keyring=self.keyring(roles.KEYRING_DESTROYER),
            index_epochs=PostgresIndexEpochs(self.destroyer),
            births=self.births,
            ledger=self._ledger_as_destroyer(),
            clock=self.clock,
            dataset=self.policy.dataset,
            reached=self.reached,
        )

    @property
    def renew_recipient(self) -> RenewRecipient:
        """Seal a medium to another recovery secret from now on."""
        return RenewRecipient(
            public_keys=self.public_keys,
            keep=self.keep_public_keys,
            ledger=self._ledger_as_destroyer(),
            dataset=self.policy.dataset,
        )

    @property
    def close_destructions(self) -> CloseDestructions:
        """Issue the closing certificates of what can be read nowhere any more."""
        return CloseDestructions(
            book=self.certificates_as(roles.WAREHOUSE_DESTROYER),
            media=self.media,
            listing=self.list_escrows,
            quarantined=self._quarantined,
            ledger=self._ledger_as_destroyer(),
            keep=self.issue_certificate,
            clock=self.clock,
        )

    @property
    def make_receipt(self) -> MakeReceipt:
        """Hand a destroyed customer who asked for it what they can check."""
        return MakeReceipt(
            book=self.certificates_as(roles.WAREHOUSE_DESTROYER),
            salts=PostgresSalts(self.destroyer),
        )

    @property
    def _removers(self) -> tuple[Offsite, ...]:
        return tuple(
            remover_of(url, s3_endpoint_url=self.settings.s3_endpoint_url)
            for url in self.settings.offsite_urls
        )

    def _ledger_as_destroyer(self) -> PostgresLedger:
        return PostgresLedger(self.destroyer, self.ledger_writer)

    def _quarantined(self) -> Iterator[dt.date | None]:
        room = QuarantineRoom(
            policy=self.policy,
            quarantine=self.quarantine_store,
            book=PostgresDeliveryBook(self.destroyer, self.ledger_writer, self.clock),
            ledger=self._ledger_as_destroyer(),
            clock=self.clock,
        )
        return (item.kept_until for item in room.list())
