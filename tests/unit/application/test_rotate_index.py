"""The index key is rotated once for each moment, and what a kill left is finished."""

import datetime as dt

import pytest

from custody.application.ports.reindex import IndexTurn
from custody.application.rotate_index import RotateIndex
from custody.domain.epochs import EpochState
from custody.errors import ConflictError
from tests.fakes.rekey import FakeExclusion
from tests.unit.application.test_reindex import VALUES, World, world

__all__ = ["world"]  # the fixture, here too

BEFORE_ALL = dt.datetime.min.replace(tzinfo=dt.UTC)


def rotating(world: World) -> RotateIndex:
    return RotateIndex(
        reindex=world.reindex, tokens=world.store, exclusively=FakeExclusion()
    )


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def test_every_token_goes_to_a_new_key_and_the_old_one_is_gone(world: World) -> None:
    ended = rotating(world)(before=now())

    assert ended is not None
    assert (ended.turn, ended.tokens) == (IndexTurn(1, 2), len(VALUES))
    assert ended.key.name == "destroyed"
    assert world.store.states == {1: EpochState.DESTROYED, 2: EpochState.OPEN}


def test_a_rotation_that_is_repeated_turns_nothing_twice(world: World) -> None:
    moment = now()
    rotating(world)(before=moment)

    assert rotating(world)(before=moment) is None
    assert world.store.standing() == (None, 2)


def test_what_a_killed_one_left_is_finished_at_any_moment(world: World) -> None:
    world.reindex.succeed()

    ended = rotating(world)(before=BEFORE_ALL)

    assert ended is not None
    assert (ended.turn, ended.tokens) == (IndexTurn(1, 2), len(VALUES))
    assert rotating(world)(before=BEFORE_ALL) is None


def test_nobody_rotates_while_another_moves_keys(world: World) -> None:
    rotate = rotating(world)

    with rotate.exclusively(), pytest.raises(ConflictError):
        rotate(before=now())

    assert world.store.standing() == (None, 1)
