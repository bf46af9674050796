"""What every warehouse and keyring promise who seals again: the fakes, PostgreSQL."""

import dataclasses
import os
from collections.abc import Callable

import polars as pl
import pytest

from custody.adapters.copying import copy_frame
from custody.adapters.database import driver, transaction
from custody.adapters.keyring.former_keys import PostgresFormerKeys
from custody.adapters.roles import (
    KEYRING_DESTROYER,
    WAREHOUSE_DESTROYER,
    WAREHOUSE_OWNER,
)
from custody.adapters.warehouse.resealing import PostgresSealedValues
from custody.application.ports import Entry
from custody.application.ports.reseal import (
    FormerKeys,
    Replacement,
    SealedValues,
    StoredValue,
)
from custody.domain.epochs import EpochId, Purpose
from custody.domain.ledger import read_line
from custody.domain.levels import Level
from tests.contract.worlds import KeyRoom, invented_keys
from tests.fakes.keyring import FakeKeyring
from tests.fakes.ledger import FakeLedger
from tests.fakes.reseal import FakeFormerKeys, FakeSealedValues
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import open_warehouse

ENTRY = Entry(kind="resealed", subject="live/high/1", body={"values": 1})
_COLUMNS = {
    "handle": "bytea",
    "level": "text",
    "sealed": "bytea",
    "digest": "bytea",
    "key_id": "bytea",
}
_WAITING = {"delivery_id": "text", "row": "int8", **_COLUMNS}


@dataclasses.dataclass(frozen=True)
class Shelf:
    """Values as their replacer has them; `put` is the load's, `told` the ledger's."""

    values: SealedValues
    put: Callable[[pl.DataFrame], None]
    told: Callable[[], int]


def invented(count: int) -> pl.DataFrame:
    """Return sealed values of the level high that look real."""
    return pl.DataFrame(
        {
            "handle": [os.urandom(16) for _ in range(count)],
            "level": ["high"] * count,
            "sealed": [os.urandom(90) for _ in range(count)],
            "digest": [os.urandom(32) for _ in range(count)],
            "key_id": [os.urandom(32) for _ in range(count)],
        }
    )


@pytest.fixture(params=["fake", *("register", "waiting")])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    """In memory; on PostgreSQL the register's, and those that wait."""
    if request.param == "fake":
        ledger = FakeLedger()
        values = FakeSealedValues(ledger)
        return Shelf(
            values, lambda it: values.put(Level.HIGH, it), lambda: len(ledger.entries)
        )
    databases: Databases = request.getfixturevalue("databases")
    warehouse = open_warehouse(databases, WAREHOUSE_DESTROYER)
    owner = databases.warehouse(WAREHOUSE_OWNER)

    def put(frame: pl.DataFrame) -> None:
        with transaction(owner, "put") as connection:
            if request.param == "register":
                table, columns = "register.sealed_value", _COLUMNS
            else:
                frame = frame.with_row_index("row").with_columns(
                    pl.col("row").cast(pl.Int64), delivery_id=pl.lit("invented")
                )
                table, columns = "intake.staged_value", _WAITING
            copy_frame(driver(connection), table, frame, columns=columns)

    return Shelf(
        PostgresSealedValues(warehouse.engine, warehouse.ledger_writer),
        put,
        lambda: sum(
            read_line(line).kind == "resealed" for line in warehouse.ledger.lines()
        ),
    )


def stored(frame: pl.DataFrame) -> list[StoredValue]:
    """Return the values of a frame, by handle."""
    rows = frame.drop("level").iter_rows(named=True)
    return sorted((StoredValue(**row) for row in rows), key=lambda one: one.handle)


def replaced(values: list[StoredValue]) -> list[Replacement]:
    """Return something else for each."""
    return [
        Replacement(
            handle=one.handle,
            former_key_id=one.key_id,
            sealed=os.urandom(90),
            key_id=os.urandom(32),
        )
        for one in values
    ]


@pytest.mark.integration
def test_values_are_found_by_handle_and_level(shelf: Shelf) -> None:
    frame = invented(3)
    shelf.put(frame)
    handles = frame["handle"].to_list()

    found = shelf.values.find(Level.HIGH, [*handles, bytes(16)])

    assert sorted(found, key=lambda one: one.handle) == stored(frame)
    assert shelf.values.find(Level.LOW, handles) == ()
    assert shelf.values.find(Level.HIGH, []) == ()


@pytest.mark.integration
def test_a_value_is_replaced_where_its_former_key_stands_and_keeps_its_digest(
    shelf: Shelf,
) -> None:
    frame = invented(3)
    shelf.put(frame)
    before = stored(frame)
    wanted = replaced(before)
    strange = dataclasses.replace(wanted[2], former_key_id=bytes(32))
    told = shelf.told()

    with shelf.values.replacing(Level.HIGH) as replacer:
        written = replacer.replace([*wanted[:2], strange])
        replacer.tell(ENTRY)
    with shelf.values.replacing(Level.LOW) as replacer:
        assert replacer.replace(wanted[2:]) == ()

    expected = [
        dataclasses.replace(old, sealed=new.sealed, key_id=new.key_id)
        for old, new in zip(before[:2], wanted[:2], strict=True)
    ]
    assert sorted(written, key=lambda one: one.handle) == expected
    found = shelf.values.find(Level.HIGH, [one.handle for one in before])
    assert sorted(found, key=lambda one: one.handle) == [*expected, before[2]]
    assert shelf.told() == told + 1


@pytest.mark.integration
def test_who_breaks_off_replaces_nothing_and_tells_nothing(shelf: Shelf) -> None:
    frame = invented(1)
    shelf.put(frame)
    told = shelf.told()

    def break_off() -> None:
        with shelf.values.replacing(Level.HIGH) as replacer:
            replacer.replace(replaced(stored(frame)))
            replacer.tell(ENTRY)
            raise ValueError("invented")

    with pytest.raises(ValueError, match="invented"):
        break_off()

    found = shelf.values.find(Level.HIGH, frame["handle"].to_list())
    assert list(found) == stored(frame)
    assert shelf.told() == told


# --- former keys -----------------------------------------------------------------


@pytest.fixture
def former(key_room: KeyRoom, request: pytest.FixtureRequest) -> FormerKeys:
    """The key records as the destroyer has them."""
    if isinstance(key_room.owner, FakeKeyring):
        return FakeFormerKeys(key_room.owner)
    databases: Databases = request.getfixturevalue("databases")
    return PostgresFormerKeys(databases.keyring(KEYRING_DESTROYER))


def test_former_keys_are_told_by_department_and_forgotten_by_key_id(
    key_room: KeyRoom, former: FormerKeys
) -> None:
    epoch = EpochId(Purpose.LIVE, Level.LOW, int.from_bytes(os.urandom(3), "big") + 1)
    key_room.owner.add_epoch(epoch, suite=1)
    keys = invented_keys(epoch, 3, entropy=os.urandom(12))
    with key_room.loader.writing([epoch]) as writer:
        writer.write(keys, dataset="customers", department="sales")
    handles, key_ids = keys["handle"].to_list(), keys["key_id"].to_list()

    owners = former.departments(epoch, [*handles, bytes(16)])
    wrong = former.forget(epoch, handles[:1], key_ids[1:2])
    right = former.forget(epoch, handles[:2], key_ids[:2])
    other = former.forget(EpochId(Purpose.LIVE, Level.LOW, 1), handles, key_ids)

    assert owners == dict.fromkeys(handles, "sales")
    assert (wrong, right, other) == (0, 2, 0)
    assert key_room.left(epoch) == 1
    assert former.departments(epoch, handles) == {handles[2]: "sales"}
    key_room.close(epoch)
