"""Which full set is restored: the newest that the ledger names and the medium holds."""

from collections.abc import Iterator
from dataclasses import dataclass

from custody.application.copy_ledger import Trust
from custody.application.ports import Offsite
from custody.application.there import read_there
from custody.domain.epochs import EpochId
from custody.domain.full_set import (
    FOLDER,
    MANIFEST,
    FullSet,
    manifest_digest,
    read_manifest,
)
from custody.domain.language import Text
from custody.domain.restoring import Replay
from custody.errors import EvidenceError

_NO_SET = Text(
    "{medium}：没有已写成的完整备份集",
    "{medium}: no full set that was written lies there",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenSet:
    """A set, the digest of its manifest, and the ledger line that tells of it.

    `begun` is a position before which everything that was loaded is in the set.
    """

    full: FullSet
    manifest: str
    position: int
    begun: int

    @property
    def snapshot(self) -> int:
        """Return after which line everything in it was read."""
        return self.begun if self.full.ledger else self.position


def newest_set(medium: Offsite, trust: Trust, replay: Replay) -> ChosenSet | None:
    """Return the newest set, None when the ledger knows of none on this medium.

    EvidenceError when it names sets and none lies there as it was written, or the
    medium lists what it does not have.
    """
    lying = dict(_manifests(medium, trust))
    for position, digest in reversed(replay.sets):
        if digest in lying:
            full = lying[digest]
            # The head that the ledger had in the snapshot; older sets do not tell.
            told = int(full.ledger.partition(":")[0] or 0)
            begun = told or replay.begun_before(full.plan, position)
            return ChosenSet(full=full, manifest=digest, position=position, begun=begun)
    if replay.sets:
        raise _NO_SET.as_error(EvidenceError, medium=medium.name)
    return None


def epochs_of(chosen: ChosenSet | None) -> frozenset[EpochId]:
    """Return the epochs that a set names, none without one."""
    names = () if chosen is None else chosen.full.epochs
    return frozenset(map(EpochId.parse, names))


def _manifests(medium: Offsite, trust: Trust) -> Iterator[tuple[str, FullSet]]:
    """Yield what a pinned key signed for this very medium."""
    for path in medium.list(FOLDER):
        if path.endswith(MANIFEST):
            content = read_there(medium, path)
            try:
                full = read_manifest(content, verify=trust.verify, pins=trust.pins)
            except EvidenceError:  # a half that a killed run left, or a forgery
                continue
            if full.medium == medium.name:
                yield manifest_digest(content), full
