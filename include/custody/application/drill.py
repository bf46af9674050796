"""The structural drill: everything that a restore needs is read, on every medium.

Unattended, and no customer's value is opened: ledger, page, escrows of every living
epoch, the newest full set and each delivery object after it, byte for byte; then a
restore into a throwaway database (R65-R68).  A check that could not be made has failed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from custody.application.copy_ledger import Trust, copied_lines, newest_head
from custody.application.escrows import living_epochs, media_without
from custody.application.full_sets import digest_faults
from custody.application.keys import IndexEpochs
from custody.application.ports import Entry, Keyring, Ledger, Offsite
from custody.application.readme import PAGES
from custody.application.restore.replay import replayed
from custody.application.restore.sets import ChosenSet, newest_set
from custody.domain.drills import DRILL_FAULTS, DRILLED, DrillFault, DrillKind
from custody.domain.language import Text, at_place, joined, said
from custody.domain.ledger_check import verify_lines
from custody.domain.restoring import Replay
from custody.errors import CustodyError, EvidenceError

_FAILED = Text("恢复演练未通过：{why}", "the restore drill failed: {why}")
_UNSEEN = Text("未能查看", "nobody could look")
_NO_MEDIUM = Text("没有异地介质", "there is no off-site medium")
_NOT_THERE = Text("列表所载的内容不在", "what is listed there is not there")


class Examination(Protocol):
    """One more thing to look at; `fault` is what it is when nobody could look."""

    @property
    def fault(self) -> DrillFault:
        """What it is when nobody could look."""

    def __call__(self, medium: Offsite) -> Iterable[DrillFault]:
        """Return what a medium fails in."""


Examined = AbstractContextManager[Sequence[Examination]]
"""Examinations, for as long as their throwaway database is there."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a medium failed in, and the error that told so; `placed`: it is there."""

    medium: str
    fault: DrillFault
    error: CustodyError | None
    placed: bool = True

    @property
    def told(self) -> Text:
        """Return the code, which the runbook lists, and what it means.

        Where the world stood between, nothing was found out: that is said.
        """
        seen = self.error is None or isinstance(self.error, EvidenceError)
        words = DRILL_FAULTS[self.fault] if seen or not self.placed else _UNSEEN
        told = Text(f"{self.fault}（{words.zh}）", f"{self.fault} ({words.en})")
        return at_place(self.medium, told)

    @property
    def reason(self) -> Text | None:
        """Return what the error says, with its place."""
        if self.error is None:
            return None
        why = said(self.error)
        return at_place(self.medium, why) if self.placed else why


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
        faults = [one for medium in self.media for one in self._faults(medium)]
        faults += self._tried()
        named = [f"{one.medium}: {one.fault}" for one in faults]
        self.tell(DrillKind.STRUCTURAL, named, [one.name for one in self.media])
        if faults or not self.media:
            told = [one.told for one in faults] or [_NO_MEDIUM]
            reasons = [one.reason for one in faults if one.reason is not None]
            why = joined(dict.fromkeys((*told, *reasons)))
            raise _FAILED.as_error(EvidenceError, why=why)

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

    def _tried(self) -> Iterator[_Failed]:
        """Restore each medium aside; yield what fails, and where nobody could look."""
        try:
            with self.examined() as examinations:
                for medium in self.media:
                    for examination in examinations:
                        found, why = look(examination, medium)
                        for fault in found:
                            yield _Failed(medium.name, fault, why)
        except CustodyError as error:
            for medium in self.media:
                yield _Failed(medium.name, DrillFault.SERVER, error, placed=False)

    def _faults(self, medium: Offsite) -> Iterator[_Failed]:
        copies = _Copies(medium, self.trust)
        checks: Mapping[DrillFault, Callable[[], bool]] = {
            DrillFault.LEDGER: lambda: self._ledger_holds(medium),
            DrillFault.PAGE: lambda: bool(medium.list(PAGES)),
            DrillFault.ESCROWS: lambda: self._escrows_stand(medium),
            DrillFault.SET: copies.has_set,
            DrillFault.OBJECTS: copies.has_objects,
            DrillFault.CARDS: copies.is_for_holders,
        }
        for fault, holds in checks.items():
            why: CustodyError | None = None
            try:
                passed = holds()
            except CustodyError as error:
                passed, why = False, error
            except KeyError:
                passed, why = False, _NOT_THERE.as_error(EvidenceError)
            if not passed:
                yield _Failed(medium.name, fault, why)

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


def look(
    examination: Examination, medium: Offsite
) -> tuple[tuple[DrillFault, ...], CustodyError | None]:
    """Return what is found; the examination's own fault, and why, if it could not."""
    try:
        return tuple(examination(medium)), None
    except CustodyError as error:
        return (examination.fault,), error
    except KeyError:
        return (examination.fault,), _NOT_THERE.as_error(EvidenceError)


@dataclass(frozen=True)
class _Copies:
    """What a medium has of the register; each is read once, and only when asked for."""

    medium: Offsite
    trust: Trust

    @cached_property
    def replay(self) -> Replay:
        """What the ledger there tells."""
        return replayed(self.medium)

    @cached_property
    def chosen(self) -> ChosenSet | None:
        """The newest set."""
        return newest_set(self.medium, self.trust, self.replay)

    @property
    def begun(self) -> int:
        """The position before which everything that was loaded is in it."""
        return 0 if self.chosen is None else self.chosen.begun

    def has_set(self) -> bool:
        """Whether it reads back; an installation may be younger than its first one."""
        return self.chosen is None or self._reads(self.chosen.full.parts())

    def has_objects(self) -> bool:
        """Whether each delivery after it does."""
        later = self.replay.objects(after=self.begun)
        return self._reads((one.path, one.sha256) for one in later)

    def is_for_holders(self) -> bool:
        """Whether it was written for the cards in force."""
        return self.replay.renewed <= self.begun

    def _reads(self, told: Iterable[tuple[str, str]]) -> bool:
        return not any(digest_faults(self.medium, told))
