"""Whether a certificate holds: its form, its signer, and its own rules again (R72).

Works offline, from the file and the fingerprints that the reader pins: a key that
is found in the file alone is believed by nobody.  A receipt shows one customer that
the certificate is about them.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.certificate import DestructionCertificate, certify
from custody.domain.certificate_form import (
    Certificate,
    SignedCertificate,
    canonical_json,
    read_certificate,
    read_signed,
    write_certificate,
)
from custody.domain.commitments import Proof, commit, is_listed
from custody.domain.language import Text
from custody.domain.ledger import key_of
from custody.domain.ledger_check import Verify, fingerprint
from custody.errors import EvidenceError

_RECEIPT = frozenset(("index", "number", "path", "salt"))


class CertificateFault(StrEnum):
    """What a certificate can be found guilty of; the codes are stable."""

    MALFORMED = "malformed"
    NOT_PINNED = "not_pinned"
    SIGNATURE = "signature"
    CONTRADICTS = "contradicts"
    NOT_LISTED = "not_listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict: what was read, and every fault; `holds` when there is none."""

    found: SignedCertificate | None
    faults: tuple[CertificateFault, ...]

    @property
    def holds(self) -> bool:
        """Whether it was read and nothing was found."""
        return self.found is not None and not self.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a destroyed customer holds: the certificate, their number and salt."""

    certificate: SignedCertificate
    number: str
    salt: bytes
    proof: Proof


def judge_certificate(
    content: bytes, *, verify: Verify, pins: Collection[str]
) -> Judgement:
    """Judge the file of a certificate; with no pins nothing holds."""
    try:
        found = read_certificate(content)
    except EvidenceError:
        return Judgement(found=None, faults=(CertificateFault.MALFORMED,))
    return _judge(found, verify=verify, pins=pins)


def judge_receipt(
    content: bytes, *, verify: Verify, pins: Collection[str]
) -> Judgement:
    """Judge a receipt: its certificate holds, and lists the customer's commitment."""
    try:
        receipt = read_receipt(content)
    except EvidenceError:
        return Judgement(found=None, faults=(CertificateFault.MALFORMED,))
    judged = _judge(receipt.certificate, verify=verify, pins=pins)
    stated = receipt.certificate.certificate
    listed = isinstance(stated, DestructionCertificate) and is_listed(
        commit(receipt.salt, receipt.number),
        receipt.proof,
        stated.destruction.commitments,
    )
    if listed:
        return judged
    return Judgement(
        found=judged.found, faults=(*judged.faults, CertificateFault.NOT_LISTED)
    )


def write_receipt(receipt: Receipt) -> bytes:
    """Return the file of a receipt: canonical JSON and one newline."""
    certificate: Mapping[str, object] = json.loads(
        write_certificate(receipt.certificate)
    )
    stated = {
        "index": receipt.proof.index,
        "number": receipt.number,
        "path": [one.hex() for one in receipt.proof.path],
        "salt": receipt.salt.hex(),
    }
    return canonical_json({"certificate": certificate, "receipt": stated}) + b"\n"


def read_receipt(content: bytes) -> Receipt:
    """Take a receipt apart; EvidenceError when a single byte is not canonical."""
    try:
        receipt = _read(json.loads(content))
        rebuilt = write_receipt(receipt)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _MALFORMED.as_error(EvidenceError) from None
    if rebuilt != content:
        raise _MALFORMED.as_error(EvidenceError)
    return receipt


_MALFORMED = Text(
    "收据不符合 docs/formats.md 的格式",
    "the receipt is not in the form of docs/formats.md",
)


def _read(content: dict[str, dict[str, object]]) -> Receipt:
    stated = content["receipt"]
    index, path = stated["index"], stated["path"]
    if stated.keys() != _RECEIPT or type(index) is not int or type(path) is not list:
        raise TypeError
    salt = bytes.fromhex(str(stated["salt"]))
    commit(salt, "")  # its length
    return Receipt(
        certificate=read_signed(content["certificate"]),
        number=str(stated["number"]),
        salt=salt,
        proof=Proof(index=index, path=tuple(bytes.fromhex(str(it)) for it in path)),
    )


def _judge(
    found: SignedCertificate, *, verify: Verify, pins: Collection[str]
) -> Judgement:
    key = key_of(found.origin)
    findings = {
        CertificateFault.NOT_PINNED: fingerprint(key) not in pins,
        CertificateFault.SIGNATURE: not verify(key, found.signed, found.signature),
        CertificateFault.CONTRADICTS: _contradicts(found.certificate),
    }
    return Judgement(
        found=found, faults=tuple(fault for fault, is_so in findings.items() if is_so)
    )


def _contradicts(stated: Certificate) -> bool:
    """Whether a certificate says what its own observations do not show.

    A closing certificate's rules need the destruction's; of it alone, that no
    escrow was left and the date is that of the last look.
    """
    if isinstance(stated, DestructionCertificate):
        again = certify(
            stated.destruction,
            media=stated.destruction.media,
            issued_at=stated.issued_at,
        )
        return again != stated
    seen = [one.seen_at for one in stated.listings]
    seen += [one.seen_at for one in stated.observations]
    left = any(one.destroyed or not one.living for one in stated.listings)
    return left or not stated.listings or stated.unreadable_since != max(seen)
