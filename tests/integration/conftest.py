"""A real PostgreSQL for the tests: one cluster a worker, fresh databases a module."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy import Engine

from custody.adapters.database import RoleEngines, connect_engine, read_password
from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.adapters.embedded.provision import connect_superuser, ensure_database
from custody.adapters.roles import (
    DATABASES,
    KEYRING_DATABASE,
    WAREHOUSE_DATABASE,
    WAREHOUSE_OWNER,
)
from custody.adapters.warehouse.index_epochs import PostgresIndexEpochs
from tests.builders.installation import EXPECTATIONS, Installation, install
from tests.builders.servers import without_fsync


@dataclass(frozen=True, slots=True)
class Databases:
    """A fresh warehouse and keyring, and the way to each as a role."""

    server: EmbeddedPostgres
    warehouse_url: str
    keyring_url: str
    engines: RoleEngines

    def warehouse(self, role: str) -> Engine:
        """Return an engine on the warehouse as a role."""
        return self.engines(self.warehouse_url, role)

    def install(
        self,
        home: Path,
        *,
        overlays: Sequence[str | Path] = (),
        expectations: Path = EXPECTATIONS,
    ) -> Installation:
        """Install Custody over them; `overlays` and `expectations` as of `describe`."""
        return install(
            home,
            warehouse_url=self.warehouse_url,
            keyring_url=self.keyring_url,
            credentials=self.server.credentials,
            overlays=overlays,
            expectations=expectations,
        )

    def hasty_keyring(self, role: str) -> Engine:
        """Return an engine on the keyring that waits for no lock."""
        return connect_engine(
            self.keyring_url,
            role=role,
            password=read_password(self.server.credentials, role),
            lock_timeout_seconds=1,
        )

    def keyring(self, role: str) -> Engine:
        """Return an engine on the keyring as a role."""
        return self.engines(self.keyring_url, role)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """Run an embedded server for this test process, and remove it after.

    Not under pytest's own temporary folder: pytest closes that to the server's
    account.  The server is set up with `wal_compression = off`, so that a search
    for planted values sees the WAL as it is.
    """
    folder = Path(tempfile.mkdtemp(prefix="custody-test-"))
    server = EmbeddedPostgres(folder / "postgres", folder / "credentials")
    try:
        server.start()
        without_fsync(server)
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def databases(
    postgres: EmbeddedPostgres, request: pytest.FixtureRequest
) -> Iterator[Databases]:
    """Give a test module its own migrated databases, copied from the server's."""
    with databases_of(postgres, request.module.__name__) as made:
        yield made


@contextmanager
def databases_of(postgres: EmbeddedPostgres, whose: str) -> Iterator[Databases]:
    """Make migrated databases, copied from the server's, and drop them after."""
    module = re.sub(r"[^a-z0-9]+", "_", whose.lower())[-30:]
    names = {
        template: f"{template}_{module}"
        for template in (WAREHOUSE_DATABASE, KEYRING_DATABASE)
    }
    url = postgres.database_url("postgres")
    with connect_superuser(url, postgres.credentials) as connection:
        for template, name in names.items():
            ensure_database(
                connection, name, roles=DATABASES[template], template=template
            )
    made = Databases(
        postgres,
        postgres.database_url(names[WAREHOUSE_DATABASE]),
        postgres.database_url(names[KEYRING_DATABASE]),
        RoleEngines(postgres.credentials),
    )
    PostgresIndexEpochs(made.warehouse(WAREHOUSE_OWNER)).add(1)
    yield made
    made.engines.dispose()
    with connect_superuser(url, postgres.credentials) as connection:
        for name in names.values():
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )
