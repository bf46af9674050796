"""The projection comes back after a loss: for loaded and for waiting rows."""

import polars as pl
import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.roles import (
    WAREHOUSE_OWNER,
    WAREHOUSE_READER,
    WAREHOUSE_REBUILDER,
)
from custody.adapters.warehouse.projection import PostgresProjection
from custody.adapters.warehouse.views import PostgresViews
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import Row, open_warehouse

pytestmark = pytest.mark.integration


def test_a_lost_projection_is_missing_and_can_be_written_again(
    databases: Databases,
) -> None:
    views = PostgresViews(databases.warehouse(WAREHOUSE_READER))
    open_warehouse(databases).load(
        [
            Row({"resident_id": "p1"}),
            Row({}, verdict="pending", reasons="phone:missing"),
        ]
    )
    projection = PostgresProjection(databases.warehouse(WAREHOUSE_REBUILDER))
    with transaction(databases.warehouse(WAREHOUSE_OWNER), "crash") as connection:
        connection.execute(text("TRUNCATE projection.record, intake.staged_projection"))

    missing = pl.concat(list(projection.missing()))
    handles = missing["handle"].unique()
    projection.write(
        missing.group_by("handle").agg(
            name=pl.lit(None, dtype=pl.String),
            shown=pl.lit('{"phone":"1***"}'),
            levels=pl.col("level"),
        )
    )

    assert len(handles) == 2
    assert list(projection.missing()) == []
    (customer,) = views.customers()
    assert customer.shown == {"phone": "1***"}
    (request,) = views.supplements()
    waiting = views.record(request.handle)
    assert waiting is not None
    assert waiting.shown == {"phone": "1***"}
