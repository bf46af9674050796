"""Retention: calendar, specificity, and rules that contradict each other (R17)."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.domain.levels import Level
from custody.domain.retention import (
    Anchor,
    Bound,
    Clash,
    Contradiction,
    Period,
    RetentionSchedule,
    Scope,
    Span,
    Subject,
    ever_shorter,
)

BANK = Subject(level=Level.HIGH, industry="finance_bank", customer_type="existing")
NOBODY = Subject(level=Level.LOW, industry="unknown", customer_type=None)
BANKS = Scope(industries=frozenset({"finance_bank"}))

SPANS = st.builds(
    Span,
    years=st.integers(0, 30),
    months=st.integers(0, 40),
    days=st.integers(0, 800),
)
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1))


def period(rule_id: str, span: Span, scope: Scope | None = None) -> Period:
    """Return a period counted from deregistration."""
    return Period(
        rule_id=rule_id,
        scope=scope or Scope(),
        anchor=Anchor.DEREGISTRATION,
        span=span,
        superseded=Span(years=1),
        legal_basis="invented",
    )


def bound(
    rule_id: str,
    span: Span,
    scope: Scope | None = None,
    anchor: Anchor = Anchor.DEREGISTRATION,
) -> Bound:
    """Return a floor or ceiling."""
    return Bound(
        rule_id=rule_id,
        scope=scope or Scope(),
        anchor=anchor,
        span=span,
        legal_basis="invented",
    )


@pytest.mark.parametrize(
    ("span", "anchor", "last"),
    [
        (Span(years=3), dt.date(2024, 3, 31), dt.date(2027, 3, 31)),
        (Span(years=3), dt.date(2024, 2, 29), dt.date(2027, 2, 28)),
        (Span(years=4), dt.date(2024, 2, 29), dt.date(2028, 2, 29)),
        (Span(months=1), dt.date(2026, 1, 31), dt.date(2026, 2, 28)),
        (Span(months=11), dt.date(2026, 1, 31), dt.date(2026, 12, 31)),
        (Span(months=12), dt.date(2026, 12, 31), dt.date(2027, 12, 31)),
        (Span(days=1), dt.date(2026, 12, 31), dt.date(2027, 1, 1)),
        (Span(months=1, days=1), dt.date(2026, 1, 31), dt.date(2026, 3, 1)),
        (Span(), dt.date(2026, 12, 31), dt.date(2026, 12, 31)),
        (Span(years=9_000), dt.date(2026, 1, 1), dt.date.max),
        (Span(days=1), dt.date.max, dt.date.max),
    ],
)
def test_a_span_ends_on_the_corresponding_day(
    span: Span, anchor: dt.date, last: dt.date
) -> None:
    """Civil Code 201 and 202: the first day is not counted; short months end it."""
    assert span.last_day(anchor) == last


@given(SPANS, DAYS, DAYS)
def test_a_later_event_never_ends_a_span_earlier(
    span: Span, one: dt.date, other: dt.date
) -> None:
    earlier, later = sorted((one, other))

    assert span.last_day(earlier) <= span.last_day(later)


@given(SPANS, SPANS, st.dates(dt.date(2000, 1, 1), dt.date(2003, 12, 31)))
def test_a_span_that_is_never_shorter_ends_no_day_before(
    one: Span, other: Span, anchor: dt.date
) -> None:
    if not ever_shorter(one, other):
        assert one.last_day(anchor) >= other.last_day(anchor)


def test_a_year_may_be_shorter_than_366_days() -> None:
    """Units are compared on the calendar, not by a rule of thumb."""
    assert ever_shorter(Span(years=1), Span(days=366))
    assert not ever_shorter(Span(years=1), Span(days=365))
    assert ever_shorter(Span(months=1), Span(days=30))
    assert not ever_shorter(Span(months=1), Span(days=28))


def test_the_more_specific_period_prevails() -> None:
    schedule = RetentionSchedule(
        periods=(
            period("bank", Span(years=10), BANKS),
            period("all", Span(years=3)),
        )
    )

    assert schedule.period_of(BANK).rule_id == "bank"
    assert schedule.period_of(NOBODY).rule_id == "all"
    assert list(schedule.contradictions([BANK, NOBODY])) == []


def test_a_rule_for_types_does_not_speak_of_an_unknown_type() -> None:
    churned = Scope(customer_types=frozenset({"churned"}))
    schedule = RetentionSchedule(periods=(period("gone", Span(years=1), churned),))

    assert list(schedule.contradictions([NOBODY])) == [
        Contradiction(None, Clash.NO_PERIOD, None, NOBODY)
    ]


def test_two_equally_specific_periods_are_a_contradiction() -> None:
    schedule = RetentionSchedule(
        periods=(
            period("bank", Span(years=10), BANKS),
            period("high", Span(years=5), Scope(levels=frozenset({Level.HIGH}))),
        )
    )

    assert list(schedule.contradictions([BANK])) == [
        Contradiction("high", Clash.TWO_PERIODS, "bank", BANK)
    ]


def test_a_period_below_a_floor_or_above_a_ceiling_is_a_contradiction() -> None:
    """Three years for a financial institution against ten (AML Law 34)."""
    short = RetentionSchedule(
        periods=(period("short", Span(years=3)),),
        floors=(bound("aml", Span(years=10), BANKS),),
    )
    long = RetentionSchedule(
        periods=(period("long", Span(years=20)),),
        ceilings=(bound("necessity", Span(years=15)),),
    )

    assert list(short.contradictions([BANK, NOBODY])) == [
        Contradiction("short", Clash.BELOW_FLOOR, "aml", BANK)
    ]
    assert list(long.contradictions([NOBODY])) == [
        Contradiction("long", Clash.ABOVE_CEILING, "necessity", NOBODY)
    ]


def test_a_ceiling_below_a_floor_is_a_contradiction() -> None:
    schedule = RetentionSchedule(
        periods=(period("ten", Span(years=10)),),
        floors=(bound("aml", Span(years=10)),),
        ceilings=(bound("necessity", Span(years=5)),),
    )

    assert list(schedule.contradictions([BANK])) == [
        Contradiction("ten", Clash.ABOVE_CEILING, "necessity", BANK),
        Contradiction("necessity", Clash.BELOW_FLOOR, "aml", BANK),
    ]


def test_spans_from_different_events_are_judged_for_each_customer() -> None:
    """Which of two events comes first is not policy's to know."""
    schedule = RetentionSchedule(
        periods=(period("three", Span(years=3)),),
        floors=(bound("trade", Span(years=10), anchor=Anchor.LAST_TRANSACTION),),
    )

    assert list(schedule.contradictions([BANK])) == []
