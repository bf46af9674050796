"""The sweep names what waits, quarantines what nobody approved, tells who is late."""

import datetime as dt

from custody.application.intake.sweep import SweepLanding
from custody.domain.delivery import DeliveryState
from tests.builders.deliveries import DAY, MOMENT, delivery_key, delivery_record
from tests.builders.policies import policy_of, source
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.landing import FakeLanding
from tests.fakes.world import FakeNotifier, FixedClock

MANIFEST = {"manifest.json": b"{}"}


def sweep_at(moment: dt.datetime, *, quarantined: list[str]) -> SweepLanding:
    """Return the use case at a moment, over an empty landing zone."""
    return SweepLanding(
        policy=policy_of(
            source("website", expected_by=dt.time(9, 30)), source("partner")
        ),
        landing=FakeLanding(),
        book=FakeDeliveryBook(MOMENT),
        notifier=FakeNotifier(),
        clock=FixedClock(moment),
        quarantine_unknown=lambda: quarantined.append("unknown"),
        expire_quarantine=lambda: quarantined.append("expired"),
    )


def notes(sweep: SweepLanding) -> list[str]:
    """Return the subjects that were sent."""
    assert isinstance(sweep.notifier, FakeNotifier)
    return [subject for subject, _ in sweep.notifier.sent]


def test_drops_of_approved_sources_and_unfinished_deliveries_are_named_once() -> None:
    """A run takes every delivery of its date, so a pair is named once."""
    asked: list[str] = []
    sweep = sweep_at(MOMENT, quarantined=asked)
    assert isinstance(sweep.landing, FakeLanding)
    assert isinstance(sweep.book, FakeDeliveryBook)
    sweep.landing.folders[delivery_key(1)] = MANIFEST
    sweep.landing.folders[delivery_key(2)] = MANIFEST
    sweep.landing.folders[delivery_key(1, source="crawler")] = MANIFEST
    waiting = delivery_record(DeliveryState.CHECKED, source="partner")
    sweep.book.records[waiting.key.delivery_id] = waiting

    pairs = sweep()

    assert pairs == (("partner", DAY), ("website", DAY))
    assert asked == ["unknown", "expired"]


def test_an_overdue_source_is_told_of_in_one_sweep_only() -> None:
    """Expected by 09:30 in the policy's zone: told at 10:00, not at 09:00 or 11:00."""
    told = {
        hour: notes(late)
        for hour in (9, 10, 11)
        for late in [
            sweep_at(
                dt.datetime(2026, 11, 23, hour - 8, 0, tzinfo=dt.UTC), quarantined=[]
            )
        ]
        if late() == ()
    }

    assert told == {
        9: [],
        10: ["交付逾期 delivery overdue: website"],
        11: [],
    }


def test_a_source_that_delivered_is_not_overdue() -> None:
    """Whatever became of the delivery: it has arrived."""
    sweep = sweep_at(dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC), quarantined=[])
    assert isinstance(sweep.book, FakeDeliveryBook)
    arrived = delivery_record(DeliveryState.QUARANTINED)
    sweep.book.records[arrived.key.delivery_id] = arrived

    sweep()

    assert notes(sweep) == []
