"""Closing certificates 封存终结记录: when no copy anywhere can be read (R72).

The second date of a destruction is observed, never computed: every medium was
listed completely, old versions and delete markers included, and no escrow of a
destroyed epoch was there; the provider was asked once more; and what else could be
read for a while was looked at again.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from custody.domain.certificate import (
    DestructionCertificate,
    Doubt,
    LedgerPlace,
    Reason,
    Refused,
)
from custody.domain.epochs import EpochId
from custody.domain.observations import (
    KEY_COPIES,
    Copy,
    Listing,
    Observation,
    Result,
)

BY_LISTING = (Copy.ESCROWS, Copy.SNAPSHOTS)
"""What needs no observation of its own: listings show it, or policy declares it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What was seen when it was looked for the last copies.

    `closes` is the id of the destruction certificate, `certified` what it says.
    """

    closes: str
    certified: DestructionCertificate
    listings: tuple[Listing, ...]
    observations: tuple[Observation, ...]
    ledger: LedgerPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingCertificate:
    """The certificate that nothing can be read anywhere; `close` makes it.

    It repeats of the destruction what a reader must know: dataset, plan, epochs.
    """

    closes: str
    dataset: str
    plan: str
    epochs: tuple[EpochId, ...]
    listings: tuple[Listing, ...]
    observations: tuple[Observation, ...]
    ledger: LedgerPlace
    unreadable_since: dt.datetime
    issued_at: dt.datetime


def close(
    closing: Closing, *, media: Collection[str], issued_at: dt.datetime
) -> ClosingCertificate | Refused:
    """Return the closing certificate, or every reason why there is none.

    `media` are the names of all off-site media; those that the destruction knew
    must be seen too, so that taking one out of the settings closes nothing.
    """
    certified = closing.certified
    wanted = frozenset(media) | certified.destruction.media
    reasons = [
        *_media(closing, wanted),
        *_keys(closing),
        *_awaited(closing, issued_at),
        *_in_time(closing, issued_at),
    ]
    if reasons:
        return Refused(tuple(dict.fromkeys(reasons)))
    seen = [one.seen_at for one in closing.listings]
    seen += [one.seen_at for one in closing.observations]
    return ClosingCertificate(
        closes=closing.closes,
        dataset=certified.destruction.dataset,
        plan=certified.destruction.plan,
        epochs=certified.destruction.epochs,
        listings=closing.listings,
        observations=closing.observations,
        ledger=closing.ledger,
        unreadable_since=max(seen),
        issued_at=issued_at,
    )


def _media(closing: Closing, wanted: frozenset[str]) -> Iterator[Reason]:
    if not wanted:
        yield Reason(Doubt.NOT_SEEN, "media")
    for medium in sorted(wanted - {one.medium for one in closing.listings}):
        yield Reason(Doubt.NOT_SEEN, medium)
    for one in closing.listings:
        if one.destroyed:
            yield Reason(Doubt.STILL_THERE, one.medium)
        if not one.living:
            yield Reason(Doubt.HOLLOW_LISTING, one.medium)


def _keys(closing: Closing) -> Iterator[Reason]:
    """Insist on asking again: a key service's order may have been taken back."""
    gone = {
        one.epoch
        for one in closing.observations
        if one.copy in KEY_COPIES and one.result is Result.GONE
    }
    epochs = closing.certified.destruction.epochs
    for epoch in sorted(set(epochs) - gone, key=str):
        yield Reason(Doubt.STILL_THERE, str(epoch))


def _awaited(closing: Closing, now: dt.datetime) -> Iterator[Reason]:
    """Whatever could be read until a day is seen to be gone, or its day is over."""
    today = now.astimezone(dt.UTC).date()
    gone = {
        (one.copy, one.where)
        for one in closing.observations
        if one.result is Result.GONE
    }
    for one in closing.certified.destruction.observations:
        if one.until is None or one.copy is Copy.ESCROWS:
            continue
        over = one.copy in BY_LISTING and one.until < today
        if not over and (one.copy, one.where) not in gone:
            yield Reason(Doubt.AWAITED, f"{one.copy} {one.where}")


def _in_time(closing: Closing, now: dt.datetime) -> Iterator[Reason]:
    since = closing.certified.issued_at
    places = [(one.medium, one.seen_at) for one in closing.listings]
    places += [(f"{one.copy} {one.where}", one.seen_at) for one in closing.observations]
    for place, seen_at in places:
        if not since <= seen_at <= now:
            yield Reason(Doubt.SEEN_TOO_EARLY, place)
