"""Collected on the day of the destruction or before is refused; later it is new."""

import datetime as dt

import pytest

from custody.domain.suppression import (
    WHY_SUPPRESSED,
    Fate,
    fate_of,
    match_key_name,
    match_key_names,
)

DAY = dt.date(2026, 3, 31)


@pytest.mark.parametrize(
    ("collected_on", "fate"),
    [
        (DAY - dt.timedelta(days=1), Fate.REFUSED),
        (DAY, Fate.REFUSED),
        (DAY + dt.timedelta(days=1), None),
        (None, Fate.UNDATED),
    ],
)
def test_the_day_decides(collected_on: dt.date | None, fate: Fate | None) -> None:
    assert fate_of(collected_on, DAY) is fate


def test_a_match_key_has_one_name_in_whatever_order_it_is_listed() -> None:
    assert match_key_name(["customer_name", "birth_date"]) == "birth_date+customer_name"
    assert match_key_names([("b", "a"), ("c",), ("a", "b")]) == (("a", "b"), ("c",))


def test_every_fate_has_words() -> None:
    assert set(WHY_SUPPRESSED) == set(Fate)
