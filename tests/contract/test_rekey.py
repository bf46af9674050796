"""What every keyring promises its destroyer: the fake, and PostgreSQL."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl
import pytest

from custody.adapters.keyring.epochs import MAX_WRAPS
from custody.adapters.keyring.exclusive import PostgresExclusion
from custody.adapters.keyring.rekey import PostgresEpochKeys
from custody.adapters.roles import KEYRING_DESTROYER
from custody.application.ports.rekey import EpochKeys, Exclusively
from custody.domain.epochs import EpochId, EpochState, Purpose
from custody.domain.levels import Level
from custody.errors import ConflictError, EpochClosedError, EvidenceError
from tests.contract.conftest import FAKE_AND_REAL
from tests.contract.worlds import (
    KeyRoom,
    fake_key_room,
    invented_keys,
    real_key_room,
)
from tests.fakes.keyring import FakeKeyring
from tests.fakes.rekey import FakeEpochKeys, FakeExclusion, same, with_wrapped
from tests.integration.conftest import Databases

BORN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
LATER = dt.datetime(2400, 1, 1, tzinfo=dt.UTC)
FIRST = b""
KEYS = 3


@dataclass(frozen=True)
class EndingRoom:
    """A keyring, as who seals has it and as its destroyer has it."""

    room: KeyRoom
    keys: EpochKeys
    exclusively: Callable[[], Exclusively]

    def write(self, epoch: EpochId, count: int = KEYS) -> list[bytes]:
        """Seal something under an epoch; return the handles."""
        keys = invented_keys(epoch, count, entropy=os.urandom(12))
        with self.room.loader.writing([epoch]) as writer:
            writer.write(keys, dataset="customers", department="sales")
        return keys["handle"].to_list()


@pytest.fixture(params=FAKE_AND_REAL)
def ending(request: pytest.FixtureRequest) -> EndingRoom:
    """The keyring: in memory, then on PostgreSQL."""
    if request.param == "fake":
        room, exclusion = fake_key_room(), FakeExclusion()
        assert isinstance(room.owner, FakeKeyring)
        return EndingRoom(room, FakeEpochKeys(room.owner, born=BORN), lambda: exclusion)
    databases: Databases = request.getfixturevalue("databases")
    engine = databases.keyring(KEYRING_DESTROYER)
    return EndingRoom(
        real_key_room(databases),
        PostgresEpochKeys(engine),
        lambda: PostgresExclusion(databases.hasty_keyring(KEYRING_DESTROYER)),
    )


@pytest.fixture
def old(ending: EndingRoom) -> Iterator[EpochId]:
    """The open epoch of a level, with keys; closed after the test."""
    found = ending.keys.open_of(Purpose.LIVE, Level.HIGH)
    epoch = found or ending.keys.following(Purpose.LIVE, Level.HIGH)
    ending.room.owner.add_epoch(epoch, suite=1)
    ending.write(epoch)
    yield epoch
    left = ending.keys.open_of(Purpose.LIVE, Level.HIGH)
    if left is not None:
        ending.room.close(left)


@pytest.fixture
def new(ending: EndingRoom, old: EpochId) -> EpochId:
    """Its successor, open."""
    epoch = ending.keys.following(Purpose.LIVE, Level.HIGH)
    assert ending.keys.succeed(old, epoch, suite=1)
    return epoch


def test_a_successor_is_open_when_who_was_before_it_is_closing(
    ending: EndingRoom, old: EpochId
) -> None:
    following = ending.keys.following(Purpose.LIVE, Level.HIGH)

    succeeded = ending.keys.succeed(old, following, suite=1)

    assert succeeded
    assert following.number == old.number + 1
    assert ending.keys.state(old) is EpochState.CLOSING
    assert ending.keys.state(following) is EpochState.OPEN
    assert ending.keys.open_of(Purpose.LIVE, Level.HIGH) == following
    assert ending.room.loader.open_epoch(Level.HIGH) == following
    assert old in ending.keys.leaving()
    ending.write(following)


def test_an_epoch_lives_until_it_is_destroyed(
    ending: EndingRoom, old: EpochId, new: EpochId
) -> None:
    assert {old, new} <= set(ending.room.loader.living())

    with ending.keys.ending(old) as held:
        held.destroyed()

    living = ending.room.loader.living()
    assert new in living
    assert old not in living
    assert list(living) == sorted(living, key=str)


def test_who_is_closing_already_is_not_succeeded_again(
    ending: EndingRoom, old: EpochId, new: EpochId
) -> None:
    third = ending.keys.following(Purpose.LIVE, Level.HIGH)

    succeeded = ending.keys.succeed(old, third, suite=1)

    assert not succeeded
    assert ending.keys.state(third) is None
    assert ending.keys.open_of(Purpose.LIVE, Level.HIGH) == new


def test_nothing_is_known_of_an_epoch_that_was_never_recorded(
    ending: EndingRoom,
) -> None:
    unborn = EpochId(Purpose.RESTRICTED, Level.LOW, 7)

    assert ending.keys.state(unborn) is None
    assert ending.keys.open_of(Purpose.RESTRICTED, Level.LOW) is None
    assert ending.keys.following(Purpose.RESTRICTED, Level.LOW).number == 1
    with pytest.raises(KeyError), ending.keys.ending(unborn):
        pass
    assert len(ending.keys.records(unborn, after=FIRST, most=9)) == 0


def test_open_epochs_are_told_by_when_they_were_recorded(
    ending: EndingRoom, old: EpochId
) -> None:
    assert old in ending.keys.open_before(LATER)
    assert ending.keys.open_before(BORN) == ()


def test_records_come_in_the_order_of_their_handles(
    ending: EndingRoom, old: EpochId
) -> None:
    handles = sorted(ending.write(old, 5))

    all_of_them = ending.keys.records(old, after=FIRST, most=10**6)
    rest = ending.keys.records(old, after=handles[1], most=1)

    assert set(handles) <= set(all_of_them.handles)
    assert list(all_of_them.handles) == sorted(all_of_them.handles)
    assert len(rest) == 1
    assert rest.handles[0] > handles[1]
    assert set(all_of_them.datasets) == {"customers"}
    assert set(all_of_them.levels) == {"high"}


def test_records_of_handles_are_those_of_the_epoch_alone(
    ending: EndingRoom, old: EpochId, new: EpochId
) -> None:
    theirs = ending.write(new)

    assert set(ending.keys.records_of(new, [*theirs, bytes(16)]).handles) == set(theirs)
    assert len(ending.keys.records_of(old, theirs)) == 0
    assert len(ending.keys.records_of(old, [])) == 0


def test_moved_records_stand_under_the_new_epoch_with_their_new_wrapping(
    ending: EndingRoom, old: EpochId, new: EpochId
) -> None:
    before = ending.keys.records(old, after=FIRST, most=KEYS)
    wrapped = [os.urandom(64) for _ in before.handles]
    ours = with_wrapped(before, wrapped)

    with ending.keys.moving(new) as mover:
        stored = mover.move(ours, old=old)

    assert same(stored, ours)
    assert same(ending.keys.records_of(new, before.handles), ours)
    assert len(ending.keys.records_of(old, before.handles)) == 0
    with ending.keys.moving(new) as mover:
        assert len(mover.move(ours, old=old)) == 0


def test_a_record_that_is_cut_short_is_told_as_it_lies(
    ending: EndingRoom, old: EpochId
) -> None:
    """Who reads it finds that it is not what it must be; its neighbours stay whole."""
    cut = invented_keys(old, KEYS, entropy=os.urandom(12)).with_columns(
        wrapped=pl.Series([b"short", b"", bytes(64)], dtype=pl.Binary)
    )
    with ending.room.loader.writing([old]) as writer:
        writer.write(cut, dataset="customers", department="sales")

    found = ending.keys.records_of(old, cut["handle"].to_list())

    lying = dict(zip(found.handles, found.wrapped, strict=True))
    assert lying == dict(cut.select("handle", "wrapped").rows())


def test_a_record_with_another_key_id_stays_and_none_is_made(
    ending: EndingRoom, old: EpochId, new: EpochId
) -> None:
    """What was deleted, or sealed again, meanwhile does not come back."""
    before = ending.keys.records(old, after=FIRST, most=1)
    unknown = with_wrapped(before, [os.urandom(64)])
    strange = type(before)(
        handles=[*before.handles, os.urandom(16)],
        levels=["high"] * 2,
        datasets=["customers"] * 2,
        key_ids=[os.urandom(32), os.urandom(32)],
        wrapped=[*unknown.wrapped] * 2,
    )

    with ending.keys.moving(new) as mover:
        stored = mover.move(strange, old=old)

    assert len(stored) == 0
    assert same(ending.keys.records_of(old, before.handles), before)
    assert ending.room.left(new) == 0


def test_a_mover_that_fails_moves_nothing(
    ending: EndingRoom, old: EpochId, new: EpochId
) -> None:
    before = ending.keys.records(old, after=FIRST, most=1)

    def break_off() -> None:
        with ending.keys.moving(new) as mover:
            mover.move(before, old=old)
            raise ValueError("invented")

    with pytest.raises(ValueError, match="invented"):
        break_off()

    assert same(ending.keys.records_of(old, before.handles), before)


def test_nothing_moves_to_an_epoch_that_is_not_open(
    ending: EndingRoom, old: EpochId, new: EpochId
) -> None:
    unborn = EpochId(Purpose.LIVE, Level.HIGH, new.number + 9)

    for closed in (old, unborn):
        with pytest.raises(EpochClosedError), ending.keys.moving(closed):
            pass


def test_wraps_are_counted_up_to_2_to_the_32(ending: EndingRoom, new: EpochId) -> None:
    ending.keys.count_wraps(new, MAX_WRAPS - 1)

    with pytest.raises(EpochClosedError):
        ending.keys.count_wraps(new, 2)
    ending.keys.count_wraps(new, 1)


def test_an_epoch_is_held_counted_and_recorded_as_destroyed(
    ending: EndingRoom, old: EpochId, new: EpochId
) -> None:
    left = ending.room.left(old)
    with ending.keys.ending(old) as held:
        counted, state = held.left(), held.state
        held.destroyed()

    assert (counted, state) == (left, EpochState.CLOSING)
    assert ending.keys.state(old) is EpochState.DESTROYED
    with ending.keys.ending(new) as held:
        assert held.state is EpochState.OPEN


def test_who_breaks_off_an_end_has_ended_nothing(
    ending: EndingRoom, old: EpochId, new: EpochId
) -> None:
    def break_off() -> None:
        with ending.keys.ending(old) as held:
            held.destroyed()
            raise ValueError("invented")

    with pytest.raises(ValueError, match="invented"):
        break_off()

    assert ending.keys.state(old) is EpochState.CLOSING
    assert ending.keys.state(new) is EpochState.OPEN


def test_a_table_is_dropped_when_its_epoch_has_ended_and_is_empty(
    ending: EndingRoom, old: EpochId, new: EpochId
) -> None:
    with pytest.raises(EvidenceError):
        ending.keys.drop(old)
    with pytest.raises(EvidenceError):
        ending.keys.drop(new)
    everything = ending.keys.records(old, after=FIRST, most=10**6)
    with ending.keys.moving(new) as mover:
        mover.move(everything, old=old)

    with ending.keys.ending(old) as held:
        held.destroyed()
    before_the_drop = ending.keys.leaving()
    ending.keys.drop(old)
    ending.keys.drop(old)

    assert old in before_the_drop
    assert old not in ending.keys.leaving()
    assert ending.room.left(old) == 0
    assert same(ending.keys.records_of(new, everything.handles), everything)


def test_one_moves_keys_at_a_time(ending: EndingRoom) -> None:
    one, other = ending.exclusively(), ending.exclusively()

    with one(), pytest.raises(ConflictError), other():
        pass
    with other():
        pass
