"""Each role has its verbs and no more: PostgreSQL decides, not the page."""

import psycopg
import pytest
from sqlalchemy import text

from custody.adapters.database import role_url, transaction
from custody.adapters.roles import (
    KEYRING_DESTROYER,
    KEYRING_EXPORTER,
    KEYRING_LOADER,
    KEYRING_ROLES,
    WAREHOUSE_DESTROYER,
    WAREHOUSE_EXPORTER,
    WAREHOUSE_LOADER,
    WAREHOUSE_OWNER,
    WAREHOUSE_READER,
    WAREHOUSE_REBUILDER,
    WAREHOUSE_REGISTRAR,
    WAREHOUSE_ROLES,
)
from custody.errors import ConfigurationError, CustodyError
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

SEALED = "SELECT * FROM register.sealed_value"
STAGED = "SELECT * FROM intake.staged_value"
TOKENS = "SELECT * FROM register.token"
ROW_TOKENS = "SELECT * FROM register.row_token"
STAGED_TOKENS = "SELECT * FROM intake.staged_token"
WAITING_TOKENS = "SELECT * FROM intake.waiting_token"
WAITING_ROW_TOKENS = "SELECT * FROM intake.waiting_row_token"
DECIDE = "UPDATE intake.row_outcome SET outcome = 'refused'"
CLOSE = "UPDATE intake.supplement_request SET state = 'closed'"
KEYS = "SELECT * FROM keyring.data_key"
SHOWN = "SELECT * FROM projection.record"
EDIT_LEDGER = "UPDATE ledger.entry SET line = line"
EDIT_VERSION = "UPDATE register.record_version SET number = number"
DROP_SEALED = "DELETE FROM register.sealed_value"

DECIDED = "SELECT * FROM review.decision"
DECIDE_ANEW = "UPDATE review.decision SET line = line"
PLAN_ANEW = "UPDATE destruction.plan_line SET number = number"
TAKE_PLAN = "UPDATE destruction.plan SET state = 'kept' WHERE false"

FORBIDDEN = [
    # Who signs uses nothing up, who uses up signs nothing, and nobody rewrites.
    (WAREHOUSE_REGISTRAR, TAKE_PLAN),
    (WAREHOUSE_DESTROYER, "INSERT INTO review.decision DEFAULT VALUES"),
    (WAREHOUSE_DESTROYER, "UPDATE destruction.plan SET lines = 0"),
    (WAREHOUSE_DESTROYER, "INSERT INTO destruction.plan DEFAULT VALUES"),
    *(
        (role, statement)
        for role in (WAREHOUSE_REGISTRAR, WAREHOUSE_DESTROYER, WAREHOUSE_READER)
        for statement in (
            *(DECIDE_ANEW, "DELETE FROM review.decision"),
            *(PLAN_ANEW, "DELETE FROM destruction.plan_line"),
            "DELETE FROM destruction.plan",
        )
    ),
    *(
        (role, DECIDED)
        for role in (WAREHOUSE_LOADER, WAREHOUSE_EXPORTER, WAREHOUSE_REBUILDER)
    ),
    (WAREHOUSE_LOADER, SEALED),
    (WAREHOUSE_LOADER, SHOWN),
    (WAREHOUSE_LOADER, EDIT_LEDGER),
    (WAREHOUSE_LOADER, EDIT_VERSION),
    (WAREHOUSE_LOADER, DROP_SEALED),
    (WAREHOUSE_LOADER, "DELETE FROM intake.delivery"),
    (WAREHOUSE_LOADER, "TRUNCATE intake.staged_row"),
    (WAREHOUSE_EXPORTER, SHOWN),
    (WAREHOUSE_EXPORTER, TOKENS),
    (WAREHOUSE_EXPORTER, "UPDATE intake.delivery SET state = state"),
    (WAREHOUSE_EXPORTER, DROP_SEALED),
    (WAREHOUSE_REBUILDER, TOKENS),
    (WAREHOUSE_REBUILDER, EDIT_VERSION),
    (WAREHOUSE_REGISTRAR, SEALED),
    (WAREHOUSE_REGISTRAR, SHOWN),
    (WAREHOUSE_REGISTRAR, TOKENS),
    (WAREHOUSE_REGISTRAR, EDIT_VERSION),
    (WAREHOUSE_REGISTRAR, EDIT_LEDGER),
    (WAREHOUSE_REGISTRAR, "DELETE FROM retention.legal_hold"),
    (WAREHOUSE_REGISTRAR, "UPDATE retention.legal_hold SET number = number"),
    (WAREHOUSE_REGISTRAR, "UPDATE retention.event SET happened_on = happened_on"),
    (WAREHOUSE_LOADER, "SELECT * FROM retention.event"),
    (WAREHOUSE_LOADER, "UPDATE retention.legal_hold SET lifted_at = now()"),
    (WAREHOUSE_READER, SEALED),
    (WAREHOUSE_READER, STAGED),
    (WAREHOUSE_READER, TOKENS),
    (WAREHOUSE_READER, ROW_TOKENS),
    (WAREHOUSE_READER, STAGED_TOKENS),
    (WAREHOUSE_READER, WAITING_TOKENS),
    (WAREHOUSE_READER, WAITING_ROW_TOKENS),
    (WAREHOUSE_READER, "SELECT outcome FROM intake.row_outcome FOR UPDATE"),
    *(
        (role, statement)
        for role in (WAREHOUSE_READER, WAREHOUSE_EXPORTER, WAREHOUSE_REBUILDER)
        for statement in (DECIDE, CLOSE)
    ),
    (WAREHOUSE_LOADER, "UPDATE intake.row_outcome SET row = row"),
    (WAREHOUSE_LOADER, "UPDATE intake.supplement_request SET field = field"),
    (WAREHOUSE_READER, "INSERT INTO ledger.entry VALUES (1, '', '')"),
    (WAREHOUSE_DESTROYER, EDIT_LEDGER),
    (WAREHOUSE_DESTROYER, EDIT_VERSION),
    (WAREHOUSE_DESTROYER, "DELETE FROM register.customer"),
    (WAREHOUSE_DESTROYER, "DELETE FROM register.record_version"),
    (WAREHOUSE_DESTROYER, "UPDATE retention.legal_hold SET lifted_at = now()"),
    (WAREHOUSE_DESTROYER, "INSERT INTO register.token SELECT * FROM register.token"),
    (WAREHOUSE_LOADER, "UPDATE register.standing SET state = 'due'"),
    (WAREHOUSE_READER, "DELETE FROM register.standing"),
    *(
        (role, DROP_SEALED)
        for role in (WAREHOUSE_READER, WAREHOUSE_REBUILDER, WAREHOUSE_REGISTRAR)
    ),
    *((role, "CREATE TEMP TABLE t ()") for role in WAREHOUSE_ROLES[1:]),
    *((role, "CREATE TABLE public.t ()") for role in WAREHOUSE_ROLES[1:]),
    *((role, "CREATE SCHEMA s") for role in WAREHOUSE_ROLES[1:]),
]
ALLOWED = [
    *(
        (role, DECIDED)
        for role in (WAREHOUSE_REGISTRAR, WAREHOUSE_DESTROYER, WAREHOUSE_READER)
    ),
    (WAREHOUSE_DESTROYER, TAKE_PLAN),
    (WAREHOUSE_LOADER, STAGED),
    (WAREHOUSE_LOADER, TOKENS),
    (WAREHOUSE_EXPORTER, SEALED),
    (WAREHOUSE_REBUILDER, SEALED),
    (WAREHOUSE_LOADER, f"{DECIDE} WHERE false"),
    (WAREHOUSE_LOADER, f"{CLOSE} WHERE false"),
    (WAREHOUSE_REGISTRAR, "SELECT handle, level FROM register.sealed_value"),
    (WAREHOUSE_REGISTRAR, "UPDATE retention.legal_hold SET lifted_at = now()"),
    (WAREHOUSE_LOADER, "SELECT state FROM register.standing FOR SHARE"),
    (WAREHOUSE_DESTROYER, f"{DROP_SEALED} WHERE false"),
    (WAREHOUSE_DESTROYER, "UPDATE register.standing SET state = 'due' WHERE false"),
    (WAREHOUSE_READER, SHOWN),
    (WAREHOUSE_READER, "SELECT * FROM intake.match_candidate"),
    (WAREHOUSE_READER, "SELECT * FROM register.record_version"),
    (WAREHOUSE_READER, "SELECT * FROM intake.supplement_request"),
]
ADD_KEY = (
    "INSERT INTO keyring.data_key (handle, level, dataset, department, epoch, key_id,"
    " wrapped) VALUES ('', '', '', '', '', '', '')"
)
KEYRING_FORBIDDEN = [
    (KEYRING_LOADER, KEYS),
    (KEYRING_LOADER, "SELECT count(*) FROM keyring.data_key"),
    (KEYRING_LOADER, "DELETE FROM keyring.data_key"),
    (KEYRING_LOADER, "UPDATE keyring.epoch SET state = 'closing'"),
    (KEYRING_LOADER, "SELECT keyring.add_partition('live/high/1')"),
    (KEYRING_LOADER, "SELECT keyring.drop_partition('live/high/1')"),
    (KEYRING_EXPORTER, "DELETE FROM keyring.data_key"),
    (KEYRING_DESTROYER, ADD_KEY),
    (KEYRING_DESTROYER, "UPDATE keyring.data_key SET key_id = key_id"),
    (KEYRING_DESTROYER, "UPDATE keyring.data_key SET handle = handle"),
    (KEYRING_DESTROYER, "TRUNCATE keyring.data_key"),
    (KEYRING_DESTROYER, "UPDATE keyring.epoch SET number = number"),
    (KEYRING_DESTROYER, "UPDATE keyring.provider_key SET wrapped = wrapped"),
    (KEYRING_DESTROYER, "DELETE FROM keyring.provider_key"),
    (KEYRING_EXPORTER, "SELECT * FROM keyring.epoch FOR SHARE"),
    *((role, "CREATE TEMP TABLE t ()") for role in KEYRING_ROLES[1:]),
]


@pytest.mark.parametrize(("role", "statement"), FORBIDDEN)
def test_the_warehouse_refuses(databases: Databases, role: str, statement: str) -> None:
    engine = databases.warehouse(role)

    with pytest.raises(ConfigurationError), transaction(engine, "try") as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(("role", "statement"), ALLOWED)
def test_the_warehouse_allows(databases: Databases, role: str, statement: str) -> None:
    with transaction(databases.warehouse(role), "try") as connection:
        answer = connection.execute(text(statement))

        assert answer.returns_rows is statement.startswith("SELECT")


@pytest.mark.parametrize(("role", "statement"), KEYRING_FORBIDDEN)
def test_the_keyring_refuses(databases: Databases, role: str, statement: str) -> None:
    engine = databases.keyring(role)

    with pytest.raises(ConfigurationError), transaction(engine, "try") as connection:
        connection.execute(text(statement))


def test_the_exporter_reads_wrapped_keys(databases: Databases) -> None:
    with transaction(databases.keyring(KEYRING_EXPORTER), "try") as connection:
        columns = set(connection.execute(text(KEYS)).keys())

    assert {"handle", "key_id", "wrapped"} <= columns


def test_the_ledger_is_append_only_even_for_its_owner(databases: Databases) -> None:
    engine = databases.warehouse(WAREHOUSE_OWNER)

    for statement in (EDIT_LEDGER, "DELETE FROM ledger.entry", "TRUNCATE ledger.entry"):
        with pytest.raises(CustodyError), transaction(engine, "try") as connection:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    "table", ["review.decision", "destruction.plan_line", "destruction.plan"]
)
def test_what_was_signed_is_append_only_even_for_its_owner(
    databases: Databases, table: str
) -> None:
    engine = databases.warehouse(WAREHOUSE_OWNER)

    for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):  # noqa: S608 - ours
        with pytest.raises(CustodyError), transaction(engine, "try") as connection:
            connection.execute(text(statement))


def test_a_wrong_password_opens_nothing(databases: Databases) -> None:
    """The wheel's own set-up trusts everybody; then this test would connect."""
    url = role_url(databases.warehouse_url, role=WAREHOUSE_LOADER, password="wrong")
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)

    with pytest.raises(psycopg.OperationalError, match="password authentication"):
        psycopg.connect(address)


def test_a_role_of_one_database_does_not_enter_the_other(databases: Databases) -> None:
    password = (databases.server.credentials / KEYRING_LOADER).read_text("utf-8")
    url = role_url(databases.warehouse_url, role=KEYRING_LOADER, password=password)
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)

    with pytest.raises(psycopg.OperationalError, match="rejects connection"):
        psycopg.connect(address)


def test_what_people_see_leaves_no_samples_and_no_wal(databases: Databases) -> None:
    query = (
        "SELECT c.relname, c.relpersistence, a.attstattarget"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE a.attname IN ('name', 'shown') AND c.relkind = 'r'"
        " AND (n.nspname, c.relname) IN"
        " (('projection', 'record'), ('intake', 'staged_projection'))"
    )

    with transaction(databases.warehouse(WAREHOUSE_OWNER), "look") as connection:
        found = [tuple(row) for row in connection.execute(text(query))]

    assert len(found) == 4
    assert {(kind, target) for _, kind, target in found} == {("u", 0)}
