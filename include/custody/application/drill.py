"""The structural drill: everything that a restore needs is read, on every medium.

Unattended, and no customer's value is opened: ledger, page, escrows of every living
epoch, the newest full set and each delivery object after it, byte for byte; then a
restore into a throwaway database (R65-R68).  A check that could not be made has failed.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from custody.application.copy_ledger import Trust, copied_lines, newest_head
from custody.application.escrows import living_epochs, media_without
from custody.application.keys import IndexEpochs
from custody.application.ports import Entry, Keyring, Ledger, Offsite
from custody.application.restore.sets import newest_set
from custody.domain.drills import DRILLED, DrillFault, DrillKind
from custody.domain.ledger import read_line
from custody.domain.ledger_check import verify_lines
from custody.domain.restoring import Replay
from custody.errors import CustodyError, EvidenceError

_CHUNK = 1 << 20


class Examination(Protocol):
    """One more thing to look at; `fault` is what it is when nobody could look."""

    @property
    def fault(self) -> DrillFault:
        """What it is when nobody could look."""

    def __call__(self, medium: Offsite) -> Iterable[DrillFault]:
        """Return what a medium fails in."""


Examined = AbstractContextManager[Sequence[Examination]]
"""Examinations, for as long as their throwaway database is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDrill:
    """The use case; told in the ledger whether it passed or not."""

    dataset: str
    media: Sequence[Offsite]
    tags: Mapping[str, str]
    trust: Trust
    keyring: Keyring
    index_epochs: IndexEpochs
    ledger: Ledger
    examined: Callable[[], Examined]

    def __call__(self) -> None:
        """Look at every medium; EvidenceError, told first, names what failed."""
        faults = [
            f"{medium.name}: {fault}"
            for medium in self.media
            for fault in self._faults(medium)
        ]
        tried, why = self._tried()
        faults += tried
        self.tell(DrillKind.STRUCTURAL, faults, [one.name for one in self.media])
        if faults or not self.media:
            told = "the restore drill failed: " + ", ".join(faults)
            raise EvidenceError(f"{told} ({why})" if why else told)

    def tell(
        self, kind: DrillKind, faults: Sequence[str], media: Sequence[str]
    ) -> None:
        """Append what came of a drill."""
        body = {
            "drill": kind.value,
            "passed": not faults and bool(media),
            "media": list(media),
            "faults": list(faults),
        }
        self.ledger.append(Entry(kind=DRILLED, subject=self.dataset, body=body))

    def _tried(self) -> tuple[list[str], str]:
        """Restore each medium aside; return faults, and why there was no server."""
        faults: list[str] = []
        try:
            with self.examined() as examinations:
                for medium in self.media:
                    for examination in examinations:
                        found = look(examination, medium)
                        faults += [f"{medium.name}: {fault}" for fault in found]
        except CustodyError as fault:
            faults += [f"{medium.name}: {DrillFault.SERVER}" for medium in self.media]
            return faults, str(fault)
        return faults, ""

    def _faults(self, medium: Offsite) -> Iterator[DrillFault]:
        checks: Mapping[DrillFault, Callable[[Offsite], bool]] = {
            DrillFault.LEDGER: self._ledger_holds,
            DrillFault.PAGE: _has_page,
            DrillFault.ESCROWS: self._escrows_stand,
            DrillFault.SET: self._set_reads,
            DrillFault.OBJECTS: self._objects_read,
            DrillFault.CARDS: self._cards_open,
        }
        for fault, holds in checks.items():
            try:
                passed = holds(medium)
            except (CustodyError, KeyError):
                passed = False
            if not passed:
                yield fault

    def _ledger_holds(self, medium: Offsite) -> bool:
        head = newest_head(medium, self.trust)
        verdict = verify_lines(
            copied_lines(medium),
            verify=self.trust.verify,
            pins=self.trust.pins,
            heads=() if head is None else (head,),
        )
        return head is not None and verdict.holds

    def _escrows_stand(self, medium: Offsite) -> bool:
        living = living_epochs(self.keyring, self.index_epochs)
        return not any(media_without(epoch, [medium], self.tags) for epoch in living)

    def _set_reads(self, medium: Offsite) -> bool:
        chosen = newest_set(medium, self.trust, _told(medium))
        if chosen is None:  # an installation that is younger than its first backup
            return True
        return all(_reads(medium, *one) for one in chosen.full.parts())

    def _objects_read(self, medium: Offsite) -> bool:
        replay = _told(medium)
        chosen = newest_set(medium, self.trust, replay)
        begun = 0 if chosen is None else chosen.begun
        return all(
            _reads(medium, one.path, one.sha256) for one in replay.objects(after=begun)
        )

    def _cards_open(self, medium: Offsite) -> bool:
        """Whether the newest set was written for the cards in force."""
        replay = _told(medium)
        chosen = newest_set(medium, self.trust, replay)
        return replay.renewed <= (0 if chosen is None else chosen.begun)


def look(examination: Examination, medium: Offsite) -> tuple[DrillFault, ...]:
    """Return what an examination finds; its own fault when nobody could look."""
    try:
        return tuple(examination(medium))
    except (CustodyError, KeyError):
        return (examination.fault,)


def _has_page(medium: Offsite) -> bool:
    return bool(medium.list("full/README."))


def _told(medium: Offsite) -> Replay:
    replay = Replay(medium.name)
    for line in copied_lines(medium):
        replay.take(read_line(line))
    return replay


def _reads(medium: Offsite, path: str, sha256: str) -> bool:
    digest = hashlib.sha256()
    with medium.open(path) as content:
        while piece := content.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest() == sha256
