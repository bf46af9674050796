"""Who is due: no day early, never under hold, never without a basis (R17, R69)."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.domain.kept_customer import KeptCustomer, Replaced
from custody.domain.levels import Level
from custody.domain.plan_form import (
    FIRST_FORMAT,
    SECOND_FORMAT,
    PlanDigest,
    PlanHead,
    plan_lines,
)
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
    SUPERSEDED,
    Due,
    Planning,
    Standing,
    UpTo,
    due_by,
    due_of,
    judge,
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
    replaced=st.lists(
        st.builds(
            Replaced,
            level=st.sampled_from(Level),
            part=st.sampled_from(["", "credit"]),
            version=st.integers(1, 5),
            on=DATES,
            has_salt=st.booleans(),
        ),
        max_size=4,
    ).map(tuple),
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
        for planned in due_of(one, judge(one, rules, on), rules, on):
            subject = Subject(
                level=planned.level,
                industry=one.industry,
                customer_type=one.customer_type,
            )
            assert not one.on_hold
            assert planned.legal_basis
            assert planned.last_day < on
            if planned.up_to is None:
                assert one.asked_on is not None or Anchor.DEREGISTRATION in one.events
            else:
                _insist_on_versions(one, planned, on)
            assert planned.level in one.levels
            for floor in rules.floors_of(subject):
                assert on > floor.span.last_day(one.events[floor.anchor])


def _insist_on_versions(one: KeptCustomer, planned: Due, on: dt.date) -> None:
    """The last version of a line is over by its own day, and is not the salt's."""
    assert planned.up_to is not None
    assert any(
        Span(years=1).last_day(it.on) < on and not it.has_salt
        for it in one.replaced
        if (it.level, UpTo(it.part, it.version)) == (planned.level, planned.up_to)
    )
    assert planned.rule_id.endswith(SUPERSEDED)


@given(CUSTOMERS, BOUNDS, DATES, DATES)
def test_a_hold_takes_nobody_else_along(
    one: KeptCustomer, floors: tuple[Bound, ...], on: dt.date, later: dt.date
) -> None:
    """A hold never makes due, and who is due stays due as time goes on."""
    rules = schedule(floors=floors)
    free, held = replace(one, on_hold=False), replace(one, on_hold=True)
    now, then = sorted((on, later))

    assert list(due_of(held, judge(held, rules, on), rules, on)) == []
    if not any(
        now < day <= then for day in (*one.events.values(), one.asked_on) if day
    ):
        before, after = (
            {
                planned.level
                for planned in due_of(free, judge(free, rules, on), rules, on)
            }
            for on in (now, then)
        )
        assert before <= after


@given(CUSTOMERS, BOUNDS, BOUNDS, DATES)
def test_an_event_that_is_lost_makes_nobody_due(
    one: KeptCustomer,
    floors: tuple[Bound, ...],
    ceilings: tuple[Bound, ...],
    on: dt.date,
) -> None:
    """Why lost holds alone stop a destruction after a restore (R69, ADR 20).

    Asked on every last day, too.  But for the day of a request for deletion, on which
    it is no reason yet.
    """
    rules = schedule(floors=floors, ceilings=ceilings)
    free = replace(one, on_hold=False)
    known = (
        *(replace(free, events=_without(free, event)) for event in free.events),
        replace(free, asked_on=None),
    )
    days = {on, *(fate.last_day or on for fate in judge(free, rules, on))}

    for day in days - {one.asked_on}:
        whole = list(due_of(free, judge(free, rules, day), rules, day))
        for fewer in known:
            for line in due_of(fewer, judge(fewer, rules, day), rules, day):
                assert any(_takes(due, line) for due in whole)


def _without(one: KeptCustomer, lost: Anchor) -> dict[Anchor, dt.date]:
    return {event: day for event, day in one.events.items() if event is not lost}


def _takes(due: Due, line: Due) -> bool:
    """Whether all goes by the one that goes by the other."""
    if due.up_to is None:
        return due.level is line.level
    return (
        line.up_to is not None
        and due.place == line.place
        and due.up_to.version >= line.up_to.version
    )


def test_a_plan_has_one_form_and_its_digest_binds_every_line() -> None:
    one = Due(
        number="XX2024000001",
        level=Level.LOW,
        last_day=LAST,
        rule_id="standard",
        legal_basis="民法典第188条",
    )

    head = PlanHead(on=LAST + DAY, policy="ab", dataset="customers")

    lines = list(plan_lines([one], head))
    digests = set()
    for told in (lines, lines[:1], [lines[1], lines[0]]):
        digest = PlanDigest()
        for line in told:
            digest.add(line)
        digests.add(digest.hex())

    assert lines == [
        (
            'custody/plan/3 {"dataset":"customers","on":"2027-03-01","ordinal":1,'
            '"policy":"ab"}'
        ),
        (
            '{"last_day":"2027-02-28","legal_basis":"民法典第188条","level":"low",'
            '"number":"XX2024000001","rule":"standard","versions":"all"}'
        ),
    ]
    assert len(digests) == 3


# --- versions that newer ones replaced ------------------------------------------


def living(*replaced: Replaced, **changes: Any) -> KeptCustomer:  # noqa: ANN401 - of any field
    """Return a customer in use, of whom newer versions replaced some."""
    return customer(events={}, replaced=replaced, **changes)


def version(at: int, on: dt.date, **changes: Any) -> Replaced:  # noqa: ANN401 - as above
    """Return what is left of a version that was replaced on a day."""
    return replace(Replaced(level=Level.LOW, part="", version=at, on=on), **changes)


def planned_of(
    one: KeptCustomer, on: dt.date, rules: RetentionSchedule | None = None
) -> list[Due]:
    """Return the lines that a customer makes on a day."""
    planning = Planning(
        schedule=rules or schedule(),
        on=on,
        unknown_industry="unknown",
        zone=dt.UTC,
    )
    return list(planning.dues(one))


def test_a_replaced_version_goes_the_day_after_its_own_last() -> None:
    """While the customer lives on, and whatever came later stays (R17)."""
    one = living(version(2, ENDED), version(3, ENDED + DAY))
    last = Span(years=1).last_day(ENDED)

    (line,) = planned_of(one, last + DAY)

    assert planned_of(one, last) == []
    assert (line.up_to, line.last_day) == (UpTo("", 2), last)
    assert (line.rule_id, line.legal_basis) == ("standard.superseded", "Civil Code 188")


def test_each_part_has_a_line_of_its_own_and_the_salt_stays() -> None:
    """Commitments are made with the first version's salt as long as anybody is here."""
    one = living(
        version(1, ENDED, has_salt=True),
        version(2, ENDED),
        version(3, ENDED, part="credit"),
        version(4, ENDED, level=Level.HIGH),
    )

    lines = planned_of(one, LAST)

    assert [line.up_to for line in lines] == [UpTo("", 2), UpTo("credit", 3)]
    assert planned_of(living(version(1, ENDED, has_salt=True)), LAST) == []


def test_a_hold_and_a_floor_keep_replaced_versions_too() -> None:
    """In doubt kept: a statute that demands the customer demands all of them."""
    rules = schedule(floors=(bound("aml", Span(years=10), Anchor.DEREGISTRATION),))
    one = living(version(2, ENDED))

    assert planned_of(replace(one, on_hold=True), LAST) == []
    assert planned_of(one, LAST, rules) == []
    assert len(planned_of(one, LAST)) == 1


def test_who_is_due_goes_with_all_versions_in_one_line() -> None:
    one = customer(replaced=(version(2, ENDED),))

    (line,) = planned_of(one, LAST + DAY)

    assert line.up_to is None


def test_days_that_pass_add_versions_and_take_none_away() -> None:
    line = planned_of(living(version(2, ENDED)), LAST)[0]
    later = replace(line, up_to=UpTo("", 3), last_day=LAST)
    whole = replace(line, up_to=None, rule_id="standard")
    dues = {one.place: one for one in (later, whole)}

    assert later.covers(line)
    assert line.covers(line)
    assert whole.covers(line)
    assert not line.covers(later)
    assert not line.covers(whole)
    assert not whole.covers(replace(line, number="XX2024000002"))
    assert not replace(later, rule_id="other").covers(line)
    assert not replace(later, up_to=UpTo("credit", 3)).covers(line)
    assert not replace(line, last_day=line.last_day - DAY).covers(line)
    assert due_by(line, dues) == later
    assert due_by(line, {whole.place: whole}) == whole
    assert due_by(line, {}) is None


def test_the_digest_binds_the_versions_and_older_plans_are_read_for_ever() -> None:
    line = planned_of(living(version(2, ENDED)), LAST)[0]
    head = PlanHead(on=LAST, policy="ab", dataset="customers")
    first = replace(head, form=FIRST_FORMAT)

    _, told = plan_lines([line], head)
    _, whole = plan_lines([replace(line, up_to=None)], head)
    top, older = plan_lines([replace(line, up_to=None)], first)
    _, forged = plan_lines([line], first)

    assert '"part":"","rule":"standard.superseded","versions":2}' in told
    assert whole.endswith('"versions":"all"}')
    assert top.startswith("custody/plan/1 ")
    assert "versions" not in older
    assert forged != older


def test_an_older_plan_has_no_ordinal_and_none_can_be_given_to_it() -> None:
    """Its digest is over the head as it was: a row that says otherwise is altered."""
    head = PlanHead(on=LAST, policy="ab", dataset="customers", form=SECOND_FORMAT)

    (older,) = plan_lines([], head)
    (forged,) = plan_lines([], replace(head, ordinal=2))
    heads = {
        next(plan_lines([], replace(head, form=3, ordinal=at))) for at in range(1, 4)
    }

    prefix, _, told = older.partition(" ")
    assert prefix == "custody/plan/2"
    assert told == '{"dataset":"customers","on":"2027-02-28","policy":"ab"}'
    assert forged != older
    assert len(heads) == 3
