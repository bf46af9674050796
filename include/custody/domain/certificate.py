"""Certificates 销毁记录: what may be certified, and when (R69-R72).

Two values.  The *destruction certificate* says that nothing in the warehouse can be
read any more, and since when; it names a second date that is only expected.  The
*closing certificate* says that no copy anywhere can be read, since the moment at
which the last place was seen without it.

Each exists exactly when what it states was observed: `certify` and `close` return
it, or every reason why not.  Nothing here looks, signs or reads a clock.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.destroyed import (
    Commitments,
    Decided,
    Destruction,
    LedgerPlace,
    Portion,
)
from custody.domain.observations import (
    IN_HOUSE,
    KEY_COPIES,
    ON_MEDIA,
    Copy,
    Result,
)
from custody.domain.retention_plan import SUPERSEDED

__all__ = [  # what is certified has its home in `destroyed`, and is named with this
    "Commitments",
    "Decided",
    "Destruction",
    "DestructionCertificate",
    "Doubt",
    "LedgerPlace",
    "Portion",
    "Reason",
    "Refused",
    "Remainder",
    "certify",
]


class Remainder(StrEnum):
    """What a destruction leaves on purpose, or cannot reach; each one is told."""

    SUPPRESSION_TOKENS = "suppression_tokens"
    TOMBSTONES = "tombstones"
    OUTSIDE_COPIES = "outside_copies"
    OLD_BLOCKS = "old_blocks"
    LEDGER_LINES = "ledger_lines"
    SUPERSEDED_ONLY = "superseded_only"  # told only when such a portion is there


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionCertificate:
    """The certificate of a destruction; `certify` makes it.

    `expected_from` is the first day (UTC) from which no copy anywhere is expected
    to be readable: expected, not observed.
    """

    destruction: Destruction
    remains: tuple[Remainder, ...]
    unreadable_since: dt.datetime
    expected_from: dt.date
    issued_at: dt.datetime


class Doubt(StrEnum):
    """Why nothing is certified; the codes are stable."""

    NOTHING_DESTROYED = "nothing_destroyed"
    SAME_PERSON = "same_person"
    COUNTS_DIFFER = "counts_differ"
    NOT_SEEN = "not_seen"
    FAILED = "failed"
    STILL_THERE = "still_there"
    SEEN_TOO_EARLY = "seen_too_early"
    HOLLOW_SAMPLE = "hollow_sample"
    RECOVERED = "recovered"
    SURVIVOR_LOST = "survivor_lost"
    NO_FULL_SET = "no_full_set"
    HOLLOW_LISTING = "hollow_listing"
    AWAITED = "awaited"


@dataclass(frozen=True, slots=True)
class Reason:
    """A doubt, and what it is about: a kind of copy, and a medium or an epoch."""

    doubt: Doubt
    place: str = ""

    def __str__(self) -> str:
        """Return `doubt` or `doubt: place`."""
        return f"{self.doubt}: {self.place}" if self.place else self.doubt.value


@dataclass(frozen=True, slots=True)
class Refused:
    """No certificate, for every reason there is."""

    reasons: tuple[Reason, ...]


_Check = Callable[[Destruction, frozenset[str], dt.datetime], Iterator[Reason]]


def certify(
    destruction: Destruction, *, media: Collection[str], issued_at: dt.datetime
) -> DestructionCertificate | Refused:
    """Return the certificate of a destruction, or why there is none.

    `media` are the names of all off-site media; one that was not seen refuses.
    """
    named = frozenset(media)
    reasons = [
        reason for check in _CHECKS for reason in check(destruction, named, issued_at)
    ]
    if reasons:
        return Refused(tuple(dict.fromkeys(reasons)))
    seen = destruction.observations
    awaited = [one.until for one in seen if one.until is not None]
    since = max(one.seen_at for one in seen if one.copy in IN_HOUSE)
    return DestructionCertificate(
        destruction=destruction,
        remains=tuple(_remains(destruction)),
        unreadable_since=since,
        expected_from=max((*awaited, since.astimezone(dt.UTC).date()))
        + (dt.timedelta(days=1) if awaited else dt.timedelta()),
        issued_at=issued_at,
    )


def _remains(one: Destruction) -> Iterator[Remainder]:
    """Yield what remains: of who lost versions only, the customer does."""
    versions = any(part.rule_id.endswith(SUPERSEDED) for part in one.portions)
    for remainder in Remainder:
        if versions or remainder is not Remainder.SUPERSEDED_ONLY:
            yield remainder


def _counts(one: Destruction, _: frozenset[str], __: dt.datetime) -> Iterator[Reason]:
    if not one.epochs or not one.customers or not one.values:
        yield Reason(Doubt.NOTHING_DESTROYED)
    if one.commitments.count != one.customers:
        yield Reason(Doubt.COUNTS_DIFFER, "commitments")
    if any(not 0 < part.customers <= one.customers for part in one.portions):
        yield Reason(Doubt.COUNTS_DIFFER, "portions")


def _people(one: Destruction, _: frozenset[str], __: dt.datetime) -> Iterator[Reason]:
    """Insist that the executive who approves is not who asked (R69, R70)."""
    if one.requested.person == one.approved.person:
        yield Reason(Doubt.SAME_PERSON)
    if not one.requested.at <= one.approved.at <= one.begun_at:
        yield Reason(Doubt.SEEN_TOO_EARLY, "approval")


def _everything_seen(
    one: Destruction, media: frozenset[str], _: dt.datetime
) -> Iterator[Reason]:
    if not media:
        yield Reason(Doubt.NOT_SEEN, "media")
    for copy in Copy:
        if copy not in ON_MEDIA and not any(it.copy is copy for it in one.observations):
            yield Reason(Doubt.NOT_SEEN, copy)
    for copy in ON_MEDIA:
        there = {it.where for it in one.observations if it.copy is copy}
        for medium in sorted(media - there):
            yield Reason(Doubt.NOT_SEEN, f"{copy} {medium}")
    keys = {it.epoch for it in one.observations if it.copy in KEY_COPIES}
    for epoch in sorted(set(one.epochs) - keys, key=str):
        yield Reason(Doubt.NOT_SEEN, str(epoch))


def _all_well(one: Destruction, _: frozenset[str], __: dt.datetime) -> Iterator[Reason]:
    for it in one.observations:
        place = f"{it.copy} {it.where}"
        if it.result in {Result.FAILED, Result.NOT_SEEN}:
            yield Reason(Doubt(it.result.value), place)
        elif it.copy in IN_HOUSE and it.result is not Result.GONE:
            yield Reason(Doubt.STILL_THERE, place)


def _in_time(one: Destruction, _: frozenset[str], now: dt.datetime) -> Iterator[Reason]:
    """Insist on moments between the beginning and now: others show nothing."""
    for place, seen_at in _moments(one):
        if not one.begun_at <= seen_at <= now:
            yield Reason(Doubt.SEEN_TOO_EARLY, place)


def _recovery(one: Destruction, _: frozenset[str], __: dt.datetime) -> Iterator[Reason]:
    """Insist on an attempt that succeeded before: else its failure proves nothing."""
    tried = one.recovery
    if tried.due < 1 or tried.due_before != tried.due:
        yield Reason(Doubt.HOLLOW_SAMPLE)
    if tried.due_after:
        yield Reason(Doubt.RECOVERED)
    if tried.survivors_after != tried.survivors:
        yield Reason(Doubt.SURVIVOR_LOST)


def _survivors(
    one: Destruction, media: frozenset[str], _: dt.datetime
) -> Iterator[Reason]:
    for medium in sorted(media - {it.medium for it in one.full_sets}):
        yield Reason(Doubt.NO_FULL_SET, medium)
    if len({(it.values, it.root) for it in one.full_sets}) > 1:
        yield Reason(Doubt.COUNTS_DIFFER, "full sets")


_CHECKS: tuple[_Check, ...] = (
    _counts,
    _people,
    _everything_seen,
    _all_well,
    _in_time,
    _recovery,
    _survivors,
)


def _moments(one: Destruction) -> Iterator[tuple[str, dt.datetime]]:
    for seen in one.observations:
        yield f"{seen.copy} {seen.where}", seen.seen_at
    for full in one.full_sets:
        yield f"full set {full.medium}", full.seen_at
    yield "recovery", one.recovery.seen_at
