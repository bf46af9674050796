"""Full sets on a medium, read back: without one no escrow leaves it (design idea 4)."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from custody.application.copy_ledger import Trust
from custody.application.ports import Offsite
from custody.application.there import read_there
from custody.domain.full_set import (
    FOLDER,
    MANIFEST,
    FullSet,
    manifest_digest,
    read_manifest,
)
from custody.errors import EvidenceError

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSet:
    """A manifest on a medium; `full` is None when it is not believed."""

    medium: str
    name: str
    digest: str
    full: FullSet | None


@dataclass(frozen=True, slots=True)
class ReadFullSets:
    """Implements `FullSets`: a trusted manifest, and every object that it names."""

    trust: Trust

    def lies_on(self, medium: Offsite, manifests: Collection[str]) -> bool:
        """Whether a full set with such a manifest was read back whole now."""
        return any(
            one.digest in manifests and self.is_whole(medium, one)
            for one in self.listed(medium)
        )

    def listed(self, medium: Offsite) -> Iterator[ListedSet]:
        """Yield every manifest of a medium by its name, believed or not."""
        for path in medium.list(FOLDER):
            if not path.endswith(MANIFEST):
                continue
            content = read_there(medium, path)
            yield ListedSet(
                medium=medium.name,
                name=path.removeprefix(FOLDER).removesuffix(MANIFEST),
                digest=manifest_digest(content),
                full=self._believed(medium, content),
            )

    def is_whole(self, medium: Offsite, one: ListedSet) -> bool:
        """Whether a set is believed and every object of it reads back now."""
        return one.full is not None and not any(faults_of(medium, one.full))

    def _believed(self, medium: Offsite, content: bytes) -> FullSet | None:
        try:
            full = read_manifest(
                content, verify=self.trust.verify, pins=self.trust.pins
            )
        except EvidenceError:
            return None
        return full if full.medium == medium.name else None


def faults_of(medium: Offsite, full: FullSet) -> Iterator[tuple[str, str]]:
    """Yield path and fault of what a set needs and the medium does not give back.

    `missing`, `other`: it is not there, or has other bytes.  A set that names no
    object is `empty`.
    """
    if not any(full.parts()):
        yield "", "empty"
    yield from digest_faults(medium, full.parts())


def digest_faults(
    medium: Offsite, told: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield path and fault of what is not there under its SHA-256 (hex)."""
    for path, digest in told:
        try:
            found = _sha256(medium, path)
        except KeyError:
            yield path, "missing"
        else:
            if found != digest:
                yield path, "other"


def _sha256(medium: Offsite, path: str) -> str:
    digest = hashlib.sha256()
    with medium.open(path) as content:
        while piece := content.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()
