"""Who leaves use leaves the projection, and no rebuilder brings them back (R17)."""

from collections.abc import Callable

import polars as pl
import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.roles import (
    WAREHOUSE_OWNER,
    WAREHOUSE_READER,
    WAREHOUSE_REBUILDER,
    WAREHOUSE_REGISTRAR,
)
from custody.adapters.warehouse import projection as projecting
from custody.adapters.warehouse.projection import PostgresProjection
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import Row, Warehouse, open_warehouse

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def warehouse(databases: Databases) -> Warehouse:
    """Return the loader's adapters on this module's warehouse."""
    return open_warehouse(databases)


def made_of(missing: pl.DataFrame) -> pl.DataFrame:
    """Return a mask made of what was missing."""
    return missing.group_by("handle").agg(
        name=pl.lit(None, dtype=pl.String),
        shown=pl.lit('{"phone":"1***"}'),
        levels=pl.col("level"),
    )


@pytest.fixture
def ending(databases: Databases) -> Callable[[str, str], None]:
    """Let one level of a customer leave use, as the registrar."""
    engine = databases.warehouse(WAREHOUSE_REGISTRAR)

    def end(number: str, level: str) -> None:
        with transaction(engine, "end") as connection:
            connection.execute(
                text(
                    "INSERT INTO register.standing (number, level, state, since)"
                    " VALUES (:number, :level, 'deregistered', now())"
                ),
                {"number": number, "level": level},
            )
            connection.execute(
                text("DELETE FROM projection.record WHERE number = :number"),
                {"number": number},
            )

    return end


def lost_customer(databases: Databases, warehouse: Warehouse, key: str) -> str:
    """Load a customer whose projection is lost; return the number."""
    warehouse.load([Row({"resident_id": key})])
    with transaction(databases.warehouse(WAREHOUSE_OWNER), "crash") as connection:
        connection.execute(text("TRUNCATE projection.record"))
        number: str = connection.execute(
            text("SELECT max(number) FROM register.customer")
        ).scalar_one()
    return number


def levels_missing(
    projection: PostgresProjection, number: str, databases: Databases
) -> set[str]:
    """Return the levels of a customer that the rebuilder would open."""
    query = text("SELECT handle FROM register.record_version WHERE number = :number")
    with transaction(databases.warehouse(WAREHOUSE_READER), "look") as connection:
        mine = connection.execute(query, {"number": number}).scalars().all()
    frames = list(projection.missing())
    if not frames:
        return set()
    found = pl.concat(frames).filter(pl.col("handle").is_in(list(mine)))
    return set(found["level"])


def test_of_who_leaves_use_the_rebuilder_opens_the_rest_alone(
    databases: Databases,
    warehouse: Warehouse,
    ending: Callable[[str, str], None],
) -> None:
    """PIPL 47: nothing but storage; the levels that are in use are shown again."""
    projection = PostgresProjection(databases.warehouse(WAREHOUSE_REBUILDER))
    number = lost_customer(databases, warehouse, "p2")

    both = levels_missing(projection, number, databases)
    ending(number, "high")
    rest = levels_missing(projection, number, databases)
    ending(number, "low")
    none = levels_missing(projection, number, databases)

    assert (both, rest, none) == ({"high", "low"}, {"low"}, set())


@pytest.mark.parametrize("guarded", [True, False])
def test_who_left_use_while_the_rebuilder_was_at_it_is_not_shown(
    databases: Databases,
    warehouse: Warehouse,
    ending: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    *,
    guarded: bool,
) -> None:
    """Without the look at standing, what was read before the end is shown after it."""
    projection = PostgresProjection(databases.warehouse(WAREHOUSE_REBUILDER))
    number = lost_customer(databases, warehouse, f"p3 {guarded}")
    read = pl.concat(list(projection.missing()))
    if not guarded:
        unguarded = str(projecting._WRITE[0]).replace(
            "NOT EXISTS", "true OR NOT EXISTS"
        )
        monkeypatch.setattr(
            projecting, "_WRITE", (text(unguarded), projecting._WRITE[1])
        )

    ending(number, "high")
    projection.write(made_of(read))

    with transaction(databases.warehouse(WAREHOUSE_READER), "look") as connection:
        shown = connection.execute(
            text("SELECT count(*) FROM projection.record WHERE number = :number"),
            {"number": number},
        ).scalar_one()
    assert bool(shown) is not guarded
