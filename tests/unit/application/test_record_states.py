"""States follow where policy's day leads, once, and the ledger counts them (R17)."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from custody.adapters.policy import load_policy
from custody.application.record_states import FollowStates, judging_now
from custody.application.retention import CustomerEvent, EventKind
from custody.domain.kept_customer import KeptCustomer
from custody.domain.levels import Level
from custody.domain.record_states import RecordState
from custody.domain.retention import Anchor
from tests.builders.deliveries import MOMENT
from tests.fakes.ledger import FakeLedger
from tests.fakes.retention import FakeRetention
from tests.fakes.world import FixedClock

POLICY = load_policy(Path(__file__).parents[3] / "include" / "policy")
SHOP, BANK = "XX2020000001", "FI2020000001"
ENDED = dt.date(2024, 3, 31)


def customer(number: str, industry: str) -> KeptCustomer:
    """Return a customer of one level."""
    return KeptCustomer(
        number=number,
        levels=frozenset({Level.LOW}),
        industry=industry,
        customer_type=None,
        events={Anchor.COLLECTION: dt.date(2020, 1, 1)},
    )


def book() -> FakeRetention:
    """Return a shop and a bank that ended, whose keys are restricted."""
    known = {SHOP: customer(SHOP, "unknown"), BANK: customer(BANK, "finance_bank")}
    made = FakeRetention(FakeLedger(), known)
    for at, number in enumerate(known):
        one = CustomerEvent(
            event_id=bytes([at]) * 16,
            number=number,
            kind=EventKind.DEREGISTRATION,
            on=ENDED,
            reason="why",
            actor="who",
        )
        made.events[one.event_id] = one
        made.states[number, Level.LOW] = RecordState.STORAGE_ONLY
    return made


def at(day: dt.date) -> FixedClock:
    """Return noon of a day in UTC."""
    return FixedClock(dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC))


def test_who_is_over_becomes_due_on_the_day_after_and_not_before() -> None:
    """Three years for a shop; ten for a bank (AML Law 34)."""
    states = book()
    last = dt.date(2027, 3, 31)

    early = FollowStates(policy=POLICY, states=states, clock=at(last))()
    over = FollowStates(
        policy=POLICY, states=states, clock=at(last + dt.timedelta(days=1))
    )
    found, again = over(), over()

    assert (early, again) == ({}, {})
    assert found == {"low storage_only>due": 1}
    assert states.states[BANK, Level.LOW] is RecordState.STORAGE_ONLY


ZONES = ("Asia/Shanghai", "UTC", "America/New_York", "Pacific/Kiritimati")


@pytest.mark.parametrize("zone", ZONES)
def test_no_zone_is_a_day_early(zone: str) -> None:
    """T15: the last second of the last day keeps; the first one after it is due."""
    place = ZoneInfo(zone)
    policy = replace(POLICY, time_zone=place)
    last = dt.datetime(2027, 3, 31, 23, 59, 59, tzinfo=place)
    states = book()

    early = FollowStates(
        policy=policy, states=states, clock=FixedClock(last.astimezone(dt.UTC))
    )
    over = FollowStates(
        policy=policy,
        states=states,
        clock=FixedClock((last + dt.timedelta(seconds=1)).astimezone(dt.UTC)),
    )

    assert early() == {}
    assert over() == {"low storage_only>due": 1}


def test_a_clock_far_ahead_makes_due_and_nothing_more() -> None:
    """T15: 40 days ahead nobody is destroyed: that takes people, and looks anew."""
    states = book()
    ahead = at(dt.date(2027, 2, 20) + dt.timedelta(days=40))

    FollowStates(policy=POLICY, states=states, clock=ahead)()
    back = FollowStates(policy=POLICY, states=states, clock=at(dt.date(2027, 2, 20)))()

    assert back == {"low due>storage_only": 1}
    assert set(states.states.values()) == {RecordState.STORAGE_ONLY}


def test_the_ledger_counts_moves_and_names_nobody() -> None:
    states = book()
    ledger = states.ledger
    assert isinstance(ledger, FakeLedger)

    FollowStates(policy=POLICY, states=states, clock=at(dt.date(2040, 1, 1)))()

    assert [one.kind for one in ledger.entries] == ["states_followed"] * 2
    assert {one.subject for one in ledger.entries} == {POLICY.dataset}
    assert ledger.entries[0].body == {
        "policy": POLICY.digest,
        "moved": ["low storage_only>due 1"],
    }
    assert not any(SHOP.encode() in line for line in ledger.lines())


def test_the_day_is_policy_s_own() -> None:
    """At 18:00 UTC it is tomorrow in Shanghai (A1)."""
    late = FixedClock(MOMENT.replace(hour=18))

    assert judging_now(POLICY, late).on == MOMENT.date() + dt.timedelta(days=1)
