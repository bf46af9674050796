"""Seal away: the objects of a landed delivery, into the quarantine 隔离."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import BinaryIO, cast

from custody.application.intake.evidence import FirstBytes, Share, shares_of
from custody.application.ports import Landing, Quarantine, Reached, pass_by
from custody.domain.admission import is_plain_name
from custody.domain.delivery import DeliveryKey
from custody.domain.manifest import MANIFEST_NAME, SIGNATURE_NAME
from custody.errors import DeliveryError


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was sealed: SHA-256 (hex) of each stored object, and what was left out.

    `cut` has a line for each object that was not kept whole: its number in the
    folder (its name is its sender's, and no ledger's), bytes, and their digest.
    """

    digests: tuple[str, ...]
    cut: tuple[str, ...] = ()

    def told(self) -> dict[str, Sequence[str]]:
        """Return what the ledger's body says of it."""
        cut = {"cut": list(self.cut)} if self.cut else {}
        return {"sealed_sha256": list(self.digests), **cut}


@dataclass(frozen=True, slots=True)
class SealAway:
    """Seals a folder; erases nothing.

    `most` is policy's `max_landed_bytes`: no more of a folder is read and kept.
    """

    landing: Landing
    quarantine: Quarantine
    key: DeliveryKey
    reached: Reached = pass_by
    _: KW_ONLY
    most: int

    def __call__(self, under: str) -> Sealed:
        """Seal each object as `<under>/<name>`; a cut one in a folder that says so.

        A name that is not plain is replaced by its number, in a folder of its own
        which no plain name can lie in: its sender chose it.
        Links, devices and the like hold nothing of the delivery and are passed by.
        """
        digests, cut = [], []
        for share in shares_of(self.landing.files(self.key), most=self.most):
            try:
                self.reached("quarantine.seal.before")
                with self.landing.open(self.key, share.file.name) as content:
                    first = FirstBytes(content, share.kept)
                    name = f"{under}/{share.under(_name_of(share))}"
                    digests.append(self.quarantine.put(name, cast("BinaryIO", first)))
                    if share.is_cut:
                        cut.append(_line(share, first.digest()))
                self.reached("quarantine.seal.after")
            except DeliveryError:
                continue
        return Sealed(tuple(digests), tuple(cut))


_OWN = {MANIFEST_NAME, SIGNATURE_NAME}


def _name_of(share: Share) -> str:
    name = share.file.name
    plain = is_plain_name(name) or name in _OWN
    return name if plain else f"unnamed/{share.number:04d}"


def _line(share: Share, digest: str) -> str:
    return (
        f"object {share.number}: the first {share.kept} of {share.file.size} bytes, "
        f"sha256 {digest}"
    )
