"""People read masks and counts, as the reading role."""

import pytest

from custody.adapters.roles import WAREHOUSE_READER
from custody.adapters.warehouse.views import PostgresViews
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import Row, Warehouse, open_warehouse

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def warehouse(databases: Databases) -> Warehouse:
    """Load one delivery with a version, a waiting row and a supplement."""
    warehouse = open_warehouse(databases)
    warehouse.load(
        [
            Row({"resident_id": "v1"}),
            Row({"resident_id": "v1"}, "changed"),
            Row({}, verdict="pending", reasons="phone:missing"),
        ]
    )
    return warehouse


@pytest.fixture
def views(databases: Databases) -> PostgresViews:
    """Return the reader's views."""
    return PostgresViews(databases.warehouse(WAREHOUSE_READER))


def test_the_reader_sees_deliveries_rows_supplements_and_customers(
    warehouse: Warehouse, views: PostgresViews
) -> None:
    (delivery,) = views.deliveries()
    (row,) = views.rows(delivery.delivery_id)
    (request,) = views.supplements()
    (customer,) = views.customers()

    assert delivery.tally.loaded == 2
    assert (row.row, row.outcome, row.reasons) == (3, "pending", ("phone:missing",))
    assert row.facts is not None
    assert row.facts["record__verdict"] == "pending"
    assert (request.field, request.reason) == ("phone", "missing")
    assert customer.version == 2
    assert customer.shown == {"customer_name": "某*"}
    assert customer.number is not None
    assert [v.version for v in views.history(customer.number)] == [2, 1]
    assert len(views.ledger_tail(last=2)) == 2
    assert warehouse.ledger_writer is not None


def test_a_waiting_row_is_found_by_its_handle(
    warehouse: Warehouse, views: PostgresViews
) -> None:
    (request,) = views.supplements()

    found = views.record(request.handle)

    assert warehouse.engine is not None
    assert found is not None
    assert (found.number, found.state, found.row) == (None, "pending", 3)
    assert views.record(bytes(16)) is None


def test_counts_are_of_latest_versions(
    warehouse: Warehouse, views: PostgresViews
) -> None:
    counts = views.counts()

    assert warehouse.engine is not None
    assert counts["delivery_state"] == {"loaded": 1}
    assert counts["outcome"]["loaded"] == 2
    assert counts["level"] == {"high": 1}
    assert counts["state"] == {"pending_review": 1}
