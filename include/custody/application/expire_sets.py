"""Expire sets: what policy keeps no longer leaves a medium, the newest never (R65).

Nothing goes when a listing is empty, or when two listings differ: what came back short
would take the last good set with it.  The manifest goes first, so that what is left
of a killed removal is no set; its objects go with the next run.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from custody.application.at_media import Removed, insist_on_all, removed_from
from custody.application.full_sets import ListedSet, ReadFullSets
from custody.application.ports import (
    Clock,
    Entry,
    Ledger,
    Offsite,
    PathVersion,
    Reached,
    pass_by,
)
from custody.domain.full_set import FOLDER, MANIFEST, FullSet
from custody.domain.language import Text
from custody.errors import EvidenceError

_OBJECTS = f"objects/{FOLDER}"
_NOT_WHOLE = Text(
    "最新一份备份集不完整，一律不移除", "its newest set is not whole: nothing expires"
)
_SHORT = Text(
    "列表为空或不完整，一律不移除",
    "its listing is empty or not whole: nothing expires",
)
_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireSets:
    """The use case, repeatable; `media` are opened as who may remove."""

    media: Sequence[Offsite]
    full_sets: ReadFullSets
    ledger: Ledger
    clock: Clock
    dataset: str
    keep_at_least: int
    reached: Reached = pass_by

    def __call__(self) -> dict[str, int]:
        """Return medium -> how many versions left it; a medium stops no other.

        An error, at the end, names each from which not all went that may go.
        """
        return insist_on_all(self.each())

    def each(self) -> Iterator[Removed]:
        """Yield what left each medium, and why no more did."""
        today = self.clock.now().astimezone(dt.UTC).date()
        return removed_from(self.media, lambda medium: self._clear(medium, today))

    def _clear(self, medium: Offsite, today: dt.date) -> Iterator[bool]:
        versions = (*medium.versions(FOLDER), *medium.versions(_OBJECTS))
        listed = tuple(self.full_sets.listed(medium))
        _refuse_short(versions, listed)
        believed = sorted(
            ((one, one.full) for one in listed if one.full is not None), key=_age
        )
        newest = believed[-self.keep_at_least :]
        if not newest or not self.full_sets.is_whole(medium, newest[-1][0]):
            raise _NOT_WHOLE.as_error(EvidenceError)
        kept = {one.name for one, _ in newest}
        due = [one for one in versions if _is_over(one, today)]
        over = {name for one in due if (name := _manifest_of(one.path))} - kept
        needed = {
            path
            for one, full in believed
            if one.name not in over
            for path, _ in full.parts()
        }
        standing = {one.name for one in listed} - over
        going = [one for one in due if _may_go(one, over, standing, needed)]
        going.sort(key=lambda one: _manifest_of(one.path) is None)
        if going:
            self._tell(medium, over, len(going))
        for one in going:
            yield self._remove(medium, one, today)

    def _tell(self, medium: Offsite, names: Collection[str], count: int) -> None:
        """Record first, then remove."""
        entry = Entry(
            kind="set_expiry_ordered",
            subject=self.dataset,
            body={"medium": medium.name, "sets": sorted(names), "versions": count},
        )
        self.reached("backup.expiry.before")
        self.ledger.append(entry)
        self.reached("backup.expiry.after")

    def _remove(self, medium: Offsite, one: PathVersion, today: dt.date) -> bool:
        self.reached("backup.remove.before")
        removed = medium.remove(one, today=today)
        self.reached("backup.remove.after")
        return removed


def _refuse_short(versions: Sequence[PathVersion], listed: Sequence[ListedSet]) -> None:
    """Refuse listings that are empty, or that do not tell of the same manifests."""
    there = {
        name
        for one in versions
        if not one.marker and (name := _manifest_of(one.path)) is not None
    }
    if not there or there != {one.name for one in listed}:
        raise _SHORT.as_error(EvidenceError)


def _age(one: tuple[ListedSet, FullSet]) -> tuple[dt.datetime, str]:
    return one[1].made_at or _LONG_AGO, one[0].name


def _is_over(one: PathVersion, today: dt.date) -> bool:
    return one.locked_until is None or one.locked_until < today


def _may_go(
    one: PathVersion,
    over: Collection[str],
    standing: Collection[str],
    needed: Collection[str],
) -> bool:
    name = _manifest_of(one.path)
    if name is not None:
        return name in over
    if not one.path.startswith(_OBJECTS):
        return False
    folder = one.path.removeprefix(_OBJECTS).partition("/")[0]
    return folder not in standing and one.path not in needed


def _manifest_of(path: str) -> str | None:
    """Return the name of the set whose manifest lies at a path."""
    if not path.startswith(FOLDER) or MANIFEST not in path:
        return None
    return path.removeprefix(FOLDER).partition(MANIFEST)[0]
