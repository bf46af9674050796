"""Ports to certificates: the book that keeps them, salts, and full sets on media."""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from custody.application.ports.keys import Offsite
from custody.application.ports.warehouse import Entry
from custody.domain.certificate import DestructionCertificate
from custody.domain.certificate_form import SignedCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCertificate:
    """A certificate as it is kept: `content` is its file, byte for byte.

    `plan` is the digest of the plan that was carried out; `annex` lists commitments
    and is empty for a closing certificate, whose `closes` names the other one.
    """

    certificate_id: str
    kind: str
    plan: str
    issued_at: dt.datetime
    content: bytes
    annex: bytes = b""
    closes: str | None = None


def kept_of(
    signed: SignedCertificate, content: bytes, *, annex: bytes = b""
) -> KeptCertificate:
    """Return a certificate as it is kept, of what was signed and its file."""
    stated, closes = signed.certificate, None
    if isinstance(stated, DestructionCertificate):
        plan = stated.destruction.plan
    else:
        plan, closes = stated.plan, stated.closes
    return KeptCertificate(
        certificate_id=signed.certificate_id,
        kind=signed.kind,
        plan=plan,
        issued_at=stated.issued_at,
        content=content,
        annex=annex,
        closes=closes,
    )


class CertificateBook(Protocol):
    """Every certificate that was issued, append-only."""

    def add(self, kept: KeptCertificate, entry: Entry) -> bool:
        """Keep one with its ledger entry; False when the plan has one of its kind."""

    def of_plan(self, kind: str, plan: str) -> KeptCertificate | None:
        """Return the certificate of a plan, None when there is none."""

    def find(self, beginning: str) -> tuple[KeptCertificate, ...]:
        """Return those whose id begins so, at most two: one is an answer."""

    def all(self) -> Iterator[KeptCertificate]:
        """Yield them, the oldest first."""

    def unclosed(self) -> tuple[KeptCertificate, ...]:
        """Return the destruction certificates without a closing one, oldest first."""


class KeptSalts(Protocol):
    """The salts of customers who asked to be destroyed, until they have a receipt."""

    def salt_of(self, plan: str, number: str) -> bytes | None:
        """Return the salt of a customer of a plan, None when none is kept."""

    def forget(self, plan: str, number: str) -> None:
        """Delete it; repeatable."""


class FullSets(Protocol):
    """Full sets of the survivors, as they lie on a medium (R65-R67)."""

    def lies_on(self, medium: Offsite, manifests: Collection[str]) -> bool:
        """Whether one with such a manifest (SHA-256, hex) was read back whole now."""
