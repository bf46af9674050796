"""Certify: sign what may be certified, and keep it with its ledger entry (R72).

What may be, `domain.certificate` and `domain.closing` decided; a plan has at most one
certificate of each kind, so whoever asks again is given the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from custody.application.ports import Entry, Reached, pass_by
from custody.application.ports.certificates import (
    CertificateBook,
    KeptCertificate,
    kept_of,
)
from custody.domain.certificate import DestructionCertificate
from custody.domain.certificate_check import judge_certificate
from custody.domain.certificate_fault_words import FAULTS
from custody.domain.certificate_form import (
    Certificate,
    kind_of,
    sign_certificate,
    write_certificate,
)
from custody.domain.closing import ClosingCertificate
from custody.domain.commitments import sum_up, write_annex
from custody.domain.language import Text, joined
from custody.domain.ledger import Signer, key_of
from custody.domain.ledger_check import Verify, fingerprint
from custody.errors import EvidenceError

_OTHER_ANNEX = Text("附件未列出被销毁者", "the annex does not list who was destroyed")
_NOT_KEPT = Text("不予留存：{faults}", "not to be kept: {faults}")
_NO_CERTIFICATE = Text(
    "该计划已有销毁记录，却找不到", "the plan has a certificate that is not there"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepCertificate:
    """The use case; `signer` is the certificates' own key, not the ledger's."""

    book: CertificateBook
    signer: Signer
    verify: Verify
    reached: Reached = pass_by

    def __call__(
        self, certificate: DestructionCertificate, annex: Sequence[bytes]
    ) -> str:
        """Keep the certificate of a destruction; return its id (repeatable).

        EvidenceError when the annex is not the one whose root it states.
        """
        stated = certificate.destruction
        if sum_up(annex) != stated.commitments:
            raise _OTHER_ANNEX.as_error(EvidenceError)
        kept = self.book.of_plan(kind_of(certificate), stated.plan)
        if kept is None:
            self.reached("destroy.certificate.before")
            kept = self._keep(
                certificate,
                subject=stated.dataset,
                annex=write_annex(annex),
            )
            self.reached("destroy.certificate.after")
        return kept.certificate_id

    def closing(self, certificate: ClosingCertificate) -> str:
        """Keep a closing certificate; return its id (repeatable)."""
        self.reached("closing.certificate.before")
        kept = self._keep(certificate, subject=certificate.dataset)
        self.reached("closing.certificate.after")
        return kept.certificate_id

    def _keep(
        self, certificate: Certificate, *, subject: str, annex: bytes = b""
    ) -> KeptCertificate:
        signed = sign_certificate(certificate, self.signer)
        content = write_certificate(signed)
        own = fingerprint(key_of(self.signer.origin))
        judged = judge_certificate(content, verify=self.verify, pins={own})
        if not judged.holds:
            raise _NOT_KEPT.as_error(
                EvidenceError, faults=joined(FAULTS[one] for one in judged.faults)
            )
        made = kept_of(signed, content, annex=annex)
        if self.book.add(made, _entry(made, subject)):
            return made
        first = self.book.of_plan(made.kind, made.plan)
        if first is None:
            raise _NO_CERTIFICATE.as_error(EvidenceError)
        return first


def _entry(made: KeptCertificate, subject: str) -> Entry:
    body = {
        "certificate": made.certificate_id,
        "of": made.kind,
        "plan": made.plan,
        "content": made.content.decode(),
    }
    if made.closes is not None:
        body["closes"] = made.closes
    return Entry(kind="certificate_issued", subject=subject, body=body)
