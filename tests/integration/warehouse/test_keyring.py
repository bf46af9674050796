"""Data keys are written under open epochs only, and none is lost to a closing one."""

import os
import threading
from collections.abc import Iterator

import polars as pl
import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.keyring.epochs import MAX_WRAPS, PostgresKeyring
from custody.adapters.roles import KEYRING_EXPORTER, KEYRING_LOADER, KEYRING_OWNER
from custody.domain.epochs import EpochId, Purpose
from custody.domain.levels import Level
from custody.errors import ConflictError, EpochClosedError, WorldError
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

WAIT_SECONDS = 10.0


class UngatedKeyring(PostgresKeyring):
    """The twin: looks at the epochs' states without holding them."""

    states = text("SELECT id, state FROM keyring.epoch WHERE id = ANY(:ids)")


@pytest.fixture
def epoch(databases: Databases) -> Iterator[EpochId]:
    """Open a new epoch of the level high; close it after the test."""
    owner = PostgresKeyring(databases.keyring(KEYRING_OWNER))
    with transaction(databases.keyring(KEYRING_OWNER), "next") as connection:
        number = connection.execute(text("SELECT count(*) + 1 FROM keyring.epoch"))
        epoch = EpochId(Purpose.LIVE, Level.HIGH, int(number.scalar_one()))
    owner.add_epoch(epoch, suite=1)
    yield epoch
    owner.close_epoch(epoch)


@pytest.fixture
def loader(databases: Databases) -> PostgresKeyring:
    """Return the keyring as the loader has it."""
    return PostgresKeyring(databases.keyring(KEYRING_LOADER))


@pytest.fixture
def owner(databases: Databases) -> PostgresKeyring:
    """Return the keyring as the keymaster has it."""
    return PostgresKeyring(databases.keyring(KEYRING_OWNER))


def keys(epoch: EpochId, count: int) -> pl.DataFrame:
    """Return invented key records."""
    return pl.DataFrame(
        {
            "handle": [os.urandom(16) for _ in range(count)],
            "level": [str(epoch.level)] * count,
            "epoch": [str(epoch)] * count,
            "key_id": [os.urandom(32) for _ in range(count)],
            "wrapped": [os.urandom(60) for _ in range(count)],
        }
    )


def write(keyring: PostgresKeyring, epoch: EpochId, frame: pl.DataFrame) -> None:
    """Write key records in one transaction."""
    with keyring.writing([epoch]) as writer:
        writer.write(frame, dataset="customers", department="sales")


def test_what_is_written_is_read_by_the_exporter(
    databases: Databases, loader: PostgresKeyring, epoch: EpochId
) -> None:
    frame = keys(epoch, 100)
    write(loader, epoch, frame)

    exporter = PostgresKeyring(databases.keyring(KEYRING_EXPORTER))
    found = exporter.wrapped(frame["handle"].to_list())

    wanted = ["handle", "level", "epoch", "key_id", "wrapped"]
    assert found.sort("handle").equals(frame.select(wanted).sort("handle"))
    assert loader.open_epoch(Level.HIGH) == epoch


def test_no_open_epoch_is_an_error_of_the_world(loader: PostgresKeyring) -> None:
    with pytest.raises(WorldError):
        loader.open_epoch(Level.LOW)


def test_adding_an_epoch_twice_changes_nothing(
    owner: PostgresKeyring, epoch: EpochId
) -> None:
    owner.add_epoch(epoch, suite=1)

    assert owner.keys_left(epoch) == 0


def test_a_second_open_epoch_of_a_level_is_refused(
    owner: PostgresKeyring, epoch: EpochId
) -> None:
    with pytest.raises(ConflictError):
        owner.add_epoch(EpochId(Purpose.LIVE, Level.HIGH, epoch.number + 1), suite=1)


def test_a_closing_epoch_takes_no_keys(
    loader: PostgresKeyring, owner: PostgresKeyring, epoch: EpochId
) -> None:
    owner.close_epoch(epoch)

    with pytest.raises(EpochClosedError):
        write(loader, epoch, keys(epoch, 1))


def test_a_key_of_an_epoch_not_held_is_refused(
    loader: PostgresKeyring, epoch: EpochId
) -> None:
    other = EpochId(Purpose.LIVE, Level.HIGH, epoch.number + 1000)

    with pytest.raises(EpochClosedError):
        write(loader, epoch, keys(other, 1))


def test_an_epoch_makes_2_to_the_32_wraps_and_no_more(
    databases: Databases,
    loader: PostgresKeyring,
    owner: PostgresKeyring,
    epoch: EpochId,
) -> None:
    almost = "UPDATE keyring.wrap_count SET wraps = :wraps WHERE epoch = :epoch"
    with transaction(databases.keyring(KEYRING_OWNER), "age") as connection:
        connection.execute(text(almost), {"wraps": MAX_WRAPS - 1, "epoch": str(epoch)})

    with pytest.raises(EpochClosedError):
        write(loader, epoch, keys(epoch, 2))
    write(loader, epoch, keys(epoch, 1))

    assert owner.keys_left(epoch) == 1


def test_the_same_key_twice_is_refused(loader: PostgresKeyring, epoch: EpochId) -> None:
    """A key id twice means a data key twice, and its zero nonce with it."""
    frame = keys(epoch, 1)
    twice = pl.concat([frame, keys(epoch, 1).with_columns(key_id=frame["key_id"])])

    with pytest.raises(ConflictError):
        write(loader, epoch, twice)


def race(loader: PostgresKeyring, owner: PostgresKeyring, epoch: EpochId) -> int:
    """Let a destroyer close and count while a loader writes; return what it lost.

    The loader has passed the gate when the destroyer comes.  Lost are the keys
    that are there after the destroyer counted none and destroyed the epoch's key.
    """
    passed, counted = threading.Event(), threading.Event()
    seen: list[int] = []

    def destroy() -> None:
        passed.wait(WAIT_SECONDS)
        owner.close_epoch(epoch)
        seen.append(owner.keys_left(epoch))
        counted.set()

    destroyer = threading.Thread(target=destroy)
    destroyer.start()
    with loader.writing([epoch]) as writer:
        passed.set()
        counted.wait(1.0)
        writer.write(keys(epoch, 5), dataset="customers", department="sales")
    destroyer.join(WAIT_SECONDS)
    return owner.keys_left(epoch) - seen[0]


def test_a_loader_racing_a_closing_epoch_loses_nothing(
    loader: PostgresKeyring, owner: PostgresKeyring, epoch: EpochId
) -> None:
    assert race(loader, owner, epoch) == 0


def test_without_for_share_the_race_loses_keys(
    databases: Databases, owner: PostgresKeyring, epoch: EpochId
) -> None:
    twin = UngatedKeyring(databases.keyring(KEYRING_LOADER))

    assert race(twin, owner, epoch) == 5
