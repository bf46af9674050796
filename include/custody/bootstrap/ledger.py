"""The ledger's copies, over their parts."""

from custody.adapters.signing_key import read_signer
from custody.application.copy_ledger import CopyLedger, Trust
from custody.application.ports import Ledger
from custody.bootstrap.parts import Parts
from custody.crypto import signing


class LedgerParts(Parts):
    """What keeps the ledger where its writer cannot take it back."""

    @property
    def trust(self) -> Trust:
        """Heads are believed by the ledger's own public key alone."""
        return Trust(
            signing.verify_labelled, (signing.fingerprint(self.public_keys.ledger),)
        )

    @property
    def copy_ledger(self) -> CopyLedger:
        """Bring new entries and a signed head to every off-site medium."""
        return self.copy_ledger_as(self.ledger)

    def copy_ledger_as(self, ledger: Ledger) -> CopyLedger:
        """Do so as whoever reads the ledger."""
        return CopyLedger(
            ledger=ledger,
            media=self.media,
            signer=read_signer(self.settings.ledger_key_file),
            trust=self.trust,
            clock=self.clock,
        )
