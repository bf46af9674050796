"""What counts as a change of a customer, and who must see it first."""

import pytest

from custody.domain.held_rows import NO_LONGER_READS, UNKNOWN_FIELD
from custody.domain.reclassifying import Standing, is_changed, moves, why_held

PHONE = ("medium", "phone", "")
RECORD = ("medium", "low", None, None, "legal", None, None)


def standing(
    *,
    fields: dict[tuple[str, str, str], str] | None = None,
    record: tuple[str | None, ...] = RECORD,
    masks: tuple[str | None, dict[str, str]] | None = (None, {"phone": "1*"}),
    reasons: frozenset[str] = frozenset(),
) -> Standing:
    """Return how an invented customer stands."""
    return Standing(
        fields={PHONE: "value"} if fields is None else fields,
        record=record,
        masks=masks,
        reasons=reasons,
    )


@pytest.mark.parametrize(
    "after",
    [
        standing(fields={("high", "phone", ""): "value"}),
        standing(fields={PHONE: "another"}),
        standing(record=("medium", "medium", *RECORD[2:])),
        standing(masks=(None, {"phone": "***"})),
    ],
)
def test_level_value_tier_and_mask_are_changes(after: Standing) -> None:
    assert is_changed(standing(), after)
    assert not is_changed(after, after)


def test_a_projection_that_a_crash_took_is_no_change() -> None:
    assert not is_changed(standing(masks=None), standing())


def test_a_field_that_is_unknown_now_holds_and_one_that_was_does_not() -> None:
    unknown = standing(fields={("high", "?", "contact_person"): "value"})

    assert why_held(standing(), unknown) == UNKNOWN_FIELD
    assert why_held(unknown, unknown) is None


def test_a_value_that_reads_no_longer_holds_and_one_that_never_did_does_not() -> None:
    wrong = standing(reasons=frozenset({"phone:malformed"}))

    assert why_held(standing(), wrong) == NO_LONGER_READS
    assert why_held(wrong, wrong) is None


def test_what_a_supplement_request_asks_for_holds_nobody() -> None:
    missing = standing(reasons=frozenset({"phone:missing"}))

    assert why_held(standing(), missing) is None


def test_moves_name_both_ends_and_leave_out_who_stays() -> None:
    after = standing(record=("medium", None, *RECORD[2:]))

    assert moves([(standing(), after), (after, after)], 1) == ["low>-"]


def test_a_standing_shows_nothing_of_the_customer() -> None:
    assert "value" not in repr(standing())
