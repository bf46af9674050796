"""Verify media: every byte that a restore may need is read back and compared (R65).

Sets by their signed manifests; pages and escrows by the digests in their names; the
ledger's stretches and heads by their signatures; the objects of deliveries by what the
ledger tells.  Needs no key, and a medium that fails stops no other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.application.copied_ledger import CopiedLedger
from custody.application.copy_ledger import FOLDER, Trust
from custody.application.escrow_removal import epoch_of
from custody.application.full_sets import (
    ListedSet,
    ReadFullSets,
    digest_faults,
    faults_of,
)
from custody.application.keys import ESCROW_PREFIX, escrow_path, escrow_tag
from custody.application.ports import Offsite
from custody.application.readme import PAGES, readme_path
from custody.application.there import read_there
from custody.domain.full_set import manifest_path
from custody.domain.language import Text, said
from custody.domain.restoring import Replay
from custody.errors import CustodyError

MISSING, OTHER, UNTRUSTED = "missing", "other", "untrusted"
Fault = tuple[str, str]
"""A path and what is wrong there: `missing`, `other`, `untrusted`, `empty`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found of one set, or, without a name, of what lies beside the sets.

    `why` is a fault of the world: nobody could look to the end.
    """

    medium: str
    name: str
    faults: tuple[Fault, ...] = ()
    why: Text | None = None

    @property
    def holds(self) -> bool:
        """Whether everything was read and is what it was."""
        return not self.faults and not self.why


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyMedia:
    """The use case; it changes nothing and tells nobody but its caller."""

    media: Sequence[Offsite]
    trust: Trust

    def __call__(self, name: str = "") -> Iterator[Verified]:
        """Yield what was found, medium by medium; of one set when it is named."""
        for medium in self.media:
            try:
                yield from self._sets(medium, name)
                if not name:
                    beside = tuple(self._beside(medium))
                    yield Verified(medium=medium.name, name="", faults=beside)
            except CustodyError as fault:
                yield Verified(medium=medium.name, name=name, why=said(fault))

    def _sets(self, medium: Offsite, name: str) -> Iterator[Verified]:
        for one in self._listed(medium):
            if name not in {"", one.name}:
                continue
            found = (
                ((manifest_path(one.name), UNTRUSTED),)
                if one.full is None
                else tuple(faults_of(medium, one.full))
            )
            yield Verified(medium=medium.name, name=one.name, faults=found)

    def _listed(self, medium: Offsite) -> Iterator[ListedSet]:
        return ReadFullSets(self.trust).listed(medium)

    def _beside(self, medium: Offsite) -> Iterator[Fault]:
        yield from page_faults(medium)
        yield from escrow_faults(medium)
        ledger = CopiedLedger(medium, self.trust)
        replay = Replay(medium.name)
        for line in ledger.lines():
            replay.take(line)
        yield from ledger.faults
        # A ledger that was cut at its end looks like a young one.
        sets = (one.full for one in self._listed(medium) if one.full is not None)
        size = max((int(one.ledger.partition(":")[0] or 0) for one in sets), default=0)
        if ledger.size < size:
            yield f"{FOLDER}{size:012d}", MISSING
        told = ((one.path, one.sha256) for one in replay.objects(after=0))
        yield from digest_faults(medium, told)


def page_faults(medium: Offsite) -> Iterator[Fault]:
    """Yield the pages in clear that are not what their names say."""
    for path in medium.list(PAGES):
        if readme_path(read_there(medium, path)) != path:
            yield path, OTHER


def escrow_faults(medium: Offsite) -> Iterator[Fault]:
    """Yield the escrows that are not what their names say, and whose nobody knows."""
    for path in medium.list(f"{ESCROW_PREFIX}/"):
        epoch = epoch_of(path)
        if (
            epoch is None
            or escrow_path(epoch, read_there(medium, path), escrow_tag(path)) != path
        ):
            yield path, OTHER
