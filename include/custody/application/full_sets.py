"""Full sets on a medium, read back: without one no escrow leaves it (design idea 4)."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from custody.application.copy_ledger import Trust
from custody.application.ports import Offsite
from custody.domain.full_set import FullSet, manifest_digest, read_manifest
from custody.errors import EvidenceError

FOLDER = "full/"
_MANIFEST = ".manifest"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadFullSets:
    """Implements `FullSets`: a trusted manifest, and every object that it names."""

    trust: Trust

    def lies_on(self, medium: Offsite, manifests: Collection[str]) -> bool:
        """Whether a full set with such a manifest was read back whole now."""
        for path in medium.list(FOLDER):
            if not path.endswith(_MANIFEST):
                continue
            content = medium.read(path)
            if manifest_digest(content) in manifests and self._is_whole(
                medium, content
            ):
                return True
        return False

    def _is_whole(self, medium: Offsite, content: bytes) -> bool:
        try:
            full = read_manifest(
                content, verify=self.trust.verify, pins=self.trust.pins
            )
        except EvidenceError:
            return False
        return full.medium == medium.name and _reads_back(medium, full)


def _reads_back(medium: Offsite, full: FullSet) -> bool:
    """Whether every object has the bytes that the manifest says; none is none."""
    try:
        return bool(full.objects) and all(
            _sha256(medium, path) == digest for path, digest in full.objects
        )
    except KeyError:
        return False


def _sha256(medium: Offsite, path: str) -> str:
    digest = hashlib.sha256()
    with medium.open(path) as content:
        while piece := content.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()
