"""An epoch ends only after all of its survivors stand under the next one."""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Generator, Iterator
from typing import TypeVar

import pytest

from custody.adapters.ahead import one_ahead
from custody.application.keys import escrow_folder
from custody.application.ports import KeyProvider, KeyState
from custody.application.rekey import RekeyEpochs, untold
from custody.crypto.rewrap import KeyRecords
from custody.domain.epochs import EpochId, EpochState, Purpose
from custody.domain.levels import Level
from custody.errors import (
    ConfigurationError,
    ConflictError,
    EpochClosedError,
    EvidenceError,
    KeyDestroyedError,
    WorldError,
)
from tests.fakes.keys import FakeKeyProvider
from tests.fakes.rekey import FakeEpochKeys, FakeKeyMover, with_wrapped
from tests.fakes.rekey_world import (
    BATCH,
    MOMENT,
    NEW,
    OLD,
    RESTRICTED,
    ROWS,
    World,
    open_world,
)
from tests.fakes.world import FixedClock

Item = TypeVar("Item")


@pytest.fixture
def world() -> World:
    return open_world()


def test_a_rotation_keeps_every_key_and_ends_the_old_epoch(world: World) -> None:
    sealed = world.seal(OLD, ROWS)

    new = world.rekey.succeed(OLD)
    moved = world.rekey.rewrap(OLD, new)
    verified = world.rekey.verify(new)
    state = world.rekey.end(OLD, new)

    assert (new, moved, verified) == (NEW, ROWS, ROWS)
    assert state == KeyState(name="destroyed", final=MOMENT.date())
    assert world.keys.state(OLD) is EpochState.DESTROYED
    assert world.keys.dropped == [OLD]
    assert world.opens(sealed)
    assert world.told == [(OLD, 3), (OLD, 6), (OLD, 7)]
    assert world.keys.wraps == {NEW: ROWS}
    (entry,) = world.ledger.entries
    assert (entry.kind, entry.subject) == ("rekeyed", "live/high/1")
    assert entry.body == {"successor": "live/high/2", "survivors": ROWS}


def test_a_successor_is_escrowed_everywhere_before_it_is_open(world: World) -> None:
    world.media[1].flip = True

    with pytest.raises(EvidenceError, match="cloud"):
        world.rekey.succeed(OLD)
    assert world.keys.state(OLD) is EpochState.OPEN
    assert world.keys.state(NEW) is None

    world.media[1].flip = False
    assert world.rekey.succeed(OLD) == NEW
    for medium in world.media:
        assert medium.list(escrow_folder(NEW))


def test_who_is_succeeded_already_has_its_open_successor(world: World) -> None:
    first = world.rekey.succeed(OLD)
    again = world.rekey.succeed(OLD)
    third = world.rekey.succeed(NEW)

    assert first == again == NEW
    assert world.rekey.succeed(OLD) == third == EpochId.parse("live/high/3")
    assert world.keys.leaving() == (OLD, NEW)


def test_another_run_may_have_let_it_succeed_meanwhile(world: World) -> None:
    """The state was read before the other's transaction; its successor is told."""

    class Overtaken(FakeEpochKeys):
        def succeed(self, old: EpochId, new: EpochId, *, suite: int) -> bool:
            assert super().succeed(old, new, suite=suite)
            return super().succeed(old, new, suite=suite)

    world.keys = Overtaken(world.keyring, born=MOMENT)

    assert world.rekey.succeed(OLD) == NEW


def test_an_epoch_that_was_never_recorded_has_no_successor(world: World) -> None:
    for unknown in ("live/high/7", "restricted/low/1"):
        with pytest.raises(WorldError):
            world.rekey.succeed(EpochId.parse(unknown))
    with pytest.raises(KeyError):
        world.rekey.end(EpochId.parse("live/high/7"), OLD)


def test_what_was_moved_is_not_moved_again(world: World) -> None:
    world.seal(OLD, ROWS)
    new = world.rekey.succeed(OLD)

    assert [world.rekey.rewrap(OLD, new) for _ in range(2)] == [ROWS, 0]


def test_nobody_need_hear_how_far_it_is(world: World) -> None:
    world.seal(OLD, ROWS)
    quiet = dataclasses.replace(world.rekey, told=untold)

    assert quiet.rewrap(OLD, quiet.succeed(OLD)) == ROWS
    assert world.told == []


def test_an_open_epoch_is_not_emptied_whole_and_not_ended(world: World) -> None:
    """Who seals would go on filling it."""
    restricted = world.rekey.open_of(Purpose.RESTRICTED, Level.HIGH)

    with pytest.raises(ConflictError):
        world.rekey.rewrap(OLD, restricted)
    with pytest.raises(ConflictError):
        world.rekey.end(OLD, restricted)

    assert world.provider.state(OLD).name == "live"


# --- some handles, other purposes -------------------------------------------------


def test_the_keys_of_some_handles_move_to_a_restricted_epoch_born_for_it(
    world: World,
) -> None:
    sealed = world.seal(OLD, ROWS)
    some = sealed["handle"].to_list()[:5]

    restricted = world.rekey.open_of(Purpose.RESTRICTED, Level.HIGH)
    moved = world.rekey.rewrap(OLD, restricted, [*some, bytes(16)])
    again = world.rekey.rewrap(OLD, restricted, some)
    back = world.rekey.rewrap(restricted, OLD, some[:1])

    assert (
        restricted == RESTRICTED == world.rekey.open_of(Purpose.RESTRICTED, Level.HIGH)
    )
    assert (moved, again, back) == (5, 0, 1)
    assert world.keyring.keys_left(restricted) == 4
    assert world.keyring.keys_left(OLD) == ROWS - 4
    assert world.rekey.verify(restricted) == 4
    assert world.opens(sealed)
    for medium in world.media:
        assert medium.list(escrow_folder(restricted))


def test_several_epochs_may_empty_into_one_and_end(world: World) -> None:
    sealed = world.seal(OLD, ROWS)
    restricted = world.rekey.open_of(Purpose.RESTRICTED, Level.HIGH)
    world.rekey.rewrap(OLD, restricted, sealed["handle"].to_list()[:2])
    third = world.rekey.succeed(world.rekey.succeed(OLD))

    for closing in world.keys.leaving():
        world.rekey.rewrap(closing, third)
        assert world.rekey.end(closing, third).name == "destroyed"

    assert world.opens(sealed)
    assert world.keys.leaving() == ()
    assert [entry.body["survivors"] for entry in world.ledger.entries] == [ROWS] * 2


@pytest.mark.parametrize("old", ["live/low/1", "index/-/1", "drill/high/1"])
def test_keys_do_not_leave_their_level_nor_the_registers_epochs(
    world: World, old: str
) -> None:
    epoch = EpochId.parse(old)

    for refused in (world.rekey.rewrap, world.rekey.end):
        with pytest.raises(EvidenceError):
            refused(epoch, OLD)
    with pytest.raises(EvidenceError):
        world.rekey.rewrap(OLD, OLD)


def test_an_index_epoch_is_nobody_that_this_lets_succeed(world: World) -> None:
    with pytest.raises(EvidenceError, match="tokens"):
        world.rekey.succeed(EpochId.parse("index/-/1"))


# --- what stops an end ------------------------------------------------------------


def test_an_epoch_with_a_key_left_is_not_ended(world: World) -> None:
    world.seal(OLD, ROWS)
    new = world.rekey.succeed(OLD)

    with pytest.raises(EvidenceError, match="7 data keys"):
        world.rekey.end(OLD, new)

    assert world.provider.state(OLD).name == "live"
    assert world.keys.state(OLD) is EpochState.CLOSING


@dataclasses.dataclass(frozen=True, kw_only=True)
class Unlooking(RekeyEpochs):
    """The twin: ends an epoch without looking at its survivors."""

    def verify(self, new: EpochId) -> int:
        return 0 * len(str(new))


def twin_of(rekey: RekeyEpochs) -> Unlooking:
    """Return the twin over the same parts."""
    parts = {one.name: getattr(rekey, one.name) for one in dataclasses.fields(rekey)}
    return Unlooking(**parts)


def moved_and_damaged(world: World) -> EpochId:
    """Move everything, then damage one record under the new epoch."""
    world.seal(OLD, ROWS)
    new = world.rekey.succeed(OLD)
    world.rekey.rewrap(OLD, new)
    world.damage(ROWS - 1)
    return new


def test_an_epoch_whose_survivors_do_not_verify_is_not_ended(world: World) -> None:
    new = moved_and_damaged(world)

    for refused in (lambda: world.rekey.verify(new), lambda: world.rekey.end(OLD, new)):
        with pytest.raises(EvidenceError, match="live/high/2"):
            refused()

    assert world.provider.state(OLD).name == "live"


def test_without_the_look_an_epoch_is_ended_over_a_survivor_that_is_lost(
    world: World,
) -> None:
    new = moved_and_damaged(world)

    assert twin_of(world.rekey).end(OLD, new).name == "destroyed"


def test_survivors_under_a_restricted_epoch_must_verify_too(world: World) -> None:
    sealed = world.seal(OLD, ROWS)
    restricted = world.rekey.open_of(Purpose.RESTRICTED, Level.HIGH)
    world.rekey.rewrap(OLD, restricted, sealed["handle"].to_list()[:1])
    new = world.rekey.succeed(OLD)
    world.rekey.rewrap(OLD, new)
    at = world.keyring.keys["epoch"].to_list().index(str(restricted))
    world.damage(at)

    with pytest.raises(EvidenceError, match="restricted/high/1"):
        world.rekey.end(OLD, new)

    assert world.provider.state(OLD).name == "live"


@pytest.mark.parametrize("medium", [0, 1])
def test_an_epoch_whose_successor_has_no_escrow_somewhere_is_not_ended(
    world: World, medium: int
) -> None:
    new = world.rekey.succeed(OLD)
    world.media[medium].flip = True

    with pytest.raises(EvidenceError, match=world.media[medium].name):
        world.rekey.end(OLD, new)
    assert world.provider.state(OLD).name == "live"

    world.media[medium].flip = False
    assert world.rekey.end(OLD, new).name == "destroyed"


def test_without_a_medium_no_epoch_is_ended(world: World) -> None:
    new = world.rekey.succeed(OLD)
    world.births = dataclasses.replace(world.births, media=[])

    with pytest.raises(ConfigurationError):
        world.rekey.end(OLD, new)

    assert world.provider.state(OLD).name == "live"


# --- damaged records --------------------------------------------------------------


def test_a_batch_with_a_damaged_record_stays_where_it_is(world: World) -> None:
    world.seal(OLD, ROWS)
    new = world.rekey.succeed(OLD)
    order = world.keyring.keys["handle"].to_list()
    world.damage(order.index(sorted(order)[BATCH]))  # the first of the second batch

    with pytest.raises(EvidenceError, match="live/high/1"):
        world.rekey.rewrap(OLD, new)

    assert world.keyring.keys_left(new) == BATCH
    assert world.keyring.keys_left(OLD) == ROWS - BATCH


def test_what_the_keyring_stored_is_looked_at_before_it_commits(world: World) -> None:
    """A database that keeps other bytes than it was given loses no key."""

    class FlippingMover(FakeKeyMover):
        def move(self, records: KeyRecords, *, old: EpochId) -> KeyRecords:
            flipped = [one[:-1] + b"?" for one in records.wrapped]
            return super().move(with_wrapped(records, flipped), old=old)

    class Flipping(FakeEpochKeys):
        mover = FlippingMover

    sealed = world.seal(OLD, ROWS)
    new = world.rekey.succeed(OLD)
    world.keys = Flipping(world.keyring, born=MOMENT)

    with pytest.raises(EvidenceError, match="live/high/2"):
        world.rekey.rewrap(OLD, new)

    assert world.keyring.keys_left(OLD) == ROWS
    assert world.opens(sealed)


# --- the end, again ---------------------------------------------------------------


def test_an_end_that_was_killed_after_the_provider_is_finished(world: World) -> None:
    new = world.rekey.succeed(OLD)
    world.provider.destroy(OLD)

    assert world.rekey.end(OLD, new).name == "destroyed"
    assert world.rekey.end(OLD, new).name == "destroyed"

    assert world.keys.dropped == [OLD, OLD]
    assert [entry.kind for entry in world.ledger.entries] == ["rekeyed"]
    with pytest.raises(KeyDestroyedError):
        world.provider.open(OLD)


@dataclasses.dataclass
class Withdrawing:
    """A provider whose first order to destroy somebody withdraws."""

    inner: KeyProvider
    orders: int = 0

    def create(self, epoch: EpochId) -> bytes:
        return self.inner.create(epoch)

    def open(self, epoch: EpochId) -> bytes:
        return self.inner.open(epoch)

    def destroy(self, epoch: EpochId) -> None:
        self.orders += 1
        if self.orders > 1:
            self.inner.destroy(epoch)

    def state(self, epoch: EpochId) -> KeyState:
        state = self.inner.state(epoch)
        return KeyState(name="pending") if state.name == "live" else state


def test_a_destruction_that_was_withdrawn_is_ordered_again(world: World) -> None:
    new = world.rekey.succeed(OLD)
    provider = Withdrawing(world.provider)

    state = dataclasses.replace(world.rekey, provider=provider).end(OLD, new)

    assert (state.name, provider.orders) == ("destroyed", 2)


def test_a_provider_that_takes_days_is_waited_for_by_asking_again(
    world: World,
) -> None:
    clock = FixedClock(MOMENT)
    slow = FakeKeyProvider(clock, window=7)
    for epoch in (OLD, NEW):
        slow.create(epoch)
    new = world.rekey.succeed(OLD)
    rekey = dataclasses.replace(world.rekey, provider=slow)

    pending = rekey.end(OLD, new)
    clock.moment += dt.timedelta(days=7)

    assert pending == KeyState(name="pending", final=dt.date(2026, 3, 8))
    assert rekey.end(OLD, new).name == "destroyed"


def test_an_epoch_that_closed_meanwhile_takes_no_keys(world: World) -> None:
    world.seal(OLD, ROWS)
    new = world.rekey.succeed(OLD)
    third = world.rekey.succeed(new)

    with pytest.raises(EpochClosedError):
        world.rekey.rewrap(OLD, new)

    assert world.rekey.rewrap(OLD, third) == ROWS


# --- what is made ahead ------------------------------------------------------------


def test_batches_made_ahead_move_every_key(world: World) -> None:
    sealed = world.seal(OLD, ROWS)
    rekey = dataclasses.replace(world.rekey, ahead=one_ahead)
    new = rekey.succeed(OLD)

    assert rekey.rewrap(OLD, new) == rekey.verify(new) == ROWS

    assert rekey.end(OLD, new).name == "destroyed"
    assert world.opens(sealed)
    assert world.keys.wraps == {NEW: ROWS}


def test_what_moved_before_a_damaged_batch_stays_moved(world: World) -> None:
    """The fault comes where its batch would: the one before it has committed."""
    world.seal(OLD, ROWS)
    world.keyring.keys = world.keyring.keys.sort("handle")
    world.damage(BATCH)
    rekey = dataclasses.replace(world.rekey, ahead=one_ahead)
    new = rekey.succeed(OLD)

    with pytest.raises(EvidenceError, match=r"live/high/1 is not what it must be"):
        rekey.rewrap(OLD, new)

    assert world.told == [(OLD, BATCH)]
    assert world.keyring.keys_left(new) == BATCH
    assert world.keyring.keys_left(OLD) == ROWS - BATCH


def test_who_is_deleted_after_their_batch_was_read_does_not_move(world: World) -> None:
    """As a destruction does, or the sweep: what is ahead is only read."""
    gone = world.seal(OLD, ROWS)["handle"].to_list()[:2]

    def all_ahead(items: Iterator[Item], /) -> Generator[Item, None, None]:
        read = list(items)
        keys = world.keyring.keys
        world.keyring.keys = keys.filter(~keys["handle"].is_in(gone))
        yield from read

    rekey = dataclasses.replace(world.rekey, ahead=all_ahead)
    new = rekey.succeed(OLD)

    assert rekey.rewrap(OLD, new) == ROWS - len(gone)

    assert world.keyring.wrapped(gone).is_empty()
    assert rekey.end(OLD, new).name == "destroyed"


def test_whoever_dies_at_any_step_with_a_batch_ahead_is_finished_by_the_next() -> None:
    class DeadError(Exception):
        """The run ends here."""

    def rotate(rekey: RekeyEpochs) -> KeyState:
        new = rekey.succeed(OLD)
        rekey.rewrap(OLD, new)
        return rekey.end(OLD, new)

    def dies_at(visit: int) -> bool:
        world, visits = open_world(), itertools.count(1)
        sealed = world.seal(OLD, ROWS)

        def hear(step: str) -> None:
            if step.startswith("rekey.") and next(visits) == visit:
                raise DeadError(step)

        rekey = dataclasses.replace(world.rekey, ahead=one_ahead, reached=hear)
        try:
            rotate(rekey)
        except DeadError:
            assert world.opens(sealed)
            assert rotate(rekey).name == "destroyed"
            assert world.opens(sealed)
            return True
        return False

    assert sum(itertools.takewhile(bool, map(dies_at, itertools.count(1)))) == 10
