"""Backups 备份: when each medium last took a set, by the ledger, and what it lacks.

They are monthly (R65), so one that is longer ago than a month and a little is an alarm.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from custody.domain.delivery_story import texts_of
from custody.domain.ledger import Line, read_line

LONGEST = dt.timedelta(days=35)

BACKED_UP = "backed_up"
SET_KINDS = (BACKED_UP, "full_set_written")
"""A destruction writes a set as a backup does, and names no intake days."""

_MARKS = tuple(f'"kind":"{kind}"'.encode() for kind in SET_KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupAge:
    """The last set that a medium took, None when there was none yet."""

    medium: str
    last: dt.datetime | None
    overdue: bool

    def days(self, now: dt.datetime) -> int | None:
        """Return how many days ago it was."""
        return None if self.last is None else (now - self.last).days


@dataclass(frozen=True, slots=True)
class LastBackups:
    """The last set of each medium.

    `missing` are the intake days, `source date` each, that were not complete when the
    newest backup was made; `known` whether there was one.
    """

    ages: tuple[BackupAge, ...]
    missing: tuple[str, ...] = ()
    known: bool = False


def last_backups(
    lines: Iterable[bytes], media: Sequence[str], now: dt.datetime
) -> LastBackups:
    """Return what the ledger tells, in the order of the media.

    Before the first set of a medium it counts from the ledger's first line.
    """
    last: dict[str, dt.datetime] = {}
    begun: dt.datetime | None = None
    missing: Sequence[str] | None = None
    for line in lines:
        begun = begun or read_line(line).time
        told = _told(line)
        if told is not None:
            last |= {medium: told.time for medium, _ in manifests_of(told)}
            if told.kind == BACKED_UP:
                missing = texts_of(told.body, "missing")
    return LastBackups(
        tuple(
            BackupAge(
                medium=medium,
                last=last.get(medium),
                overdue=now - last.get(medium, begun or now) > LONGEST,
            )
            for medium in media
        ),
        tuple(missing or ()),
        missing is not None,
    )


def _told(line: bytes) -> Line | None:
    """Return a line that tells of a set; reading each of all lines would be slow."""
    if not any(mark in line for mark in _MARKS):
        return None
    told = read_line(line)
    return told if told.kind in SET_KINDS else None


def manifests_of(told: Line) -> Iterator[tuple[str, str]]:
    """Yield each medium that a line of a set names, and the manifest's digest there."""
    for one in texts_of(told.body, "manifests"):
        medium, _, digest = one.rpartition(":")
        yield medium, digest
