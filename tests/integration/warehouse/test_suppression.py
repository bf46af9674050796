"""Nobody who was destroyed comes back by an old delivery (R69)."""

import datetime as dt
from unittest.mock import patch

import pytest
from sqlalchemy import text

from custody.adapters.roles import WAREHOUSE_DESTROYER, WAREHOUSE_OWNER
from custody.adapters.warehouse import decided_rows, register
from custody.adapters.warehouse.decided_rows import PostgresHeldRows
from custody.adapters.warehouse.suppression import PostgresSuppressions
from custody.application.ports.held_rows import Obstacle, Placed, Terms, Word
from custody.application.ports.suppress import Suppressed
from custody.domain.held_rows import NewCustomer, Refuse, RowStanding
from custody.domain.outcome import Tally
from tests.builders.deliveries import DAY, MOMENT
from tests.contract.test_suppressions import ENTRY
from tests.fakes.world import FixedClock
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import (
    WIDTH,
    Row,
    Warehouse,
    mark,
    open_warehouse,
)

pytestmark = pytest.mark.integration

BEFORE, AFTER = DAY - dt.timedelta(days=1), DAY + dt.timedelta(days=1)
WORD = Word(actor="steward", reason="asked the branch")
TERMS = Terms(match_keys=(("resident_id",),), number_width=WIDTH)
GONE = {"resident_id": "gone"}


@pytest.fixture
def warehouse(databases: Databases) -> Warehouse:
    """A warehouse without a customer and without a suppression."""
    with databases.warehouse(WAREHOUSE_OWNER).begin() as connection:
        for tables in (
            "register.suppression, intake.delivery",
            "register.customer, register.token, register.row_token",
            "intake.staged_row, intake.staged_value, intake.staged_suppression",
        ):
            connection.execute(text(f"TRUNCATE {tables} CASCADE"))
    return open_warehouse(databases)


def destroyed(
    databases: Databases,
    warehouse: Warehouse,
    *values: str,
    on: dt.date = DAY,
    field: str = "resident_id",
) -> None:
    """Leave the marks of customers who bore these values."""
    engine = databases.warehouse(WAREHOUSE_DESTROYER)
    store = PostgresSuppressions(engine, warehouse.ledger_writer, "customers")
    store.add(
        Suppressed(
            tokens=[(field, mark(field, value)) for value in values],
            destroyed_on=on,
            expires_on=on + dt.timedelta(days=1000),
            legal_basis="invented",
        ),
        ENTRY,
    )


def ask(warehouse: Warehouse, query: str) -> list[tuple[object, ...]]:
    with warehouse.engine.begin() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def founded(warehouse: Warehouse) -> int:
    return len(ask(warehouse, "SELECT number FROM register.customer"))


def reasons(warehouse: Warehouse) -> list[object]:
    query = "SELECT reasons FROM intake.row_outcome ORDER BY delivery_id, row"
    return [found for (found,) in ask(warehouse, query)]


def held_row(rows: PostgresHeldRows, warehouse: Warehouse) -> RowStanding:
    query = "SELECT handle FROM intake.row_outcome WHERE outcome = 'held'"
    ((handle,),) = ask(warehouse, query)
    found = rows.find(bytes(handle))  # type: ignore[call-overload]
    assert found is not None
    return found


@pytest.fixture
def held_rows(warehouse: Warehouse) -> PostgresHeldRows:
    return PostgresHeldRows(
        warehouse.engine, warehouse.ledger_writer, FixedClock(MOMENT)
    )


@pytest.mark.parametrize("day", [BEFORE, DAY])
def test_a_replayed_customer_is_refused_and_nothing_of_the_row_is_kept(
    warehouse: Warehouse, databases: Databases, day: dt.date
) -> None:
    destroyed(databases, warehouse, "gone")

    tally = warehouse.load([Row(GONE, collected_on=day), Row({"resident_id": "other"})])

    assert tally == Tally(read=2, loaded=1, refused=1)
    assert founded(warehouse) == 1
    assert reasons(warehouse) == [["suppressed"]]
    for table in ("row", "value", "token", "row_token", "suppression", "projection"):
        assert ask(warehouse, f"SELECT 1 FROM intake.staged_{table}") == []  # noqa: S608 - ours


def test_twin_without_suppression_a_replayed_customer_is_founded_again(
    warehouse: Warehouse, databases: Databases
) -> None:
    destroyed(databases, warehouse, "gone")

    with patch.object(register, "assign_suppressed", return_value=False):
        tally = warehouse.load([Row(GONE)])

    assert tally.loaded == founded(warehouse) == 1


def test_collected_later_it_is_a_new_customer(
    warehouse: Warehouse, databases: Databases
) -> None:
    destroyed(databases, warehouse, "gone")

    tally = warehouse.load([Row(GONE, collected_on=AFTER)])

    assert tally.loaded == founded(warehouse) == 1


def test_what_is_older_stays_refused_beside_the_new_customer(
    warehouse: Warehouse, databases: Databases
) -> None:
    destroyed(databases, warehouse, "gone")
    warehouse.load([Row(GONE, collected_on=AFTER)])

    tally = warehouse.load([Row(GONE, content="old"), Row({"resident_id": "x"})])

    assert tally == Tally(read=2, loaded=1, refused=1)


def test_destroyed_twice_the_later_day_counts(
    warehouse: Warehouse, databases: Databases
) -> None:
    destroyed(databases, warehouse, "gone", on=BEFORE)
    destroyed(databases, warehouse, "gone", on=AFTER)

    assert warehouse.load([Row(GONE, collected_on=AFTER)]).refused == 1


def test_one_key_of_several_is_enough(
    warehouse: Warehouse, databases: Databases
) -> None:
    destroyed(databases, warehouse, "u-1", field="uscc")

    tally = warehouse.load(
        [Row({"resident_id": "another", "uscc": "u-1"})], ("resident_id",), ("uscc",)
    )

    assert tally.refused == 1


def test_a_pending_row_is_not_kept_waiting(
    warehouse: Warehouse, databases: Databases
) -> None:
    destroyed(databases, warehouse, "gone")

    tally = warehouse.load([Row(GONE, verdict="pending", reasons="phone:missing")])

    assert tally == Tally(read=1, refused=1)
    assert ask(warehouse, "SELECT 1 FROM intake.waiting_token") == []
    assert ask(warehouse, "SELECT 1 FROM intake.supplement_request") == []


def test_rows_that_need_the_rule_are_told_apart_too(
    warehouse: Warehouse, databases: Databases
) -> None:
    """Two rows of one customer in a delivery are not decided by set."""
    destroyed(databases, warehouse, "gone")
    twice = [Row(GONE, content=content) for content in ("a", "b")]
    others = [Row({"resident_id": "x"}, content=content) for content in ("a", "b")]

    tally = warehouse.load([*twice, *others])

    assert tally == Tally(read=4, loaded=2, refused=2)
    assert founded(warehouse) == 1


def test_of_unknown_day_a_person_decides(
    warehouse: Warehouse, databases: Databases, held_rows: PostgresHeldRows
) -> None:
    destroyed(databases, warehouse, "gone")
    rows = [Row(GONE, collected_on=None), Row({"resident_id": "x"}, collected_on=None)]

    tally = warehouse.load(rows)
    standing = held_row(held_rows, warehouse)
    placed = held_rows.decide(standing, NewCustomer(), WORD, TERMS)

    assert tally == Tally(read=2, loaded=1, held=1)
    assert standing.reasons == ("suppressed_undated",)
    assert isinstance(placed, Placed)
    assert founded(warehouse) == 2
    assert ask(warehouse, "SELECT 1 FROM intake.waiting_suppression") == []


def test_a_row_held_before_the_destruction_may_only_be_refused(
    warehouse: Warehouse, databases: Databases, held_rows: PostgresHeldRows
) -> None:
    standing = held_before(warehouse, held_rows)
    destroyed(databases, warehouse, "gone")

    kept_out = held_rows.decide(standing, NewCustomer(), WORD, TERMS)
    refused = held_rows.decide(standing, Refuse(), WORD, TERMS)

    assert kept_out is Obstacle.SUPPRESSED
    assert refused == Placed()
    assert ask(warehouse, "SELECT 1 FROM intake.waiting_suppression") == []


def test_twin_without_the_look_a_steward_brings_them_back(
    warehouse: Warehouse, databases: Databases, held_rows: PostgresHeldRows
) -> None:
    standing = held_before(warehouse, held_rows)
    destroyed(databases, warehouse, "gone")

    with patch.object(decided_rows, "waits_suppressed", return_value=False):
        placed = held_rows.decide(standing, NewCustomer(), WORD, TERMS)

    assert isinstance(placed, Placed)
    assert placed.number is not None


def held_before(warehouse: Warehouse, rows: PostgresHeldRows) -> RowStanding:
    """Return a row that two customers' keys held before anybody was destroyed."""
    keys = (("resident_id",), ("uscc",))
    people = [{"resident_id": "gone", "uscc": "1"}, {"resident_id": "b", "uscc": "2"}]
    warehouse.load([Row(one) for one in people], *keys)
    warehouse.load([Row({"resident_id": "gone", "uscc": "2"})], *keys)
    return held_row(rows, warehouse)
