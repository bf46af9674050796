"""Alembic without a command line: each database is migrated by its owner role.

A migration that cannot get its lock in a few seconds gives way to the work that
holds it, and one that runs away is stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction

LOCK_TIMEOUT_SECONDS = 5
STATEMENT_TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Migrations:
    """Where a database's migrations are, and everything that they make in it."""

    location: Path
    schemas: Sequence[str]
    version_table: str


def migrate(engine: Engine, location: Path, *, revision: str = "head") -> None:
    """Bring a database to a revision; safe to repeat and to run twice at once.

    `engine` connects as the owner.  ConflictError when its locks are taken.
    """
    with transaction(engine, "migrate") as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(8401)"))
        command.upgrade(_configured(connection, location), revision)


def unmigrate(engine: Engine, location: Path, *, revision: str) -> None:
    """Take a database back to an older revision; its newer tables are lost."""
    with transaction(engine, "migrate back") as connection:
        command.downgrade(_configured(connection, location), revision)


def drop(connection: Connection, migrations: Migrations) -> None:
    """Drop all that the migrations made, whatever it holds.

    A downgrade is no way there: it refuses where what was decided would be lost.
    """
    for schema in migrations.schemas:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
    connection.execute(text(f"DROP TABLE IF EXISTS {migrations.version_table}"))


def run_in_environment(version_table: str) -> None:
    """Run the migrations of the calling `env.py` on the handed connection."""
    connection: Connection = context.config.attributes["connection"]
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'"))
    connection.execute(
        text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT_SECONDS}s'")
    )
    context.configure(connection=connection, version_table=version_table)
    with context.begin_transaction():
        context.run_migrations()


def _configured(connection: Connection, location: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
