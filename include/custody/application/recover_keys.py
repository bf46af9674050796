"""Recover keys: a provider that was lost gets every living key back from its escrow.

The databases stand: nobody is restored and nobody is lost, up to the last record that
was sealed.  All keys are opened, and tried on what is wrapped under them, before one
is taken over; what was destroyed has no living epoch, so nothing of it comes back.
"""

from dataclasses import dataclass

from custody.application.escrows import living_epochs
from custody.application.keys import IndexEpochs
from custody.application.ports import Entry, Keyring, Ledger
from custody.application.ports.rekey import EpochKeys
from custody.application.ports.restore import AdoptsKeys
from custody.application.restore.keys import EscrowedKeys
from custody.crypto.rewrap import Wrapping, check_batch
from custody.domain.epochs import EpochId
from custody.domain.language import Text
from custody.errors import EvidenceError, OpenError

_OPENS_NOTHING = Text(
    "{epoch}：其托管打不开该纪元下包裹的任何密钥",
    "{epoch}: its escrow opens nothing that is wrapped under it",
)

TRIED = 1_000
"""Data keys that each wrapping key must open first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverKeys:
    """The use case; `escrowed` opens by the secret of one medium."""

    dataset: str
    escrowed: EscrowedKeys
    provider: AdoptsKeys
    keyring: Keyring
    index_epochs: IndexEpochs
    keys: EpochKeys
    ledger: Ledger

    def __call__(self) -> tuple[EpochId, ...]:
        """Take over what is missing, told first; return every living epoch.

        Repeatable.  KeyDestroyedError when an epoch has no escrow there; EvidenceError
        when one does not open what is wrapped under it; ConflictError when the
        provider has another key of an epoch, or has destroyed it.
        """
        self.escrowed.look()
        living = tuple(living_epochs(self.keyring, self.index_epochs))
        for epoch in living:
            self._try(epoch)
        entry = Entry(
            kind="keys_recovered",
            subject=self.dataset,
            body={
                "medium": self.escrowed.medium.name,
                "epochs": sorted(map(str, living)),
            },
        )
        self.ledger.append(entry)
        for epoch in living:
            self.provider.adopt(epoch, self.escrowed.open(epoch))
        return living

    def _try(self, epoch: EpochId) -> None:
        key = self.escrowed.open(epoch)
        if epoch.level is None:  # wraps no data key
            return
        records = self.keys.records(epoch, after=b"", most=TRIED)
        try:
            check_batch(records, wrapping=Wrapping(key=key, epoch=str(epoch)))
        except OpenError:
            raise _OPENS_NOTHING.as_error(EvidenceError, epoch=epoch) from None
