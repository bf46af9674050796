"""What was begun and never finished is told of, then sealed away and erased."""

import dataclasses
import datetime as dt
from collections.abc import Iterator

import pytest

from custody.application.intake.abandoned import SealAbandoned
from custody.application.intake.refusing import Refusing
from custody.application.ports import Incomplete, LandedFile, Reached, pass_by
from custody.domain.delivery import DeliveryKey, DeliveryState
from custody.errors import WorldError
from tests.builders.deliveries import MOMENT, delivery_key, delivery_record
from tests.builders.policies import policy_of, source
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.landing import FakeLanding
from tests.fakes.ledger import FakeLedger
from tests.fakes.quarantine import FakeQuarantine
from tests.fakes.world import FakeNotifier, FixedClock

HOURS = dt.timedelta(hours=1)
DAYS = dt.timedelta(days=1)
ROWS = {"rows.csv": b"invented"}
KEY = delivery_key(4)


class World:
    """An abandoned folder, of an age, and all that is to deal with it."""

    def __init__(
        self, age: dt.timedelta, *, key: DeliveryKey = KEY, reached: Reached = pass_by
    ) -> None:
        self.landing = FakeLanding()
        self.landing.folders[key] = dict(ROWS)
        self.landing.changed_at = MOMENT - age
        self.quarantine = FakeQuarantine()
        self.book = FakeDeliveryBook(MOMENT)
        self.ledger = FakeLedger()
        self.notifier = FakeNotifier()
        self.abandoned = SealAbandoned(
            refusing=Refusing(
                policy=policy_of(source()),
                landing=self.landing,
                quarantine=self.quarantine,
                book=self.book,
                ledger=self.ledger,
                clock=FixedClock(MOMENT),
                notifier=self.notifier,
                reached=reached,
            )
        )

    def told(self) -> list[str]:
        """Return the subjects that were sent."""
        return [subject for subject, _ in self.notifier.sent]


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (23 * HOURS, False),
        (24 * HOURS, True),
        (26 * HOURS, True),
        (27 * HOURS, False),
        (3 * DAYS, True),
        (6 * DAYS + 23 * HOURS, False),
        (-HOURS, False),
    ],
)
def test_it_is_told_of_once_a_day_by_place_and_age(
    age: dt.timedelta, *, told: bool
) -> None:
    """In each sweep of the day's first three hours: one may be missed (R25)."""
    world = World(age)

    assert world.abandoned() == ()

    assert bool(world.told()) is told
    for subject, text in world.notifier.sent:
        assert subject == "落地区有未写完的交付 incomplete deliveries: 1"
        assert text == (
            f"website/2026-11-23/4: {age.days} 天 days; "
            "满 7 天即封存并擦除 sealed away and erased at 7 days"
        )
    assert world.landing.folders == {KEY: ROWS}
    assert world.book.records == {}


@pytest.mark.parametrize(
    ("name", "reasons"),
    [("website", ("incomplete",)), ("crawler", ("unknown_source", "incomplete"))],
)
def test_after_its_days_it_is_sealed_into_the_quarantine_and_erased(
    name: str, reasons: tuple[str, ...]
) -> None:
    """Whoever began it; the ledger has both lines, people hear of it (R19, R64)."""
    key = delivery_key(4, source=name)
    world = World(7 * DAYS + 5 * HOURS, key=key)

    world.abandoned()
    world.abandoned()

    record = world.book.records[key.delivery_id]
    assert (record.state, record.reasons) == (DeliveryState.QUARANTINED, reasons)
    assert record.erased_at is not None
    assert world.landing.folders == {}
    assert world.quarantine.kept == {f"{key.delivery_id}/rows.csv": b"invented"}
    assert [entry.kind for entry in world.book.entries] == ["quarantined", "erased"]
    assert world.told() == [f"交付已隔离 delivery quarantined: {key.delivery_id}"]


def test_what_can_be_no_delivery_is_told_of_and_left() -> None:
    """Its name in quarantine would be its sender's: people take it away."""
    world = World(30 * DAYS)
    world.landing.folders.clear()
    world.landing.strays = ("website/2026-11-23",)

    world.abandoned()

    assert world.notifier.sent == [
        (
            "落地区有未写完的交付 incomplete deliveries: 1",
            (
                "website/2026-11-23: 30 天 days; 不属于任何交付，请人工处理 "
                "no delivery can be there: a person removes it"
            ),
        )
    ]
    assert world.quarantine.kept == {}


class FinishedMeanwhile(FakeLanding):
    """Its manifest comes after the look around and before the folder is sealed."""

    def files(self, key: DeliveryKey) -> tuple[LandedFile, ...]:
        """Let the sender finish."""
        self.folders[key]["manifest.json"] = b"{}"
        return super().files(key)


def test_a_delivery_that_is_finished_meanwhile_is_left_to_admission() -> None:
    """Twin: one that is not is sealed away, above."""
    world = World(8 * DAYS)
    landing = FinishedMeanwhile()
    landing.folders, landing.changed_at = world.landing.folders, MOMENT - 8 * DAYS
    refusing = dataclasses.replace(world.abandoned.refusing, landing=landing)

    assert SealAbandoned(refusing=refusing)() == ()

    assert set(landing.folders[KEY]) == {"rows.csv", "manifest.json"}
    assert world.book.records == {}


@pytest.mark.parametrize("state", [DeliveryState.ADMITTED, DeliveryState.SEALED])
def test_a_known_delivery_that_lost_its_manifest_is_left_to_its_run(
    state: DeliveryState,
) -> None:
    """It was let in: the run that settles it erases what is left."""
    world = World(30 * DAYS + 5 * HOURS)
    world.book.records[KEY.delivery_id] = delivery_record(state, sequence=4)

    world.abandoned()

    assert world.landing.folders == {KEY: ROWS}
    assert world.notifier.sent == []


def test_what_is_begun_at_a_taken_place_is_kept_under_a_name_of_its_own() -> None:
    world = World(8 * DAYS + 5 * HOURS)
    over = delivery_record(DeliveryState.LOADED, sequence=4, exported_at=MOMENT)
    world.book.records[KEY.delivery_id] = dataclasses.replace(over, erased_at=MOMENT)

    world.abandoned()

    (name,) = world.quarantine.kept
    assert name.startswith(f"{KEY.delivery_id}/again-20261123-")
    assert world.landing.folders == {}
    assert [entry.body["reasons"] for entry in world.ledger.entries] == [
        ["place_taken"]
    ]


def test_one_that_cannot_be_sealed_stops_no_other_and_is_a_fault() -> None:
    """The fault names the place; what lies there stays."""
    world = World(8 * DAYS + 5 * HOURS)
    other = delivery_key(5)
    world.landing.folders[other] = dict(ROWS)
    put = world.quarantine.put

    class Failing(FakeQuarantine):
        def put(self, name: str, plain: object) -> str:
            if name.startswith(KEY.delivery_id):
                raise WorldError("quarantine: no space")
            return put(name, plain)  # type: ignore[arg-type] # the port's stream

    refusing = dataclasses.replace(world.abandoned.refusing, quarantine=Failing())

    faults = SealAbandoned(refusing=refusing)()

    assert faults == (f"not sealed away: {KEY.delivery_id}: quarantine: no space",)
    assert set(world.landing.folders) == {KEY}


class Killed(BaseException):
    """The task is gone: nothing catches this."""


def _points() -> list[str]:
    heard: list[str] = []

    def reached(step: str) -> None:
        heard.append(step)

    World(8 * DAYS, reached=reached).abandoned()
    return heard


@pytest.mark.parametrize("point", range(len(_points())))
def test_killed_at_any_point_the_next_sweep_finishes_it(point: int) -> None:
    """Sealed before it is recorded, recorded before it is erased, told either way."""
    left = [point]

    def reached(step: str) -> None:  # noqa: ARG001 - the port's
        left[0] -= 1
        if left[0] == -1:
            raise Killed

    world = World(8 * DAYS + 5 * HOURS, reached=reached)
    with pytest.raises(Killed):
        world.abandoned()
    world.landing.changed_at = MOMENT  # an erasure that began changed the folder

    if not world.book.records:  # nothing is erased before it is recorded
        world.landing.changed_at = MOMENT - 8 * DAYS - 5 * HOURS
    world.abandoned()

    assert world.book.records[KEY.delivery_id].erased_at is not None
    assert world.landing.folders == {}
    assert world.quarantine.kept == {f"{KEY.delivery_id}/rows.csv": b"invented"}
    assert [entry.kind for entry in world.book.entries] == ["quarantined", "erased"]
    assert world.told()


def test_the_list_has_what_is_being_written_too() -> None:
    """`custody status` shows it from its first byte."""
    world = World(2 * HOURS)

    (begun,) = world.abandoned.begun()

    assert (begun.place, begun.key, begun.age) == (KEY.delivery_id, KEY, 2 * HOURS)


def _none(_self: FakeLanding) -> Iterator[Incomplete]:
    return iter(())


def test_twin_a_sweep_that_does_not_look_leaves_the_plaintext(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So it was: neither told of nor erased, however old."""
    world = World(400 * DAYS)
    monkeypatch.setattr(FakeLanding, "incomplete", _none)

    world.abandoned()

    assert world.landing.folders == {KEY: ROWS}
    assert world.notifier.sent == []
