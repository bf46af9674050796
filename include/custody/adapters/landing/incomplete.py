"""Which places of a landing zone hold something and no complete delivery."""

import datetime as dt
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence

from custody.adapters.landing.places import key_at
from custody.application.ports import Incomplete
from custody.domain.delivery import DeliveryKey
from custody.domain.manifest import MANIFEST_NAME, is_plain_source_id

_DEPTH = 3  # source, date, sequence
_FILLED = ("source", "2000-01-01", "1")
NOWHERE = "landing"
"""The place of what lies in no source's folder."""

Seen = tuple[Sequence[str], dt.datetime]
"""The names on the way to an object, its own last, and when it changed."""

Look = Callable[[tuple[str, ...]], Iterable[tuple[str, os.stat_result]]]
"""What lies in a folder: each name and what the kernel tells of it."""


def seen_below(look: Look, place: tuple[str, ...] = ()) -> Iterator[Seen]:
    """Yield the objects of a folder tree.

    What is deeper than a delivery, or off the way to one, counts as one object.
    The moment is the inode's last change, which no sender sets: the time that a
    file bears may be copied from where it was before.
    """
    for name, found in look(place):
        below = (*place, name)
        changed = dt.datetime.fromtimestamp(found.st_ctime, dt.UTC)
        if len(place) == _DEPTH or not stat.S_ISDIR(found.st_mode):
            yield below, changed
        elif key_at(*below, *_FILLED[len(below) :]) is not None:
            yield from seen_below(look, below)
        elif any(True for _ in look(below)):
            yield (*below, ""), changed


def incomplete_of(seen: Iterable[Seen]) -> Iterator[Incomplete]:
    """Yield the places of the objects, ordered, but those with a manifest.

    Objects that lie where no delivery can be are told together, by the part of
    their path that is ids: the rest of it is their sender's.
    """
    changed: dict[str, dt.datetime] = {}
    keys: dict[str, DeliveryKey | None] = {}
    complete: set[str] = set()
    for parts, moment in seen:
        key = key_at(*parts[:_DEPTH]) if len(parts) > _DEPTH else None
        place = _told(parts[:-1]) if key is None else str(key.delivery_id)
        keys[place] = key
        changed[place] = max(moment, changed.get(place, moment))
        if key is not None and list(parts[_DEPTH:]) == [MANIFEST_NAME]:
            complete.add(place)
    for place in sorted(keys.keys() - complete):
        yield Incomplete(place=place, key=keys[place], changed_at=changed[place])


def _told(parts: Sequence[str]) -> str:
    """Return a place as far as it is ids."""
    if not parts or not is_plain_source_id(parts[0]):
        return NOWHERE
    dated = len(parts) > 1 and key_at(parts[0], parts[1], "1") is not None
    return "/".join(parts[:2] if dated else parts[:1])
