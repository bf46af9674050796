"""Loading: every row has one outcome, and the register tells who came when."""

import hashlib

import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.roles import WAREHOUSE_OWNER
from custody.domain.delivery import DeliveryState
from custody.domain.ledger import read_line
from custody.domain.merkle import merkle_root
from custody.domain.outcome import Tally
from custody.domain.rowset import LoadedValue, link_leaf, row_leaf
from custody.errors import ConflictError, EvidenceError
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import (
    Row,
    Warehouse,
    entry,
    open_warehouse,
    token,
)

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def warehouse(databases: Databases) -> Warehouse:
    """Return the loader's adapters on this module's warehouse."""
    return open_warehouse(databases)


def rows_of(
    warehouse: Warehouse, query: str, **bound: object
) -> list[tuple[object, ...]]:
    """Return what a query finds, as the loader."""
    with transaction(warehouse.engine, "test") as connection:
        return [tuple(row) for row in connection.execute(text(query), bound)]


def versions(warehouse: Warehouse, **key: str) -> list[tuple[object, ...]]:
    """Return (number, version) of the customer found by one field."""
    ((name, value),) = key.items()
    return rows_of(
        warehouse,
        "SELECT v.number, v.version FROM register.record_version v"
        " JOIN register.token t USING (handle)"
        " WHERE t.field = :field AND t.token = encode(:token, 'hex')::uuid"
        " ORDER BY v.number, v.version",
        field=name,
        token=token(f"{name}={value}"),
    )


def test_new_customers_get_numbers_of_prefix_year_and_serial(
    warehouse: Warehouse,
) -> None:
    tally = warehouse.load(
        [Row({"resident_id": "n1"}), Row({"resident_id": "n2"}, prefix="TR")]
    )

    assert tally == Tally(read=2, loaded=2)
    assert versions(warehouse, resident_id="n1")[0][0].startswith("FI2026")  # type: ignore[attr-defined]
    assert versions(warehouse, resident_id="n2") == [("TR2026000001", 1)]


def test_a_known_customer_gets_a_new_version_or_stays_unchanged(
    warehouse: Warehouse,
) -> None:
    warehouse.load([Row({"resident_id": "k1"}, "a"), Row({"resident_id": "k2"}, "a")])

    tally = warehouse.load(
        [Row({"resident_id": "k1"}, "a"), Row({"resident_id": "k2"}, "b")]
    )

    assert tally == Tally(read=2, loaded=1, unchanged=1)
    assert [version for _, version in versions(warehouse, resident_id="k2")] == [1, 2]
    assert [version for _, version in versions(warehouse, resident_id="k1")] == [1]


def test_rows_of_one_delivery_become_versions_in_row_order(
    warehouse: Warehouse,
) -> None:
    rows = [Row({"full_name": "o"}, content) for content in ("a", "a", "b", "b", "a")]

    tally = warehouse.load(rows, ("full_name",))

    assert tally == Tally(read=5, loaded=3, unchanged=2)
    assert [version for _, version in versions(warehouse, full_name="o")] == [1, 2, 3]


def test_versions_follow_across_batches(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custody.adapters.warehouse.candidates.ROWS_PER_BATCH", 2)
    rows = [Row({"full_name": "p"}, content) for content in "aabbcca"]

    tally = warehouse.load([*rows, Row({"full_name": "q"})], ("full_name",))

    assert tally == Tally(read=8, loaded=5, unchanged=3)
    assert [version for _, version in versions(warehouse, full_name="p")] == [
        1,
        2,
        3,
        4,
    ]


def test_two_keys_naming_different_customers_hold_the_row(
    warehouse: Warehouse,
) -> None:
    keys = (("resident_id",), ("passport",))
    warehouse.load([Row({"resident_id": "h1"}), Row({"passport": "h2"})], *keys)

    tally = warehouse.load([Row({"resident_id": "h1", "passport": "h2"})], *keys)

    assert tally == Tally(read=1, held=1)
    found = rows_of(
        warehouse, "SELECT reasons FROM intake.row_outcome WHERE outcome = 'held'"
    )
    assert (["ambiguous_match"],) in found


def test_a_stronger_key_that_differs_holds_the_row(warehouse: Warehouse) -> None:
    keys = (("resident_id",), ("full_name", "phone"))
    known = {"resident_id": "c1", "full_name": "c", "phone": "c"}
    warehouse.load([Row(known)], *keys)

    tally = warehouse.load([Row({**known, "resident_id": "c2"})], *keys)

    assert tally == Tally(read=1, held=1)


def test_a_composite_key_needs_all_its_fields(warehouse: Warehouse) -> None:
    keys = (("full_name", "phone"),)
    warehouse.load([Row({"full_name": "m", "phone": "1"})], *keys)

    tally = warehouse.load(
        [
            Row({"full_name": "m"}),
            Row({"full_name": "m", "phone": "2"}),
            Row({"full_name": "m", "phone": "1"}, "new"),
        ],
        *keys,
    )

    assert tally == Tally(read=3, loaded=3)
    assert len({number for number, _ in versions(warehouse, full_name="m")}) == 3


def test_incomplete_rows_wait_and_supplements_are_asked_for(
    warehouse: Warehouse,
) -> None:
    record = warehouse.stage(
        [
            Row({}, verdict="pending", reasons="customer_name:missing"),
            Row({"resident_id": "s"}, verdict="supplement", reasons="email:malformed"),
            Row({"resident_id": "s2"}),
        ],
        quarantined=2,
    )

    tally = warehouse.load_record(record)

    assert tally == Tally(read=5, loaded=2, pending=1, quarantined=2)
    asked = rows_of(
        warehouse,
        "SELECT row, field, reason FROM intake.supplement_request"
        " WHERE delivery_id = :id ORDER BY row",
        id=record.key.delivery_id,
    )
    assert asked == [(1, "customer_name", "missing"), (2, "email", "malformed")]
    kept = rows_of(
        warehouse,
        "SELECT row FROM intake.staged_row WHERE delivery_id = :id",
        id=record.key.delivery_id,
    )
    assert kept == [(1,)]
    outcomes = rows_of(
        warehouse,
        "SELECT row, outcome FROM intake.row_outcome WHERE delivery_id = :id"
        " ORDER BY row",
        id=record.key.delivery_id,
    )
    assert outcomes == [
        (1, "pending"),
        (2, "loaded"),
        (4, "quarantined"),
        (5, "quarantined"),
    ]


def test_the_entry_carries_counts_and_the_root(
    warehouse: Warehouse, databases: Databases
) -> None:
    """The root in the ledger is the rule's over what the register then holds."""
    record = warehouse.stage([Row({"resident_id": f"r{n}"}) for n in range(7)])
    warehouse.load_record(record)

    last = read_line(list(warehouse.ledger.lines())[-1])

    values = loaded_values(databases, record.key.delivery_id)
    assert last.kind == "loaded"
    assert last.body["loaded"] == 7
    assert last.body["values"] == len(values) == 14
    assert last.body["root"] == merkle_root(map(row_leaf, values)).hex()
    links = [
        link_leaf(one.handle, one.number, one.version, "")
        for one in values
        if one.level == "high"
    ]
    assert last.body["links"] == merkle_root(links).hex()


def loaded_values(databases: Databases, delivery_id: str) -> list[LoadedValue]:
    """Return what the register holds of a delivery, in the order of the leaves."""
    query = text(
        "SELECT r.handle, r.number, r.version, v.level, v.key_id, v.sealed"
        " FROM register.record_version r JOIN register.sealed_value v USING (handle)"
        " WHERE r.delivery_id = :id"
    )
    with transaction(databases.warehouse(WAREHOUSE_OWNER), "read") as connection:
        rows = connection.execute(query, {"id": delivery_id}).all()
    found = [
        LoadedValue(
            handle=row.handle,
            number=row.number,
            version=row.version,
            level=row.level,
            key_id=row.key_id,
            sealed_digest=hashlib.sha256(row.sealed).digest(),
        )
        for row in rows
    ]
    return sorted(found, key=lambda value: (value.handle, value.level))


def test_a_delivery_loads_once(warehouse: Warehouse) -> None:
    record = warehouse.stage([Row({"resident_id": "once"})])
    warehouse.load_record(record)

    with pytest.raises(ConflictError):
        warehouse.load_record(record)

    assert len(versions(warehouse, resident_id="once")) == 1


def test_counts_that_contradict_the_rows_do_not_commit(
    warehouse: Warehouse, databases: Databases
) -> None:
    record = warehouse.stage([Row({"resident_id": "lie"})])
    claim = (
        "UPDATE intake.delivery SET state = 'loaded', loaded = 1"
        " WHERE delivery_id = :id"
    )

    with (
        pytest.raises(EvidenceError),
        transaction(databases.warehouse(WAREHOUSE_OWNER), "lie") as connection,
    ):
        connection.execute(text(claim), {"id": record.key.delivery_id})


def test_a_row_without_outcome_breaks_conservation(warehouse: Warehouse) -> None:
    record = warehouse.stage([Row({"resident_id": "lost"})])
    key = record.key

    with pytest.raises(EvidenceError):
        warehouse.book.move(
            key.delivery_id,
            [DeliveryState.CHECKED],
            DeliveryState.LOADED,
            entry("loaded", key),
            tally=Tally(read=2, loaded=1),
        )


def test_a_released_delivery_loads_and_a_refused_one_leaves_nothing_staged(
    warehouse: Warehouse,
) -> None:
    held = warehouse.stage([Row({"resident_id": "rel"})], state=DeliveryState.HELD)
    gone = warehouse.stage([Row({"resident_id": "ref"})], state=DeliveryState.HELD)

    released = warehouse.book.move(
        held.key.delivery_id,
        [DeliveryState.HELD],
        DeliveryState.CHECKED,
        entry("released", held.key),
    )
    refused = warehouse.book.move(
        gone.key.delivery_id,
        [DeliveryState.HELD],
        DeliveryState.REFUSED,
        entry("refused", gone.key),
        reasons=["steward"],
    )

    assert held.tally == Tally(read=1, held=1)
    assert released
    assert refused
    assert warehouse.load_record(warehouse.record(held.key)).loaded == 1
    assert warehouse.record(gone.key).tally == Tally(read=1, refused=1)
    assert rows_of(
        warehouse,
        "SELECT count(*) FROM intake.staged_value WHERE delivery_id = :id",
        id=gone.key.delivery_id,
    ) == [(0,)]
