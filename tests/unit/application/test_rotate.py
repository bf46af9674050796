"""A rotation forgets nobody, begins nothing twice, and finishes what a kill left."""

import datetime as dt

import pytest

from custody.application.ports import KeyState
from custody.application.rotate import Ended, RotateEpochs
from custody.crypto.rewrap import KeyRecords
from custody.domain.epochs import EpochId, EpochState, Purpose
from custody.domain.levels import Level
from custody.errors import ConflictError, EvidenceError
from tests.fakes.rekey import FakeEpochKeys, FakeExclusion
from tests.fakes.rekey_world import MOMENT, OLD, ROWS, World, open_world

AFTER = MOMENT + dt.timedelta(days=1)
GONE = KeyState(name="destroyed", final=MOMENT.date())


def rotating(world: World) -> RotateEpochs:
    return RotateEpochs(rekey=world.rekey, exclusively=FakeExclusion())


def ended(old: str, new: str) -> Ended:
    return Ended(epoch=EpochId.parse(old), successor=EpochId.parse(new), key=GONE)


def test_every_level_gets_a_new_epoch_and_every_key_goes_with_it() -> None:
    world = open_world()
    sealed = [world.seal(EpochId(Purpose.LIVE, level, 1), ROWS) for level in Level]

    answer = rotating(world)(before=AFTER)

    assert answer == tuple(
        ended(f"live/{level}/1", f"live/{level}/2") for level in sorted(Level)
    )
    assert all(world.opens(frame) for frame in sealed)
    assert len(world.ledger.entries) == len(Level)
    assert world.keys.leaving() == ()


def test_one_level_alone_and_its_restricted_epoch_with_it() -> None:
    world = open_world()
    sealed = world.seal(OLD, ROWS)
    restricted = world.rekey.open_of(Purpose.RESTRICTED, Level.HIGH)
    world.rekey.rewrap(OLD, restricted, sealed["handle"].to_list()[:2])
    world.rekey.succeed(EpochId.parse("live/medium/1"))

    answer = rotating(world)(before=AFTER, levels=[Level.HIGH])

    assert answer == (
        ended("live/high/1", "live/high/2"),
        ended("restricted/high/1", "restricted/high/2"),
    )
    assert world.opens(sealed)
    assert world.keys.state(EpochId.parse("live/low/1")) is EpochState.OPEN
    assert world.keys.leaving() == (EpochId.parse("live/medium/1"),)


def test_who_was_recorded_since_is_not_succeeded() -> None:
    """So that a run which is repeated does not begin another rotation."""
    world = open_world()

    assert rotating(world)(before=MOMENT) == ()
    assert world.keys.state(OLD) is EpochState.OPEN


def test_a_drill_has_its_own_end() -> None:
    world = open_world()
    drill = EpochId(Purpose.DRILL, Level.HIGH, 1)
    world.keyring.states[drill] = EpochState.OPEN

    rotating(world)(before=AFTER)

    assert world.keys.state(drill) is EpochState.OPEN


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_steps_of_a_run_that_was_killed_are_taken_up(steps: int) -> None:
    world = open_world()
    sealed = world.seal(OLD, ROWS)
    rotate = rotating(world)
    rotate.succeed(before=AFTER)
    if steps > 1:
        assert rotate.rewrap() == ROWS
    if steps > 2:
        assert rotate.verify() == ROWS

    answer = rotate(before=MOMENT)

    assert len(answer) == len(Level)
    assert world.opens(sealed)


def test_a_table_that_a_killed_end_left_is_dropped() -> None:
    world = open_world()
    rotate = rotating(world)
    rotate(before=AFTER, levels=[Level.HIGH])
    world.keys.dropped.clear()

    answer = rotate(before=MOMENT)

    assert [one.epoch for one in answer] == [OLD]
    assert world.keys.dropped == [OLD]


class Leaving(FakeEpochKeys):
    """A key is put under the epoch when its table has been dropped."""

    def drop(self, old: EpochId) -> None:
        """Drop, and let somebody come late."""
        super().drop(old)
        late = self.keyring.keys.head(1)
        assert late["epoch"][0] != str(old)
        self.late = old

    def records(self, epoch: EpochId, *, after: bytes, most: int) -> KeyRecords:
        """Return who came late."""
        if epoch == getattr(self, "late", None):
            epoch = EpochId(epoch.purpose, epoch.level, epoch.number + 1)
        return super().records(epoch, after=after, most=most)


def test_the_proof_at_its_end_is_looked_at_not_taken_for_granted() -> None:
    world = open_world()
    world.seal(OLD, ROWS)
    world.keys = Leaving(world.keyring, born=MOMENT)

    with pytest.raises(EvidenceError, match="live/high/1"):
        rotating(world)(before=AFTER, levels=[Level.HIGH])


def test_nobody_rotates_while_another_moves_keys() -> None:
    world = open_world()
    rotate = rotating(world)

    with rotate.exclusively():
        for step in (rotate.rewrap, rotate.verify, rotate.end):
            with pytest.raises(ConflictError):
                step()
        with pytest.raises(ConflictError):
            rotate.succeed(before=AFTER)
