"""Exactly once: whoever comes second, or is killed, changes nothing."""

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.roles import WAREHOUSE_EXPORTER, WAREHOUSE_OWNER
from custody.adapters.warehouse.staging import PostgresStaging
from custody.domain.delivery import DeliveryState
from custody.domain.outcome import Tally
from custody.errors import ConflictError, EvidenceError
from tests.builders.deliveries import delivery_key, delivery_record
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import (
    Row,
    Warehouse,
    entry,
    open_warehouse,
    sealed_block,
)

pytestmark = pytest.mark.integration

KILLS = 5
ROWS = 2_000


@pytest.fixture(scope="module")
def warehouse(databases: Databases) -> Warehouse:
    """Return the loader's adapters on this module's warehouse."""
    return open_warehouse(databases)


def count(warehouse: Warehouse, table: str, delivery_id: str) -> int:
    """Return how many rows of a delivery a table has."""
    query = f"SELECT count(*) FROM {table} WHERE delivery_id = :id"  # noqa: S608 - ours
    with transaction(warehouse.engine, "count") as connection:
        return int(connection.execute(text(query), {"id": delivery_id}).scalar_one())


def test_two_loads_at_once_have_one_winner(warehouse: Warehouse) -> None:
    record = warehouse.stage([Row({"resident_id": f"w{n}"}) for n in range(200)])

    def attempt(_: int) -> Tally | None:
        try:
            return warehouse.load_record(record)
        except ConflictError:
            return None

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(attempt, range(4)))

    assert [tally for tally in results if tally] == [Tally(read=200, loaded=200)]
    loaded = count(warehouse, "register.record_version", record.key.delivery_id)
    assert loaded == 200


def test_two_deliveries_of_one_new_customer_found_it_once(
    warehouse: Warehouse,
) -> None:
    records = [
        warehouse.stage([Row({"resident_id": "both"}, str(n))]) for n in range(3)
    ]

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(warehouse.load_record, records))

    query = (
        "SELECT count(DISTINCT number) AS customers, max(version) AS version"
        " FROM register.record_version WHERE delivery_id = ANY(:ids)"
    )
    ids = [record.key.delivery_id for record in records]
    with transaction(warehouse.engine, "count") as connection:
        found = connection.execute(text(query), {"ids": ids}).one()
    assert (found.customers, found.version) == (1, 3)


def test_a_delivery_is_sealed_by_one_run_at_a_time(warehouse: Warehouse) -> None:
    record = warehouse.stage([Row({})], state=DeliveryState.SEALED)

    with (
        warehouse.staging.restage(record.key),
        pytest.raises(ConflictError),
        warehouse.staging.restage(record.key),
    ):
        pass

    assert warehouse.record(record.key).state is DeliveryState.SEALED


def test_sealing_again_replaces_what_was_staged(warehouse: Warehouse) -> None:
    record = warehouse.stage([Row({"resident_id": "x"})] * 3, quarantined=1)

    warehouse.seal(record.key, [Row({"resident_id": "y"})])

    again = warehouse.record(record.key)
    assert again.state is DeliveryState.SEALED
    assert again.tally == Tally(read=1)
    for table in ("staged_row", "staged_token", "staged_projection"):
        assert count(warehouse, f"intake.{table}", record.key.delivery_id) == 1
    assert count(warehouse, "intake.row_outcome", record.key.delivery_id) == 0


def test_what_is_not_finished_is_not_staged(warehouse: Warehouse) -> None:
    record = warehouse.stage([Row({})] * 2, state=DeliveryState.SEALED)

    with warehouse.staging.restage(record.key) as writer:
        writer.write(sealed_block([Row({})] * 5))

    assert count(warehouse, "intake.staged_row", record.key.delivery_id) == 2


def test_a_delivery_is_added_once_and_found_by_its_files(warehouse: Warehouse) -> None:
    record = delivery_record(sequence=900, sha256="ab" * 32)

    added = warehouse.book.add(record, entry("admitted", record.key))
    again = warehouse.book.add(record, entry("admitted", record.key))

    assert (added, again) == (True, False)
    assert warehouse.book.seen("website", ["ab" * 32]) == record.key.delivery_id
    assert warehouse.book.seen("partner", ["ab" * 32]) is None
    assert warehouse.book.find(record.key.delivery_id) == record
    assert record in warehouse.book.list(states=[DeliveryState.ADMITTED])


def test_a_move_is_made_once(warehouse: Warehouse) -> None:
    key = warehouse.stage([Row({})], state=DeliveryState.SEALED).key
    step = ([DeliveryState.SEALED], DeliveryState.HELD, entry("held", key))

    moved = warehouse.book.move(key.delivery_id, *step, reasons=["token_rates"])
    again = warehouse.book.move(key.delivery_id, *step)

    assert (moved, again) == (True, False)
    assert warehouse.record(key).reasons == ("token_rates",)


@pytest.mark.parametrize("state", [DeliveryState.SEALED, DeliveryState.CHECKED])
def test_a_sealed_delivery_can_still_be_quarantined_and_conserves(
    warehouse: Warehouse, state: DeliveryState
) -> None:
    """Its file became another: as a whole it was not let in, no row of it is left."""
    key = warehouse.stage([Row({})] * 3, state=state, quarantined=1).key

    moved = warehouse.book.move(
        key.delivery_id, [state], DeliveryState.QUARANTINED, entry("quarantined", key)
    )

    assert moved
    assert warehouse.record(key).tally == Tally()
    for table in ("row_outcome", "staged_row", "staged_value"):
        assert count(warehouse, f"intake.{table}", key.delivery_id) == 0


def test_owed_are_the_unfinished_and_the_settled_not_yet_off_site_and_erased(
    warehouse: Warehouse,
) -> None:
    sealed = warehouse.stage([Row({})], state=DeliveryState.SEALED).key
    held = warehouse.stage([Row({})], state=DeliveryState.SEALED).key
    step = ([DeliveryState.SEALED], DeliveryState.HELD, entry("held", held))
    warehouse.book.move(held.delivery_id, *step)

    before = [
        record.key for record in warehouse.book.owed("website", held.business_date)
    ]
    warehouse.book.mark_exported(warehouse.record(held), entry("exported", held))
    exported = [record.key for record in warehouse.book.owed()]
    warehouse.book.mark_erased(held.delivery_id, entry("erased", held))
    erased = [record.key for record in warehouse.book.owed()]

    assert {sealed, held} <= set(before)
    assert held in exported
    assert held not in erased
    assert sealed in erased
    assert warehouse.book.owed("partner") == ()


def test_facts_come_back_with_what_only_the_whole_file_could_tell(
    warehouse: Warehouse,
) -> None:
    key = delivery_key(901)
    warehouse.book.add(delivery_record(sequence=901), entry("admitted", key))
    late = pl.DataFrame({"row": [2], "phone__rule1": ["fail"]})
    with warehouse.staging.restage(key) as writer:
        writer.write(sealed_block([Row({})] * 2))
        writer.write(sealed_block([Row({})], first_row=3))
        writer.finish(late_facts=late, entry=entry("sealed", key))

    facts = pl.concat(list(warehouse.staging.facts(key.delivery_id)))

    assert facts["row"].to_list() == [1, 2, 3]
    assert facts["phone__rule1"].to_list() == [None, "fail", None]


def test_lost_unlogged_staging_is_noticed_and_not_loaded(
    warehouse: Warehouse, databases: Databases
) -> None:
    record = warehouse.stage([Row({"resident_id": "crash"})])
    assert warehouse.staging.whole(record.key.delivery_id)
    with transaction(databases.warehouse(WAREHOUSE_OWNER), "crash") as connection:
        connection.execute(
            text(
                "TRUNCATE intake.staged_facts, intake.staged_token,"
                " intake.staged_row_token, intake.staged_projection"
            )
        )

    assert not warehouse.staging.whole(record.key.delivery_id)
    with pytest.raises(ConflictError):
        warehouse.load_record(record)


def test_the_exporter_reads_loaded_and_waiting_rows(
    warehouse: Warehouse, databases: Databases
) -> None:
    record = warehouse.stage([Row({"resident_id": "e"}), Row({}, verdict="pending")])
    warehouse.load_record(record)
    exporter = PostgresStaging(
        databases.warehouse(WAREHOUSE_EXPORTER), warehouse.ledger_writer
    )

    found = pl.concat(list(exporter.sealed_rows(record.key.delivery_id)))

    assert sorted(found["row"].to_list()) == [1, 1, 2, 2]
    assert found.filter(pl.col("row") == 2)["customer"].null_count() == 2
    assert found.filter(pl.col("row") == 1)["version"].to_list() == [1, 1]


def test_ledger_positions_have_no_gap_under_concurrency(warehouse: Warehouse) -> None:
    key = delivery_key(902)

    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(lambda n: warehouse.ledger.append(entry(f"k{n}", key)), range(20))
        )

    with transaction(warehouse.engine, "look") as connection:
        query = text("SELECT min(position), max(position), count(*) FROM ledger.entry")
        low, high, entries = connection.execute(query).one()
    assert (low, high) == (1, entries)


def test_a_failed_ledger_entry_takes_its_change_back(warehouse: Warehouse) -> None:
    key = warehouse.stage([Row({})], state=DeliveryState.SEALED).key
    broken = entry("held", key)
    object.__setattr__(broken, "body", {"bad": 1.5})

    with pytest.raises(EvidenceError):
        warehouse.book.move(
            key.delivery_id, [DeliveryState.SEALED], DeliveryState.HELD, broken
        )

    assert warehouse.record(key).state is DeliveryState.SEALED


def _load_in_child(databases: Databases, sequence: int) -> None:
    warehouse = open_warehouse(databases)
    warehouse.load_record(warehouse.record(delivery_key(sequence)))


def test_a_killed_load_is_all_or_nothing(
    warehouse: Warehouse, databases: Databases
) -> None:
    spawn = multiprocessing.get_context("fork")
    for attempt in range(KILLS):
        rows = [Row({"resident_id": f"kill{attempt}-{n}"}) for n in range(ROWS)]
        record = warehouse.stage(rows)
        child = spawn.Process(
            target=_load_in_child, args=(databases, record.key.sequence)
        )
        child.start()
        time.sleep(0.05 + 0.15 * attempt)
        if child.pid is not None and child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
        child.join()

        _retry(warehouse, record.key.sequence)

        found = count(warehouse, "register.record_version", record.key.delivery_id)
        assert found == ROWS


def _retry(warehouse: Warehouse, sequence: int) -> None:
    """Load until the server has let go of the killed run."""
    stop = threading.Event()
    for _ in range(100):
        record = warehouse.record(delivery_key(sequence))
        if record.state is DeliveryState.LOADED:
            return
        try:
            warehouse.load_record(record)
        except ConflictError:
            stop.wait(0.1)
