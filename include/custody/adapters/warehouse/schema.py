"""How the warehouse database gets its tables."""

from pathlib import Path

from sqlalchemy import Engine

from custody.adapters.migrating import migrate

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate_warehouse(engine: Engine) -> None:
    """Bring the warehouse to the newest schema; `engine` is `custody_owner`'s."""
    migrate(engine, MIGRATIONS)
