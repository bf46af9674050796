"""One connection a role is kept, by one process alone, and healed when it died."""

import os

from sqlalchemy import Engine, text

from custody.adapters.database import connect_engine, transaction
from custody.adapters.embedded.provision import connect_superuser
from custody.adapters.keyring.exclusive import PostgresExclusion
from custody.adapters.roles import KEYRING_DESTROYER, WAREHOUSE_LOADER
from tests.integration.conftest import Databases

_BACKEND = text("SELECT pg_backend_pid()")


def _backend(engine: Engine) -> int:
    with transaction(engine, "ask") as connection:
        return int(connection.execute(_BACKEND).scalar_one())


def test_the_next_transaction_has_the_same_connection(databases: Databases) -> None:
    engine = databases.warehouse(WAREHOUSE_LOADER)

    assert _backend(engine) == _backend(engine)


def test_a_forked_child_has_a_connection_of_its_own(databases: Databases) -> None:
    engine = databases.warehouse(WAREHOUSE_LOADER)
    parents = _backend(engine)
    reader, writer = os.pipe()

    child = os.fork()
    if child == 0:
        os.write(writer, str(_backend(engine)).encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert int(os.read(reader, 32)) != parents
    assert _backend(engine) == parents


def test_a_connection_that_died_is_replaced(databases: Databases) -> None:
    engine = databases.warehouse(WAREHOUSE_LOADER)
    died = _backend(engine)
    server = databases.server
    with connect_superuser(databases.warehouse_url, server.credentials) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", [died])

    assert _backend(engine) != died


def test_a_lock_of_a_session_is_not_kept_with_its_connection(
    databases: Databases,
) -> None:
    engine = databases.keyring(KEYRING_DESTROYER)
    with PostgresExclusion(engine)():
        pass

    with PostgresExclusion(databases.hasty_keyring(KEYRING_DESTROYER))():
        assert _backend(engine)


def test_each_engine_keeps_two_connections_at_most(databases: Databases) -> None:
    engine = connect_engine(
        databases.warehouse_url,
        role=WAREHOUSE_LOADER,
        password=(databases.server.credentials / WAREHOUSE_LOADER)
        .read_text("utf-8")
        .strip(),
    )
    with engine.connect(), engine.connect(), engine.connect():
        pass

    assert engine.pool.checkedin() == 2  # type: ignore[attr-defined]
    engine.dispose()
