"""A certificate exists exactly when what it states was seen (R69-R72)."""

import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest

from custody.domain.certificate import (
    Commitments,
    Destruction,
    DestructionCertificate,
    Doubt,
    Reason,
    Refused,
    Remainder,
    certify,
)
from custody.domain.closing import Closing, ClosingCertificate, close
from custody.domain.epochs import EpochId, Purpose
from custody.domain.levels import Level
from custody.domain.observations import (
    IN_HOUSE,
    KEY_COPIES,
    Copy,
    Observation,
    Overwriting,
    Result,
)
from custody.domain.retention_plan import SUPERSEDED
from tests.builders.certificates import (
    BEGUN,
    INDEX,
    ISSUED,
    LATER,
    LIVE,
    LOCKED_UNTIL,
    MEDIA,
    certificate,
    closing,
    destruction,
    observations,
    observed,
)

EARLY = BEGUN - dt.timedelta(seconds=1)
Spoil = Callable[[Destruction], Destruction]


def _doubts(stated: Destruction, media: tuple[str, ...] = MEDIA) -> list[str]:
    made = certify(stated, media=media, issued_at=ISSUED)
    return [str(reason) for reason in made.reasons] if isinstance(made, Refused) else []


def _with(**changes: object) -> Spoil:
    return lambda one: dataclasses.replace(one, **changes)  # type: ignore[arg-type]


def _recovery(**changes: int) -> Spoil:
    return lambda one: dataclasses.replace(
        one,
        recovery=dataclasses.replace(one.recovery, **changes),  # type: ignore[arg-type]
    )


def _seen(change: Callable[[Observation], Observation | None]) -> Spoil:
    return lambda one: dataclasses.replace(
        one,
        observations=tuple(
            kept for it in one.observations if (kept := change(it)) is not None
        ),
    )


def test_what_was_seen_is_certified_with_both_dates() -> None:
    made = certificate()

    assert made.unreadable_since == BEGUN + dt.timedelta(hours=1)
    assert made.expected_from == LOCKED_UNTIL + dt.timedelta(days=1)
    assert set(made.remains) == set(Remainder) - {Remainder.SUPERSEDED_ONLY}
    assert made.destruction.values == 10
    assert made.destruction.media == set(MEDIA)


def test_nothing_awaited_is_expected_at_once() -> None:
    gone = _seen(
        lambda it: (
            it
            if it.until is None
            else observed(it.copy, it.where, overwriting=Overwriting.DONE)
        )
    )(destruction())

    assert certificate(gone).expected_from == BEGUN.date()


@pytest.mark.parametrize("copy", list(Copy))
def test_a_kind_of_copy_that_was_not_seen_refuses(copy: Copy) -> None:
    """Each kind by itself: without the check the certificate would exist."""
    spoiled = _seen(lambda it: None if it.copy is copy else it)(destruction())

    assert any(doubt.startswith("not_seen") for doubt in _doubts(spoiled))


@pytest.mark.parametrize("result", [Result.FAILED, Result.NOT_SEEN])
@pytest.mark.parametrize("copy", list(Copy))
def test_a_copy_that_failed_refuses(copy: Copy, result: Result) -> None:
    spoiled = _seen(
        lambda it: (
            dataclasses.replace(it, result=result, until=None)
            if it.copy is copy
            else it
        )
    )(destruction())

    assert any(doubt.startswith(f"{result}: {copy}") for doubt in _doubts(spoiled))


@pytest.mark.parametrize("result", [Result.UNREADABLE, Result.NO_SUCH_COPY])
@pytest.mark.parametrize("copy", IN_HOUSE)
def test_what_is_in_the_house_must_be_gone(copy: Copy, result: Result) -> None:
    spoiled = _seen(
        lambda it: dataclasses.replace(it, result=result) if it.copy is copy else it
    )(destruction())

    assert any(doubt.startswith("still_there") for doubt in _doubts(spoiled))


def test_a_medium_that_was_not_seen_refuses() -> None:
    spoiled = _seen(
        lambda it: None if (it.copy, it.where) == (Copy.ESCROWS, "disk") else it
    )(destruction())

    assert _doubts(spoiled) == ["not_seen: escrows disk"]
    assert "not_seen: escrows tape" in _doubts(destruction(), (*MEDIA, "tape"))
    assert "not_seen: media" in _doubts(destruction(), ())


def test_every_destroyed_epoch_must_be_seen_gone() -> None:
    other = EpochId(Purpose.RESTRICTED, Level.LOW, 3)

    doubts = _doubts(_with(epochs=(LIVE, INDEX, other))(destruction()))

    assert doubts == ["not_seen: restricted/low/3"]


@pytest.mark.parametrize(
    ("spoil", "doubt"),
    [
        (_with(epochs=()), Doubt.NOTHING_DESTROYED),
        (_with(portions=()), Doubt.NOTHING_DESTROYED),
        (_with(customers=0), Doubt.NOTHING_DESTROYED),
        (_with(customers=6), "counts_differ: commitments"),
        (_with(customers=3), "counts_differ: portions"),
        (_with(commitments=Commitments(count=4, root="00" * 32)), "counts_differ"),
        (_with(begun_at=BEGUN - dt.timedelta(days=3)), "seen_too_early: approval"),
        (_recovery(due=0, due_before=0), Doubt.HOLLOW_SAMPLE),
        (_recovery(due_before=4), Doubt.HOLLOW_SAMPLE),
        (_recovery(due_after=1), Doubt.RECOVERED),
        (_recovery(survivors_after=4), Doubt.SURVIVOR_LOST),
        (_with(full_sets=()), "no_full_set: cloud"),
    ],
)
def test_each_doubt_refuses(spoil: Spoil, doubt: str) -> None:
    assert any(one.startswith(doubt) for one in _doubts(spoil(destruction())))


def test_the_requester_never_approves() -> None:
    one = destruction()
    same = dataclasses.replace(one.approved, person=one.requested.person)

    assert _doubts(_with(approved=same)(one)) == ["same_person"]


def test_full_sets_that_differ_refuse() -> None:
    first, second = destruction().full_sets
    other = dataclasses.replace(second, values=99)

    assert _doubts(_with(full_sets=(first, other))(destruction())) == [
        "counts_differ: full sets"
    ]


@pytest.mark.parametrize("moment", [EARLY, ISSUED + dt.timedelta(seconds=1)])
def test_what_was_seen_at_another_time_shows_nothing(moment: dt.datetime) -> None:
    one = destruction()
    rows = _seen(
        lambda it: (
            dataclasses.replace(it, seen_at=moment) if it.copy is Copy.ROWS else it
        )
    )(one)
    tried = _with(recovery=dataclasses.replace(one.recovery, seen_at=moment))(one)
    first, second = one.full_sets
    sets = _with(full_sets=(dataclasses.replace(first, seen_at=moment), second))(one)

    assert _doubts(rows) == ["seen_too_early: warehouse_rows warehouse"]
    assert _doubts(tried) == ["seen_too_early: recovery"]
    assert _doubts(sets) == ["seen_too_early: full set disk"]


def test_every_reason_is_told() -> None:
    spoiled = _recovery(due_after=1, survivors_after=0)(_with(epochs=())(destruction()))

    assert _doubts(spoiled) == ["nothing_destroyed", "recovered", "survivor_lost"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"left": 1}, "left"),
        ({"left": -1, "result": Result.UNREADABLE}, "left"),
        ({"until": LOCKED_UNTIL}, "last day"),
        ({"result": Result.UNTIL}, "last day"),
        ({"result": Result.UNTIL, "until": dt.date.max}, "follows"),
        ({"seen_at": dt.datetime(2027, 1, 1)}, "zone"),  # noqa: DTZ001 - on purpose
        ({"epoch": LIVE}, "epoch"),
        ({"copy": Copy.INDEX_KEY}, "epoch"),
    ],
)
def test_an_observation_does_not_contradict_itself(
    changes: dict[str, object], problem: str
) -> None:
    sound = observed(Copy.ROWS)

    with pytest.raises(ValueError, match=problem):
        dataclasses.replace(sound, **changes)  # type: ignore[arg-type]


# --- the closing certificate ---------------------------------------------------


def _closing_doubts(seen: Closing, media: tuple[str, ...] = MEDIA) -> list[str]:
    made = close(seen, media=media, issued_at=LATER)
    return [str(reason) for reason in made.reasons] if isinstance(made, Refused) else []


def test_what_is_gone_everywhere_is_closed_since_the_last_look() -> None:
    made = close(closing(), media=MEDIA, issued_at=LATER)

    assert isinstance(made, ClosingCertificate)
    assert made.unreadable_since == LATER - dt.timedelta(minutes=5)
    assert (made.plan, made.epochs) == ("11" * 32, (INDEX, LIVE))


@pytest.mark.parametrize("medium", MEDIA)
def test_an_escrow_that_is_left_anywhere_closes_nothing(medium: str) -> None:
    seen = closing()
    left = tuple(
        dataclasses.replace(one, destroyed=int(one.medium == medium))
        for one in seen.listings
    )

    doubts = _closing_doubts(dataclasses.replace(seen, listings=left))

    assert doubts == [f"still_there: {medium}"]


def test_a_listing_that_lacks_the_living_is_not_believed() -> None:
    seen = closing()
    hollow = tuple(dataclasses.replace(one, living=0) for one in seen.listings)

    doubts = _closing_doubts(dataclasses.replace(seen, listings=hollow))

    assert doubts == ["hollow_listing: disk", "hollow_listing: cloud"]


def test_every_medium_is_listed_those_of_then_and_those_of_now() -> None:
    seen = closing()
    one = dataclasses.replace(seen, listings=seen.listings[:1])

    assert _closing_doubts(one, media=("disk",)) == ["not_seen: cloud"]
    assert _closing_doubts(seen, media=(*MEDIA, "tape")) == ["not_seen: tape"]


def test_no_medium_at_all_closes_nothing() -> None:
    seen = closing()
    bare = _seen(lambda it: None if it.where in MEDIA else it)(destruction())
    certified = dataclasses.replace(certificate(), destruction=bare)
    empty = dataclasses.replace(seen, certified=certified, listings=())

    assert _closing_doubts(empty, media=()) == ["not_seen: media"]


@pytest.mark.parametrize("copy", KEY_COPIES)
def test_a_key_that_is_not_seen_gone_again_closes_nothing(copy: Copy) -> None:
    """A deletion at a key service may be taken back by the account's owner."""
    seen = closing()
    without = tuple(one for one in seen.observations if one.copy is not copy)
    back = tuple(
        dataclasses.replace(one, result=Result.UNREADABLE) if one.copy is copy else one
        for one in seen.observations
    )
    epoch = LIVE if copy is Copy.WRAPPING_KEY else INDEX

    for changed in (without, back):
        doubts = _closing_doubts(dataclasses.replace(seen, observations=changed))
        assert doubts == [f"still_there: {epoch}"]


def test_what_could_be_read_for_a_while_is_looked_at_again() -> None:
    seen = closing()
    unseen = tuple(one for one in seen.observations if one.copy is not Copy.QUARANTINE)

    doubts = _closing_doubts(dataclasses.replace(seen, observations=unseen))

    assert doubts == ["awaited: quarantine_files quarantine"]


def test_snapshots_are_awaited_to_their_declared_day() -> None:
    changed = tuple(
        dataclasses.replace(one, until=LATER.date())
        if one.copy is Copy.SNAPSHOTS
        else one
        for one in observations()
    )
    certified = certificate(_with(observations=changed)(destruction()))

    doubts = _closing_doubts(dataclasses.replace(closing(), certified=certified))

    assert doubts == ["awaited: database_snapshots policy"]


def test_an_older_look_closes_nothing() -> None:
    seen = closing()
    old = tuple(dataclasses.replace(one, seen_at=BEGUN) for one in seen.listings)
    first, *others = seen.observations
    early = (dataclasses.replace(first, seen_at=BEGUN), *others)

    assert _closing_doubts(dataclasses.replace(seen, listings=old)) == [
        "seen_too_early: disk",
        "seen_too_early: cloud",
    ]
    assert _closing_doubts(dataclasses.replace(seen, observations=early)) == [
        "seen_too_early: wrapping_key key folder"
    ]


def test_a_reason_is_told_with_its_place() -> None:
    assert str(Reason(Doubt.FAILED, "x")) == "failed: x"
    assert isinstance(certificate(), DestructionCertificate)


def test_versions_that_went_of_who_stays_are_told() -> None:
    """The rule's name says so, and what remains: an older certificate never did."""
    stated = destruction()
    first, *others = stated.portions
    versions = dataclasses.replace(first, rule_id=f"{first.rule_id}{SUPERSEDED}")

    made = certificate(dataclasses.replace(stated, portions=(versions, *others)))

    assert Remainder.SUPERSEDED_ONLY in made.remains
