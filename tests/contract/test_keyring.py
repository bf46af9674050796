"""What every keyring promises, its epoch gate first: the fake, and PostgreSQL."""

import os
from collections.abc import Iterator

import polars as pl
import pytest

from custody.adapters.roles import WAREHOUSE_OWNER
from custody.adapters.warehouse.index_epochs import PostgresIndexEpochs
from custody.application.keys import IndexEpochs
from custody.domain.epochs import EpochId, Purpose
from custody.domain.levels import Level
from custody.errors import ConflictError, EpochClosedError, WorldError
from tests.contract.conftest import FAKE_AND_REAL
from tests.contract.worlds import KeyRoom, invented_keys
from tests.fakes.keyring import FakeIndexEpochs
from tests.integration.conftest import Databases


@pytest.fixture
def epoch(key_room: KeyRoom) -> Iterator[EpochId]:
    """One open epoch, of a number that no other test has; closed after it."""
    number = int.from_bytes(os.urandom(3), "big") + 1
    epoch = EpochId(Purpose.LIVE, Level.HIGH, number)
    key_room.owner.add_epoch(epoch, suite=1)
    yield epoch
    key_room.close(epoch)


def write(room: KeyRoom, epoch: EpochId, *names: bytes, count: int = 2) -> list[bytes]:
    """Write key records in one transaction; return their handles."""
    handles: list[bytes] = []
    with room.loader.writing([epoch]) as writer:
        for name in names:
            keys = invented_keys(epoch, count, entropy=name)
            writer.write(keys, dataset="customers", department="sales")
            handles += keys["handle"].to_list()
    return handles


def write_all(room: KeyRoom, held: list[EpochId], *keys: pl.DataFrame) -> None:
    """Write given records in one transaction that holds the epochs."""
    with room.loader.writing(held) as writer:
        for frame in keys:
            writer.write(frame, dataset="customers", department="sales")


def test_the_open_epoch_of_a_level_is_told(key_room: KeyRoom, epoch: EpochId) -> None:
    assert key_room.loader.open_epoch(Level.HIGH) == epoch


def test_a_level_without_an_open_epoch_is_an_error_of_the_world(
    key_room: KeyRoom, epoch: EpochId
) -> None:
    key_room.close(epoch)

    for level in Level:
        with pytest.raises(WorldError):
            key_room.loader.open_epoch(level)


def test_one_epoch_of_a_level_is_open_at_a_time(
    key_room: KeyRoom, epoch: EpochId
) -> None:
    following = EpochId(Purpose.LIVE, Level.HIGH, epoch.number + 1)

    with pytest.raises(ConflictError):
        key_room.owner.add_epoch(following, suite=1)

    assert key_room.loader.open_epoch(Level.HIGH) == epoch


def test_an_epoch_added_again_changes_nothing_though_it_is_closed(
    key_room: KeyRoom, epoch: EpochId
) -> None:
    key_room.owner.add_epoch(epoch, suite=1)
    closed = key_room.close(epoch)

    key_room.owner.add_epoch(epoch, suite=1)

    assert (closed, key_room.close(epoch)) == (True, False)
    with pytest.raises(WorldError):
        key_room.loader.open_epoch(Level.HIGH)


def test_what_is_written_is_read_back_and_counted(
    key_room: KeyRoom, epoch: EpochId
) -> None:
    name = os.urandom(6)
    handles = write(key_room, epoch, name)

    found = key_room.exporter.wrapped([*handles, bytes(16)])

    written = invented_keys(epoch, 2, entropy=name).select(found.columns)
    assert found.columns == ["handle", "level", "epoch", "key_id", "wrapped"]
    assert found.sort("handle").equals(written.sort("handle"))
    assert key_room.left(epoch) == 2
    assert key_room.exporter.wrapped([]).height == 0


def test_a_writer_that_fails_leaves_no_key(key_room: KeyRoom, epoch: EpochId) -> None:
    keys = invented_keys(epoch, 1, entropy=os.urandom(6))

    def break_off() -> None:
        with key_room.loader.writing([epoch]) as writer:
            writer.write(keys, dataset="customers", department="sales")
            raise ValueError("invented")

    with pytest.raises(ValueError, match="invented"):
        break_off()

    assert key_room.left(epoch) == 0


def test_the_gate_lets_nobody_write_under_an_epoch_that_is_closing(
    key_room: KeyRoom, epoch: EpochId
) -> None:
    key_room.close(epoch)

    with pytest.raises(EpochClosedError):
        write(key_room, epoch, b"late")

    assert key_room.left(epoch) == 0


def test_the_gate_opens_for_all_epochs_asked_or_for_none(
    key_room: KeyRoom, epoch: EpochId
) -> None:
    unborn = EpochId(Purpose.LIVE, Level.LOW, epoch.number)

    with pytest.raises(EpochClosedError):
        write_all(key_room, [epoch, unborn], invented_keys(epoch, 1, entropy=b"both"))

    assert key_room.left(epoch) == 0


def test_a_key_under_an_epoch_that_is_not_held_is_refused(
    key_room: KeyRoom, epoch: EpochId
) -> None:
    other = EpochId(Purpose.LIVE, Level.HIGH, epoch.number + 1)
    keys = invented_keys(other, 1, entropy=b"other")

    with pytest.raises(EpochClosedError):
        write_all(key_room, [epoch], keys)


@pytest.mark.parametrize("column", ["handle", "key_id"])
def test_a_handle_or_a_key_id_twice_under_an_epoch_is_refused(
    key_room: KeyRoom, epoch: EpochId, column: str
) -> None:
    """A key id twice means a data key twice, and its zero nonce with it."""
    one, two = (invented_keys(epoch, 1, entropy=os.urandom(6)) for _ in range(2))

    with pytest.raises(ConflictError):
        write_all(key_room, [epoch], one, two.with_columns(one[column]))

    assert key_room.left(epoch) == 0


# --- index epochs ---------------------------------------------------------------


@pytest.fixture(params=FAKE_AND_REAL)
def index_epochs(request: pytest.FixtureRequest) -> IndexEpochs:
    """Index epochs of which the first was added."""
    made: IndexEpochs
    if request.param == "fake":
        made = FakeIndexEpochs()
    else:
        databases: Databases = request.getfixturevalue("databases")
        made = PostgresIndexEpochs(databases.warehouse(WAREHOUSE_OWNER))
    made.add(1)
    return made


def test_the_open_index_epoch_is_told_and_added_once(index_epochs: IndexEpochs) -> None:
    index_epochs.add(1)

    assert index_epochs.open_number() == 1


def test_no_second_index_epoch_is_open_beside_the_first(
    index_epochs: IndexEpochs,
) -> None:
    index_epochs.add(2)

    assert index_epochs.open_number() == 1
