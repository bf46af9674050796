"""Which intake days are complete is proven, and what is missing is named (R65)."""

import datetime as dt
from dataclasses import replace

import pytest

from custody.domain.delivery import DeliveryState
from custody.domain.intake_days import KnownDelivery, missing_days
from custody.domain.sources import Source, SourceId
from tests.builders.policies import policy_with

MONDAY = dt.date(2026, 11, 23)
FRIDAY = dt.date(2026, 11, 27)


def _source(name: str, *, expected: bool, until: dt.date = FRIDAY) -> Source:
    source = policy_with("example").sources[0]
    return replace(
        source,
        source_id=SourceId(name),
        expected_by=dt.time(9) if expected else None,
        authorisation=replace(
            source.authorisation, valid_from=MONDAY, valid_until=until
        ),
    )


def _came(source: str, days: int, *, owed: bool = False) -> KnownDelivery:
    day = MONDAY + dt.timedelta(days=days)
    return KnownDelivery(source_id=source, business_date=day, owed=owed)


def test_a_day_without_an_expected_delivery_is_missing() -> None:
    daily = _source("daily", expected=True)
    found = missing_days(
        [daily, _source("seldom", expected=False)],
        [_came("daily", day) for day in (0, 1, 3, 4)],
        first=MONDAY,
        last=FRIDAY,
    )

    assert found == ("daily 2026-11-25",)


def test_a_delivery_on_its_way_makes_its_day_incomplete() -> None:
    """Of every source, of removed ones too; one that is done makes up for none."""
    found = missing_days(
        [],
        [_came("gone", 0, owed=True), _came("gone", 0), _came("gone", 1)],
        first=MONDAY,
        last=FRIDAY,
    )

    assert found == ("gone 2026-11-23",)


@pytest.mark.parametrize(
    ("state", "exported", "erased", "complete"),
    [
        (DeliveryState.LOADED, True, True, True),
        (DeliveryState.LOADED, True, False, False),
        (DeliveryState.LOADED, False, False, False),
        (DeliveryState.CHECKED, False, False, False),
        (DeliveryState.HELD, True, True, False),
        (DeliveryState.REFUSED, True, True, True),
        (DeliveryState.QUARANTINED, False, True, False),
    ],
)
def test_a_day_is_complete_when_what_came_was_let_in_and_nobody_owes_anything(
    state: DeliveryState, *, exported: bool, erased: bool, complete: bool
) -> None:
    """A held one waits for a person; one that was turned away has brought nothing."""
    one = KnownDelivery.of("daily", MONDAY, state, exported=exported, erased=erased)

    found = missing_days(
        [_source("daily", expected=True)], [one], first=MONDAY, last=MONDAY
    )

    assert (found == ()) == complete


def test_a_delivery_that_was_turned_away_spoils_no_day_that_has_another() -> None:
    turned = replace(_came("daily", 0), came=False)

    for several in ([turned, _came("daily", 0)], [_came("daily", 0), turned]):
        assert not missing_days(
            [_source("daily", expected=True)], several, first=MONDAY, last=MONDAY
        )


def test_what_is_owed_of_long_ago_is_named_until_it_is_done() -> None:
    """The last backup has not had it either."""
    found = missing_days(
        [_source("daily", expected=True)],
        [_came("daily", -40, owed=True), _came("daily", 4)],
        first=FRIDAY,
        last=FRIDAY,
    )

    assert found == ("daily 2026-10-14",)


def test_only_days_of_the_period_and_in_force_are_asked_for() -> None:
    short = _source("short", expected=True, until=MONDAY + dt.timedelta(days=1))
    found = missing_days(
        [short],
        [_came("late", 9, owed=True)],
        first=MONDAY - dt.timedelta(days=9),
        last=FRIDAY,
    )

    assert found == ("short 2026-11-23", "short 2026-11-24")
