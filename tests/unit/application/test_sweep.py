"""The sweep names what waits, quarantines what nobody approved, tells who is late."""

import dataclasses
import datetime as dt

from custody.application.intake.admission import Admission
from custody.application.intake.sweep import SweepLanding, Swept
from custody.domain.delivery import DeliveryState
from custody.errors import WorldError
from tests.builders.deliveries import DAY, MOMENT, delivery_key, delivery_record
from tests.builders.policies import policy_of, source
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.landing import FakeLanding
from tests.fakes.world import FakeNotifier, FixedClock

MANIFEST = {"manifest.json": b"{}"}


def sweep_at(moment: dt.datetime, *, quarantined: list[str]) -> SweepLanding:
    """Return the use case at a moment, over an empty landing zone."""

    def strangers() -> Admission:
        quarantined.append("unknown")
        return Admission()

    return SweepLanding(
        policy=policy_of(
            source("website", expected_by=dt.time(9, 30)), source("partner")
        ),
        landing=FakeLanding(),
        book=FakeDeliveryBook(MOMENT),
        notifier=FakeNotifier(),
        clock=FixedClock(moment),
        quarantine_unknown=strangers,
        seal_abandoned=tuple,
        expire_quarantine=lambda: quarantined.append("expired"),
        care_for_escrows=lambda: quarantined.append("escrows"),
        uncopied=tuple,
        threatened=tuple,
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

    swept = sweep()

    assert swept == Swept((("partner", DAY), ("website", DAY)))
    assert asked == ["unknown", "expired", "escrows"]


def test_an_overdue_source_is_told_of_for_three_hours() -> None:
    """Expected by 09:30 in the policy's zone: one missed sweep hides nothing."""
    told = {
        hour: notes(late)
        for hour in (9, 10, 11, 12, 13)
        for late in [
            sweep_at(
                dt.datetime(2026, 11, 23, hour - 8, 0, tzinfo=dt.UTC), quarantined=[]
            )
        ]
        if late() == Swept(())
    }

    assert told == {
        9: [],
        **{hour: ["交付逾期 delivery overdue: website"] for hour in (10, 11, 12)},
        13: [],
    }


def test_a_source_due_before_midnight_is_told_of_after_it() -> None:
    sweep = sweep_at(dt.datetime(2026, 11, 22, 16, 5, tzinfo=dt.UTC), quarantined=[])
    late = policy_of(source("website", expected_by=dt.time(23, 30)))

    dataclasses.replace(sweep, policy=late)()

    assert notes(sweep) == ["交付逾期 delivery overdue: website"]


def test_a_removed_source_stops_nothing_and_is_told_of_once() -> None:
    """There is no run of it to start: people decide (R18)."""
    sweep = sweep_at(MOMENT - dt.timedelta(hours=2), quarantined=[])
    assert isinstance(sweep.book, FakeDeliveryBook)
    for name in ("removed", "partner"):
        for sequence in (1, 2):
            record = delivery_record(source=name, sequence=sequence)
            sweep.book.records[record.key.delivery_id] = record

    swept = sweep()

    assert swept == Swept((("partner", DAY),))
    assert len(notes(sweep)) == 1


def test_a_step_that_fails_hides_nothing_that_waits() -> None:
    asked: list[str] = []
    sweep = sweep_at(MOMENT - dt.timedelta(hours=2), quarantined=asked)
    assert isinstance(sweep.landing, FakeLanding)
    sweep.landing.folders[delivery_key(1)] = MANIFEST
    stranger = delivery_key(source="crawler").delivery_id

    def broken() -> None:
        raise WorldError("quarantine")

    swept = dataclasses.replace(
        sweep,
        quarantine_unknown=lambda: Admission(failed=(stranger,)),
        expire_quarantine=broken,
    )()

    assert swept.waiting == (("website", DAY),)
    assert swept.faults == (f"not judged: {stranger}", "WorldError: quarantine")
    assert asked == ["escrows"]


def test_what_could_not_be_sealed_away_is_a_fault() -> None:
    place = delivery_key(3).delivery_id
    faulty = f"not sealed away: {place}: quarantine"
    sweep = sweep_at(MOMENT - dt.timedelta(hours=2), quarantined=[])

    swept = dataclasses.replace(sweep, seal_abandoned=lambda: (faulty,))()

    assert swept == Swept((), (faulty,))


def test_a_source_that_delivered_is_not_overdue() -> None:
    """Whatever became of the delivery: it has arrived."""
    sweep = sweep_at(dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC), quarantined=[])
    assert isinstance(sweep.book, FakeDeliveryBook)
    arrived = delivery_record(DeliveryState.QUARANTINED)
    sweep.book.records[arrived.key.delivery_id] = arrived

    sweep()

    assert notes(sweep) == []


def test_a_ledger_that_was_not_copied_for_a_day_is_an_alarm() -> None:
    """The sweep's run turns red, hour after hour, until a copy lies there."""
    sweep = dataclasses.replace(
        sweep_at(MOMENT, quarantined=[]), uncopied=lambda: ("disk",)
    )

    assert sweep().faults == (
        "the ledger has lines older than a day that are not on disk",
    )


def test_a_threatened_key_is_an_alarm() -> None:
    """A fault turns the run red; nothing else is kept from happening."""
    sweep = sweep_at(MOMENT - dt.timedelta(hours=2), quarantined=[])
    threat = "the key of the living epoch live/high/1 is pending"

    swept = dataclasses.replace(sweep, threatened=lambda: (threat,))()

    assert swept == Swept((), (threat,))
