"""What a ledger tells of a destruction: whom it means, how far it came (R69-R72)."""

import pytest

from custody.domain.destruction import OVER, RunState
from custody.domain.destruction_story import DestructionStory, retell
from custody.domain.ledger import BodyValue
from custody.domain.observations import FullSetSeen, Recovery
from tests.builders.lines import TOLD_AT, line_told

A, B = b"a" * 32, b"b" * 32
Told = tuple[str, dict[str, BodyValue]]
INTENDED: Told = ("destruction_intended", {"commitments": [A.hex()]})
SUPERSEDED: Told = ("superseded_intended", {"versions": [f"{B.hex()} low 1"]})
REFUSED: Told = ("destruction_refused", {"reasons": ["landed 1"]})
SPARED: Told = ("destruction_spared", {"reasons": []})
COVERED: Told = (
    "full_set_written",
    {"values": 7, "root": "22" * 32, "manifests": ["a:" + "33" * 32]},
)
PROVEN: Told = (
    "destruction_proven",
    {"due": 3, "due_before": 3, "due_after": 0, "survivors": 4, "survivors_after": 4},
)
CERTIFIED: Told = ("destruction_certified", {"certificate": "44" * 32})


def _story(*told: Told) -> DestructionStory:
    found: dict[str, DestructionStory] = {}
    for position, (kind, body) in enumerate(told, start=1):
        retell(found, line_told(position, kind, "customers", plan="p", **body))
    return found.get("p", DestructionStory())


def test_a_plan_that_was_refused_and_carried_out_later_bars_as_any_other() -> None:
    """Nothing speaks against it any more: what it destroyed must not come back."""
    for intended in (INTENDED, SUPERSEDED):
        again = _story(REFUSED, intended)

        assert not again.called_off
        assert again.bars(1)
        assert again.condemned()
    assert not _story(INTENDED, REFUSED).bars(1)
    assert not _story(INTENDED, SPARED).bars(1)


def test_what_a_run_had_shown_is_told_again() -> None:
    story = _story(INTENDED, COVERED, PROVEN)

    assert story.full_sets == (
        FullSetSeen(
            medium="a",
            manifest="33" * 32,
            values=7,
            root="22" * 32,
            seen_at=TOLD_AT,
        ),
    )
    assert story.recovery == Recovery(
        due=3,
        due_before=3,
        due_after=0,
        survivors=4,
        survivors_after=4,
        seen_at=TOLD_AT,
    )
    assert story.told_at == TOLD_AT


def test_its_annex_lists_whoever_was_not_spared() -> None:
    spared: Told = ("destruction_condemned", {"commitments_spared": [B.hex()]})

    assert _story(INTENDED, SUPERSEDED).condemned() == {A, B}
    assert _story(INTENDED, SUPERSEDED, spared).condemned() == {A}


def test_who_goes_at_some_levels_stays_at_the_others() -> None:
    """Told with the intent; whoever is told without levels goes as a whole (R70)."""
    told: Told = (
        "destruction_intended",
        {"commitments": [A.hex(), B.hex()], "levels": ["", "high low"]},
    )

    story = _story(told)

    assert story.gone() == {A}
    assert story.parted() == {B: {"high", "low"}}
    assert story.condemned() == {A, B}
    assert _story(INTENDED).parted() == {}


def test_a_line_that_was_spared_keeps_its_level_and_no_other() -> None:
    """A hold between two batches: what was condemned before it must not come back."""
    told: Told = (
        "destruction_intended",
        {"commitments": [A.hex(), B.hex()], "levels": ["", "low"]},
    )
    spared: Told = (
        "destruction_condemned",
        {"commitments_spared": [], "lines_spared": [f"{A.hex()} low"]},
    )
    all_of_b: Told = (
        "destruction_condemned",
        {"commitments_spared": [B.hex()], "lines_spared": [f"{A.hex()} low"]},
    )

    assert _story(told, spared).gone() == frozenset()
    assert _story(told, spared).parted() == {A: {"high", "medium"}, B: {"low"}}
    assert _story(told, all_of_b).parted() == {A: {"high", "medium"}}
    assert _story(told, all_of_b).condemned() == {A}


def test_versions_that_were_spared_come_back_beside_others_that_do_not() -> None:
    one, other = f"{B.hex()} low 1", f"{B.hex()} high 2 credit file"
    told: Told = ("superseded_intended", {"versions": [one, other]})
    spared: Told = ("destruction_condemned", {"lines_spared": [other]})

    story = _story(told, spared)

    assert {(it.level, it.part) for it in story.replaced} == {("low", "")}
    assert story.condemned() == {B}
    assert (
        _story(
            INTENDED,
            (
                "destruction_condemned",
                {
                    "lines_spared": [
                        f"{A.hex()} {level}" for level in ("high", "medium", "low")
                    ]
                },
            ),
        ).parted()
        == {}
    )


@pytest.mark.parametrize("stood", [RunState.ENDED, RunState.COVERED, RunState.PROVEN])
def test_a_run_that_has_proven_itself_goes_on_from_there(stood: RunState) -> None:
    """Its own full set, the newest for a month, has it before its certificate."""
    assert _story(INTENDED, PROVEN).goes_on_from(stood) is RunState.PROVEN
    certified = _story(INTENDED, PROVEN, CERTIFIED)
    assert certified.goes_on_from(stood) is RunState.CERTIFIED


@pytest.mark.parametrize("stood", sorted(set(RunState) - OVER))
def test_a_run_whose_proof_is_lost_is_left_out(stood: RunState) -> None:
    """Else it would stand in the way of every other, and never end."""
    assert _story(INTENDED, COVERED).goes_on_from(stood) is None
    assert _story(SUPERSEDED).goes_on_from(stood) is None
    assert _story(REFUSED).goes_on_from(stood) is None


def test_a_run_that_did_nothing_yet_goes_on_and_one_that_is_over_stays() -> None:
    early: Told = ("destruction_suppressed", {"tokens": 1})

    assert _story(early).goes_on_from(RunState.BEGUN) is RunState.BEGUN
    assert _story(INTENDED, PROVEN).goes_on_from(RunState.MARKED) is None
    for stood in OVER:
        assert _story(INTENDED).goes_on_from(stood) is stood
