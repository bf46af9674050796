"""Who is due: no day early, never under hold, never without a basis (R17, R69)."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.domain.levels import Level
from custody.domain.retention import (
    Anchor,
    Bound,
    Period,
    RetentionSchedule,
    Scope,
    Span,
    Subject,
)
from custody.domain.retention_plan import (
    REQUEST,
    Due,
    KeptCustomer,
    PlanDigest,
    Standing,
    due_of,
    judge,
    plan_lines,
)

ENDED = dt.date(2024, 2, 29)
LAST = dt.date(2027, 2, 28)
DAY = dt.timedelta(days=1)
BANKS = Scope(industries=frozenset({"finance_bank"}))


def bound(
    rule_id: str, span: Span, anchor: Anchor, scope: Scope | None = None
) -> Bound:
    """Return a floor or ceiling."""
    return Bound(
        rule_id=rule_id,
        scope=scope or Scope(),
        anchor=anchor,
        span=span,
        legal_basis="a statute",
    )


def schedule(
    *, floors: tuple[Bound, ...] = (), ceilings: tuple[Bound, ...] = ()
) -> RetentionSchedule:
    """Return three years after deregistration, within bounds."""
    period = Period(
        rule_id="standard",
        scope=Scope(),
        anchor=Anchor.DEREGISTRATION,
        span=Span(years=3),
        superseded=Span(years=1),
        legal_basis="Civil Code 188",
    )
    return RetentionSchedule(periods=(period,), floors=floors, ceilings=ceilings)


def customer(**changes: Any) -> KeptCustomer:  # noqa: ANN401 - of any field
    """Return a customer with one level who deregistered on 29 February 2024."""
    plain = KeptCustomer(
        number="XX2024000001",
        levels=frozenset({Level.LOW}),
        industry="unknown",
        customer_type="deregistered",
        events={Anchor.DEREGISTRATION: ENDED},
    )
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("on", "standing"),
    [
        (ENDED - DAY, Standing.IN_USE),
        (ENDED, Standing.STORAGE_ONLY),
        (LAST, Standing.STORAGE_ONLY),
        (LAST + DAY, Standing.DUE),
    ],
)
def test_a_record_goes_on_the_day_after_its_last(
    on: dt.date, standing: Standing
) -> None:
    (fate,) = judge(customer(), schedule(), on)

    assert fate.standing is standing


def test_what_is_in_use_awaits_its_event() -> None:
    (fate,) = judge(customer(events={}), schedule(), LAST)

    assert fate.standing is Standing.IN_USE
    assert (fate.last_day, fate.awaits) == (None, Anchor.DEREGISTRATION)


@pytest.mark.parametrize(
    ("on", "standing"),
    [
        (ENDED, Standing.IN_USE),
        (LAST, Standing.IN_USE),
        (LAST + DAY, Standing.DUE),
    ],
)
def test_what_is_kept_from_collection_on_is_used_until_its_end(
    on: dt.date, standing: Standing
) -> None:
    """Collection begins a use and ends none."""
    (period,) = schedule().periods
    rules = RetentionSchedule(periods=(replace(period, anchor=Anchor.COLLECTION),))
    collected = customer(events={Anchor.COLLECTION: ENDED})

    (fate,) = judge(collected, rules, on)
    (kept,) = judge(
        collected,
        replace(rules, floors=(bound("aml", Span(years=9), Anchor.DEREGISTRATION),)),
        on,
    )

    assert fate.standing is standing
    assert kept.standing is (
        Standing.STORAGE_ONLY if standing is Standing.DUE else Standing.IN_USE
    )


def test_a_hold_keeps_what_is_due() -> None:
    (fate,) = judge(customer(on_hold=True), schedule(), LAST + DAY)

    assert fate.standing is Standing.ON_HOLD


def test_a_floor_from_another_event_is_waited_for() -> None:
    """Nobody knows of a last transaction: the ten years have not begun."""
    floors = (bound("trade", Span(years=10), Anchor.LAST_TRANSACTION),)
    late = dt.date(2060, 1, 1)
    traded = {Anchor.DEREGISTRATION: ENDED, Anchor.LAST_TRANSACTION: ENDED - DAY}

    (waiting,) = judge(customer(), schedule(floors=floors), late)
    (over,) = judge(customer(events=traded), schedule(floors=floors), late)

    assert waiting.standing is Standing.STORAGE_ONLY
    assert (waiting.rule_id, waiting.awaits) == ("trade", Anchor.LAST_TRANSACTION)
    assert over.standing is Standing.DUE
    assert (over.rule_id, over.last_day) == ("trade", dt.date(2034, 2, 28))


def test_a_ceiling_ends_storage_before_the_period_does() -> None:
    ceilings = (bound("necessity", Span(years=1), Anchor.COLLECTION),)
    events = {Anchor.DEREGISTRATION: ENDED, Anchor.COLLECTION: ENDED}

    (fate,) = judge(customer(events=events), schedule(ceilings=ceilings), LAST)

    assert (fate.standing, fate.rule_id) == (Standing.DUE, "necessity")
    assert fate.last_day == dt.date(2025, 2, 28)


def test_a_request_does_not_wait_for_the_period() -> None:
    """PIPL 47: deletion on request, while the customer is in use."""
    asked = customer(events={}, asked_on=ENDED)

    (same_day,) = judge(asked, schedule(), ENDED)
    (next_day,) = judge(asked, schedule(), ENDED + DAY)

    assert same_day.standing is Standing.STORAGE_ONLY
    assert (next_day.standing, next_day.rule_id) == (Standing.DUE, REQUEST)


def test_a_request_waits_for_a_floor() -> None:
    """AML Law 34 keeps a bank's customer for ten years whatever is asked."""
    floors = (bound("aml", Span(years=10), Anchor.DEREGISTRATION, BANKS),)
    bank = customer(industry="finance_bank", asked_on=ENDED)

    (fate,) = judge(bank, schedule(floors=floors), LAST)
    (in_use,) = judge(replace(bank, events={}), schedule(floors=floors), LAST)

    assert (fate.standing, fate.rule_id) == (Standing.STORAGE_ONLY, "aml")
    assert in_use.standing is Standing.STORAGE_ONLY
    assert in_use.awaits is Anchor.DEREGISTRATION


def test_levels_are_judged_one_by_one() -> None:
    """R17: each level has its own period."""
    high = Period(
        rule_id="high",
        scope=Scope(levels=frozenset({Level.HIGH})),
        anchor=Anchor.DEREGISTRATION,
        span=Span(years=1),
        superseded=Span(),
        legal_basis="PIPL 19",
    )
    rules = RetentionSchedule(periods=(*schedule().periods, high))
    both = customer(levels=frozenset({Level.LOW, Level.HIGH}))

    fates = judge(both, rules, LAST)

    assert [(one.level, one.standing) for one in fates] == [
        (Level.HIGH, Standing.DUE),
        (Level.LOW, Standing.STORAGE_ONLY),
    ]


SPANS = st.builds(
    Span, years=st.integers(0, 12), months=st.integers(0, 14), days=st.integers(0, 400)
)
DATES = st.dates(dt.date(2010, 1, 1), dt.date(2050, 1, 1))
BOUNDS = st.lists(
    st.builds(
        bound,
        st.sampled_from(["one", "two"]),
        SPANS,
        st.sampled_from(Anchor),
        st.sampled_from([Scope(), BANKS]),
    ),
    max_size=3,
).map(tuple)
CUSTOMERS = st.builds(
    KeptCustomer,
    number=st.just("XX2024000001"),
    levels=st.frozensets(st.sampled_from(Level), min_size=1),
    industry=st.sampled_from(["unknown", "finance_bank"]),
    customer_type=st.sampled_from([None, "existing", "deregistered"]),
    events=st.dictionaries(st.sampled_from(Anchor), DATES),
    on_hold=st.booleans(),
    asked_on=st.none() | DATES,
)


@given(st.lists(CUSTOMERS, max_size=3), BOUNDS, BOUNDS, DATES)
def test_no_plan_holds_what_must_be_kept(
    customers: list[KeptCustomer],
    floors: tuple[Bound, ...],
    ceilings: tuple[Bound, ...],
    on: dt.date,
) -> None:
    """Never before a floor, under hold, without an ending or a legal basis."""
    rules = schedule(floors=floors, ceilings=ceilings)
    for one in customers:
        for planned in due_of(one, judge(one, rules, on)):
            subject = Subject(
                level=planned.level,
                industry=one.industry,
                customer_type=one.customer_type,
            )
            assert not one.on_hold
            assert planned.legal_basis
            assert planned.last_day < on
            assert one.asked_on is not None or Anchor.DEREGISTRATION in one.events
            assert planned.level in one.levels
            for floor in rules.floors_of(subject):
                assert on > floor.span.last_day(one.events[floor.anchor])


@given(CUSTOMERS, BOUNDS, DATES, DATES)
def test_a_hold_takes_nobody_else_along(
    one: KeptCustomer, floors: tuple[Bound, ...], on: dt.date, later: dt.date
) -> None:
    """A hold never makes due, and who is due stays due as time goes on."""
    rules = schedule(floors=floors)
    free, held = replace(one, on_hold=False), replace(one, on_hold=True)
    now, then = sorted((on, later))

    assert list(due_of(held, judge(held, rules, on))) == []
    if not any(
        now < day <= then for day in (*one.events.values(), one.asked_on) if day
    ):
        before = {planned.level for planned in due_of(free, judge(free, rules, now))}
        after = {planned.level for planned in due_of(free, judge(free, rules, then))}
        assert before <= after


def test_a_plan_has_one_form_and_its_digest_binds_every_line() -> None:
    one = Due(
        number="XX2024000001",
        level=Level.LOW,
        last_day=LAST,
        rule_id="standard",
        legal_basis="民法典第188条",
    )

    lines = list(plan_lines([one], on=LAST + DAY, policy="ab", dataset="customers"))
    digests = set()
    for told in (lines, lines[:1], [lines[1], lines[0]]):
        digest = PlanDigest()
        for line in told:
            digest.add(line)
        digests.add(digest.hex())

    assert lines == [
        'custody/plan/1 {"dataset":"customers","on":"2027-03-01","policy":"ab"}',
        (
            '{"last_day":"2027-02-28","legal_basis":"民法典第188条","level":"low",'
            '"number":"XX2024000001","rule":"standard"}'
        ),
    ]
    assert len(digests) == 3
