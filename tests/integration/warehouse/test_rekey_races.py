"""Who seals against who moves and ends: no key is lost between them."""

import os
import threading
import time
from dataclasses import replace

import polars as pl
import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.keyring.epochs import PostgresKeyring
from custody.adapters.keyring.exclusive import PostgresExclusion
from custody.adapters.keyring.rekey import PostgresEpochKeys
from custody.adapters.roles import (
    KEYRING_DESTROYER,
    KEYRING_LOADER,
    KEYRING_OWNER,
)
from custody.domain.epochs import EpochId, EpochState, Purpose
from custody.domain.levels import Level
from custody.errors import EpochClosedError
from tests.contract.worlds import invented_keys
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

WAIT_SECONDS = 20.0
A_MOMENT = 1.0
LATE = 5


class UngatedKeyring(PostgresKeyring):
    """The twin: looks at the epochs' states without holding them."""

    states = text("SELECT id, state FROM keyring.epoch WHERE id = ANY(:ids)")


class UnheldEpochKeys(PostgresEpochKeys):
    """The twin: moves keys to an epoch that it looked at and does not hold."""

    share = text("SELECT state FROM keyring.epoch WHERE id = :id")


@pytest.fixture
def keys(databases: Databases) -> PostgresEpochKeys:
    """The keyring as its destroyer has it."""
    return PostgresEpochKeys(databases.keyring(KEYRING_DESTROYER))


@pytest.fixture
def old(databases: Databases, keys: PostgresEpochKeys) -> EpochId:
    """The open epoch of a level, with three keys."""
    found = keys.open_of(Purpose.LIVE, Level.HIGH)
    epoch = found or keys.following(Purpose.LIVE, Level.HIGH)
    owner = PostgresKeyring(databases.keyring(KEYRING_OWNER))
    owner.add_epoch(epoch, suite=1)
    write(PostgresKeyring(databases.keyring(KEYRING_LOADER)), epoch, 3)
    return epoch


def some_keys(epoch: EpochId, count: int) -> pl.DataFrame:
    """Return invented key records."""
    return invented_keys(epoch, count, entropy=os.urandom(12))


def write(loader: PostgresKeyring, epoch: EpochId, count: int) -> None:
    """Seal something under an epoch."""
    with loader.writing([epoch]) as writer:
        frame = some_keys(epoch, count)
        writer.write(frame, dataset="customers", department="sales")


def move_all(keys: PostgresEpochKeys, old: EpochId, new: EpochId) -> int:
    """Move everything; return how many moved."""
    records = keys.records(old, after=b"", most=10**6)
    with keys.moving(new) as mover:
        return len(mover.move(records, old=old))


def end(keys: PostgresEpochKeys, old: EpochId) -> None:
    """End an epoch under which nothing is left."""
    with keys.ending(old) as held:
        assert held.left() == 0
        held.destroyed()


def left(databases: Databases, epoch: EpochId) -> int:
    """Count the keys under an epoch."""
    return PostgresKeyring(databases.keyring(KEYRING_OWNER)).keys_left(epoch)


# --- a loader against a succession and an end ---------------------------------


def race(databases: Databases, loader: PostgresKeyring, old: EpochId) -> int:
    """Rotate and end while a loader that has passed the gate writes; return the lost.

    Lost are the keys under an epoch that has ended.
    """
    keys = PostgresEpochKeys(databases.keyring(KEYRING_DESTROYER))
    passed, ended = threading.Event(), threading.Event()

    def rotate() -> None:
        passed.wait(WAIT_SECONDS)
        new = keys.following(Purpose.LIVE, Level.HIGH)
        keys.succeed(old, new, suite=1)
        move_all(keys, old, new)
        end(keys, old)
        ended.set()

    rotation = threading.Thread(target=rotate)
    rotation.start()
    with loader.writing([old]) as writer:
        passed.set()
        ended.wait(A_MOMENT)
        frame = some_keys(old, LATE)
        writer.write(frame, dataset="customers", department="sales")
    rotation.join(WAIT_SECONDS)
    assert keys.state(old) is EpochState.DESTROYED
    return left(databases, old)


def test_a_loader_racing_a_rotation_loses_nothing(
    databases: Databases, keys: PostgresEpochKeys, old: EpochId
) -> None:
    there = left(databases, old)
    loader = PostgresKeyring(databases.keyring(KEYRING_LOADER))

    assert race(databases, loader, old) == 0

    new = keys.open_of(Purpose.LIVE, Level.HIGH)
    assert new is not None
    assert left(databases, new) == there + LATE
    with pytest.raises(EpochClosedError):
        write(loader, old, 1)


def test_without_the_gate_the_rotation_loses_what_came_late(
    databases: Databases, old: EpochId
) -> None:
    twin = UngatedKeyring(databases.keyring(KEYRING_LOADER))

    assert race(databases, twin, old) == LATE


# --- a mover against a second succession --------------------------------------


def overtaken(databases: Databases, mover: PostgresEpochKeys, old: EpochId) -> int:
    """End the new epoch under the hands of who moves keys to it; return the lost."""
    keys = PostgresEpochKeys(databases.keyring(KEYRING_DESTROYER))
    new = keys.following(Purpose.LIVE, Level.HIGH)
    keys.succeed(old, new, suite=1)
    records = keys.records(old, after=b"", most=10**6)
    held, ended = threading.Event(), threading.Event()

    def overtake() -> None:
        held.wait(WAIT_SECONDS)
        third = keys.following(Purpose.LIVE, Level.HIGH)
        keys.succeed(new, third, suite=1)
        move_all(keys, new, third)
        end(keys, new)
        ended.set()

    other = threading.Thread(target=overtake)
    other.start()
    with mover.moving(new) as moving:
        held.set()
        ended.wait(A_MOMENT)
        moving.move(records, old=old)
    other.join(WAIT_SECONDS)
    assert keys.state(new) is EpochState.DESTROYED
    return left(databases, new)


def test_who_moves_keys_holds_the_epoch_that_they_go_to(
    databases: Databases, keys: PostgresEpochKeys, old: EpochId
) -> None:
    assert overtaken(databases, keys, old) == 0


def test_without_holding_it_the_moved_keys_are_lost(
    databases: Databases, old: EpochId
) -> None:
    there = left(databases, old)
    twin = UnheldEpochKeys(databases.keyring(KEYRING_DESTROYER))

    assert overtaken(databases, twin, old) == there > 0


# --- others at the same keys --------------------------------------------------


def test_a_key_deleted_while_it_is_wrapped_anew_does_not_come_back(
    databases: Databases, keys: PostgresEpochKeys, old: EpochId
) -> None:
    """As the sweeper does, and a destruction: the record was read before."""
    new = keys.following(Purpose.LIVE, Level.HIGH)
    keys.succeed(old, new, suite=1)
    read = keys.records(old, after=b"", most=10**6)
    gone = text("DELETE FROM keyring.data_key WHERE handle = :handle")
    with transaction(databases.keyring(KEYRING_DESTROYER), "delete") as connection:
        connection.execute(gone, {"handle": read.handles[0]})

    with keys.moving(new) as mover:
        moved = mover.move(replace(read, wrapped=[bytes(64)] * len(read)), old=old)

    assert read.handles[0] not in moved.handles
    assert len(moved) == len(read) - 1
    assert left(databases, old) == 0


def test_one_who_moves_keys_waits_for_the_other(databases: Databases) -> None:
    one, other = (
        PostgresExclusion(databases.keyring(KEYRING_DESTROYER)) for _ in range(2)
    )
    order: list[str] = []

    def second() -> None:
        with other():
            order.append("second")

    waiting = threading.Thread(target=second)
    with one():
        waiting.start()
        time.sleep(A_MOMENT)
        order.append("first")
    waiting.join(WAIT_SECONDS)

    assert order == ["first", "second"]
