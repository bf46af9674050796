"""Binary COPY writes exactly what the frame holds; errors leave values behind."""

import traceback
from collections.abc import Iterator

import polars as pl
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, text

from custody.adapters.copying import copy_frame, encode_rows
from custody.adapters.database import driver, transaction
from custody.adapters.keyring.schema import MIGRATIONS as KEYRING_MIGRATIONS
from custody.adapters.migrating import drop, migrate, unmigrate
from custody.adapters.roles import KEYRING_OWNER, WAREHOUSE_OWNER
from custody.adapters.sql_errors import translated
from custody.adapters.warehouse.schema import MIGRATIONS as WAREHOUSE_MIGRATIONS
from custody.errors import WorldError
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

COLUMNS = {"n": "int8", "i": "int4", "t": "text", "b": "bytea", "u": "uuid"}
CANARY = "canary-value-that-must-not-travel"


@pytest.fixture
def connection(databases: Databases) -> Iterator[Connection]:
    """Open a transaction with a table of every type."""
    engine = databases.warehouse(WAREHOUSE_OWNER)
    with transaction(engine, "copy") as connection:
        connection.execute(
            text("CREATE TABLE intake.every (n bigint, i int, t text, b bytea, u uuid)")
        )
        yield connection
        connection.execute(text("DROP TABLE intake.every"))


def every(rows: int = 3) -> pl.DataFrame:
    """Return a frame with values, empty ones and nulls of every type."""
    cells = {
        "n": [-(2**63), None, 2**63 - 1],
        "i": [None, -(2**31), 2**31 - 1],
        "t": ["张三\t\\N\n", "", None],
        "b": [None, b"", bytes(range(256))],
        "u": [b"\xff" * 16, None, bytes(16)],
    }
    schema = {
        "n": pl.Int64,
        "i": pl.Int32,
        "t": pl.String,
        "b": pl.Binary,
        "u": pl.Binary,
    }
    frame = pl.DataFrame(cells, schema=schema)
    return pl.concat([frame] * (rows // 3))


@pytest.mark.parametrize("rows", [0, 3, 3 * 30_000])
def test_what_is_copied_is_read_back(connection: Connection, rows: int) -> None:
    frame = every(rows) if rows else every().clear()

    copy_frame(driver(connection), "intake.every", frame, columns=COLUMNS)

    query = sql.SQL("SELECT n, i, t, b, u FROM intake.every ORDER BY ctid")
    found = [
        (*row[:4], None if row[4] is None else row[4].bytes)
        for row in driver(connection).execute(query)
    ]
    assert found == frame.rows()


def test_a_sliced_frame_is_encoded_like_a_whole_one() -> None:
    frame = every(6)

    assert encode_rows(frame.slice(3, 3), COLUMNS) == encode_rows(every(3), COLUMNS)


def test_database_errors_lose_their_values(databases: Databases) -> None:
    engine = databases.warehouse(WAREHOUSE_OWNER)

    with pytest.raises(WorldError) as caught, transaction(engine, "cast") as connection:
        connection.execute(text("SELECT CAST(:value AS bigint)"), {"value": CANARY})

    shown = "".join(traceback.format_exception(caught.value))
    assert "22P02" in shown
    assert CANARY not in shown


def test_without_translation_the_value_travels(databases: Databases) -> None:
    """The twin: psycopg's own error quotes the value."""
    engine = databases.warehouse(WAREHOUSE_OWNER)

    with engine.begin() as connection, pytest.raises(psycopg.Error) as caught:
        driver(connection).execute("SELECT CAST(%s AS bigint)", (CANARY,))

    assert CANARY in str(caught.value)


def test_other_errors_pass_translation_unchanged() -> None:
    with pytest.raises(KeyError), translated("anything"):
        raise KeyError


def test_migrations_go_back_and_forth(databases: Databases) -> None:
    """And a target of a restore is emptied whole: nothing of ours is forgotten."""
    for engine, migrations in (
        (databases.warehouse(WAREHOUSE_OWNER), WAREHOUSE_MIGRATIONS),
        (databases.keyring(KEYRING_OWNER), KEYRING_MIGRATIONS),
    ):
        tables = _tables(engine.connect())
        unmigrate(engine, migrations.location, revision="base")
        assert _tables(engine.connect()) == 0

        migrate(engine, migrations.location)
        migrate(engine, migrations.location)

        assert _tables(engine.connect()) == tables > 0


def test_whoever_empties_a_target_knows_everything_that_migrations_make(
    databases: Databases,
) -> None:
    """What `drop` would forget would be there when the next medium is restored."""
    for engine, migrations in (
        (databases.warehouse(WAREHOUSE_OWNER), WAREHOUSE_MIGRATIONS),
        (databases.keyring(KEYRING_OWNER), KEYRING_MIGRATIONS),
    ):
        with engine.connect() as connection:
            before = connection.execute(_MADE).scalars().all()
            drop(connection, migrations)
            after = connection.execute(_MADE).scalars().all()
            connection.rollback()

        assert set(before) > {*migrations.schemas, migrations.version_table}
        assert after == []


_MADE = text(
    "SELECT made FROM ("
    " SELECT nspname AS made, oid AS space FROM pg_namespace"
    " UNION ALL SELECT relname, relnamespace FROM pg_class"
    " UNION ALL SELECT proname, pronamespace FROM pg_proc) AS named"
    " JOIN pg_namespace n ON n.oid = space"
    " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
    " AND made <> 'public'"
)


def _tables(connection: Connection) -> int:
    query = (
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind IN ('r', 'p') AND nspname IN"
        " ('intake', 'register', 'projection', 'ledger', 'keyring')"
    )
    with connection:
        return int(connection.execute(text(query)).scalar_one())
