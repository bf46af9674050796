"""Receipts: who asked to be deleted can see that it was done, and that it is them.

A receipt holds the certificate, the customer number and the salt of their commitment
(R44, R72).  The salt is kept for this alone, and is gone once it was handed over.
"""

from dataclasses import dataclass
from enum import StrEnum

from custody.application.ports.certificates import (
    CertificateBook,
    KeptCertificate,
    KeptSalts,
)
from custody.domain.certificate_check import Receipt, write_receipt
from custody.domain.certificate_form import read_certificate
from custody.domain.commitments import commit, prove, read_annex


class NoReceipt(StrEnum):
    """Why there is no receipt; the codes are stable."""

    NO_CERTIFICATE = "no_certificate"
    NO_SALT = "no_salt"
    NOT_LISTED = "not_listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeReceipt:
    """The use case; it names the customer to who asks, and nobody in the ledger."""

    book: CertificateBook
    salts: KeptSalts

    def __call__(self, certificate_id: str, number: str) -> bytes | NoReceipt:
        """Return the receipt of a customer of a destruction, or why there is none."""
        kept = self._kept(certificate_id)
        if kept is None:
            return NoReceipt.NO_CERTIFICATE
        salt = self.salts.salt_of(kept.plan, number)
        if salt is None:
            return NoReceipt.NO_SALT
        proof = prove(read_annex(kept.annex), commit(salt, number))
        if proof is None:
            return NoReceipt.NOT_LISTED
        return write_receipt(
            Receipt(
                certificate=read_certificate(kept.content),
                number=number,
                salt=salt,
                proof=proof,
            )
        )

    def handed_over(self, certificate_id: str, number: str) -> None:
        """Forget the salt: the customer has it now, and nobody else."""
        kept = self._kept(certificate_id)
        if kept is not None:
            self.salts.forget(kept.plan, number)

    def _kept(self, certificate_id: str) -> KeptCertificate | None:
        found = self.book.find(certificate_id)
        return found[0] if len(found) == 1 and found[0].closes is None else None
