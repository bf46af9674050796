"""How the warehouse database gets its tables."""

from pathlib import Path

from sqlalchemy import Engine

from custody.adapters.migrating import Migrations, migrate

MIGRATIONS = Migrations(
    location=Path(__file__).parent / "migrations",
    schemas=(
        *("intake", "register", "projection", "ledger", "retention", "review"),
        *("destruction", "drill"),
    ),
    version_table="custody_warehouse_version",
)


def migrate_warehouse(engine: Engine) -> None:
    """Bring the warehouse to the newest schema; `engine` is `custody_owner`'s."""
    migrate(engine, MIGRATIONS.location)
