"""Escrow removal: the escrows of destroyed epochs leave the media (design idea 4).

An escrow goes only when its lock has run out, its epoch's key is destroyed at the
provider, and a full set of every survivor that was written after the destruction
lies on that medium and was read back now: else the last way to the survivors could
go with it.  What is left is told by a complete listing, never by what was ordered.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from custody.application.at_media import insist_on_all, removed_from
from custody.application.keys import ESCROW_PREFIX
from custody.application.ports import (
    Clock,
    Entry,
    KeyProvider,
    Ledger,
    Offsite,
    PathVersion,
    Reached,
    pass_by,
)
from custody.application.ports.certificates import CertificateBook, FullSets
from custody.domain.certificate import DestructionCertificate
from custody.domain.certificate_form import read_certificate
from custody.domain.epochs import EpochId, Purpose, leads_up_to
from custody.domain.observations import FullSetSeen, Listing

_DESTROYED, _LIVE = "destroyed", "live"
_EPOCH_PARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEscrows:
    """Looks at what a medium has of escrows: completely, and at what it should have."""

    provider: KeyProvider
    clock: Clock

    def __call__(self, medium: Offsite, epochs: Collection[EpochId]) -> Listing:
        """List; whatever lies there and names no epoch counts as one that is left.

        So do the escrows of the epochs before: older copies open by them as well.
        """
        found = medium.versions(f"{ESCROW_PREFIX}/")
        return Listing(
            medium=medium.name,
            objects=sum(1 for one in found if not one.marker),
            markers=sum(1 for one in found if one.marker),
            destroyed=sum(1 for one in found if unlocks(one, epochs)),
            living=self._living(found),
            seen_at=self.clock.now(),
        )

    def destroyed(self, epoch: EpochId) -> dt.date | None:
        """Return the day on which an epoch's key was destroyed, None while it is not.

        A key that the provider does not know is none that was seen to be destroyed.
        """
        try:
            state = self.provider.state(epoch)
        except KeyError:
            return None
        return state.final if state.name == _DESTROYED else None

    def _living(self, found: Sequence[PathVersion]) -> int:
        epochs = [epoch_of(one.path) for one in found if not one.marker]
        return sum(1 for one in epochs if one is not None and self._is_live(one))

    def _is_live(self, epoch: EpochId) -> bool:
        try:
            return self.provider.state(epoch).name == _LIVE
        except KeyError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveEscrows:
    """The use case, daily and repeatable; `media` are opened as who may remove."""

    media: Sequence[Offsite]
    listing: ListEscrows
    book: CertificateBook
    full_sets: FullSets
    ledger: Ledger
    clock: Clock
    dataset: str
    reached: Reached = pass_by

    def __call__(self) -> dict[str, int]:
        """Return medium -> how many versions and markers left it.

        A medium that is not there stops no other, and is told of at the end: what is
        due there goes when it is next mounted.
        """
        today = self.clock.now().astimezone(dt.UTC).date()
        stated = [
            one
            for kept in self.book.all()
            if isinstance(
                one := read_certificate(kept.content).certificate,
                DestructionCertificate,
            )
        ]
        return insist_on_all(
            removed_from(self.media, lambda medium: self._clear(medium, stated, today))
        )

    def _clear(
        self, medium: Offsite, stated: Sequence[DestructionCertificate], today: dt.date
    ) -> Iterator[bool]:
        expired = [
            one
            for one in medium.versions(f"{ESCROW_PREFIX}/")
            if one.locked_until is None or one.locked_until < today
        ]
        epochs = {epoch for one in expired if (epoch := epoch_of(one.path)) is not None}
        covered = {epoch for epoch in epochs if self._is_covered(medium, epoch, stated)}
        due = [one for one in expired if epoch_of(one.path) in covered]
        if not due:
            return
        self._tell(medium, covered, len(due))
        for one in due:
            yield self._remove(medium, one, today)

    def _is_covered(
        self,
        medium: Offsite,
        epoch: EpochId,
        stated: Sequence[DestructionCertificate],
    ) -> bool:
        """Whether an epoch is destroyed, and its survivors lie on the medium."""
        destroyed_on = self.listing.destroyed(epoch)
        if destroyed_on is None:
            return False
        if epoch.purpose is Purpose.DRILL:  # of the controls no survivor can be lost
            return True
        manifests = {
            full.manifest
            for full in _sets_after(epoch, destroyed_on, stated)
            if full.medium == medium.name
        }
        return bool(manifests) and self.full_sets.lies_on(medium, manifests)

    def _tell(self, medium: Offsite, epochs: Collection[EpochId], count: int) -> None:
        """Record first, then remove; the closing certificate proves it."""
        entry = Entry(
            kind="escrow_removal_ordered",
            subject=self.dataset,
            body={
                "medium": medium.name,
                "epochs": sorted(map(str, epochs)),
                "versions": count,
            },
        )
        self.reached("closing.order.before")
        self.ledger.append(entry)
        self.reached("closing.order.after")

    def _remove(self, medium: Offsite, one: PathVersion, today: dt.date) -> bool:
        self.reached("closing.remove.before")
        removed = medium.remove(one, today=today)
        self.reached("closing.remove.after")
        return removed


def epoch_of(path: str) -> EpochId | None:
    """Return whose escrow lies at a path, None when it names no epoch."""
    parts = path.split("/")[1 : 1 + _EPOCH_PARTS]
    try:
        return EpochId.parse("/".join(parts))
    except ValueError:
        return None


def unlocks(one: PathVersion, ended: Collection[EpochId]) -> bool:
    """Whether what lies there may open what was under epochs that have ended."""
    epoch = epoch_of(one.path)
    return epoch is None or leads_up_to(epoch, ended)


def _sets_after(
    epoch: EpochId, destroyed_on: dt.date, stated: Sequence[DestructionCertificate]
) -> Iterator[FullSetSeen]:
    """Yield the full sets that were written when an epoch had been ended.

    Of the destruction that ended it, or one that came after it: its sets come after
    that, and hold nothing under it.  Of others: those read back on a later day.
    """
    for one in stated:
        ended_by_then = leads_up_to(epoch, one.destruction.epochs)
        for full in one.destruction.full_sets:
            if ended_by_then or full.seen_at.astimezone(dt.UTC).date() > destroyed_on:
                yield full
