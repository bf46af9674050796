"""How the keyring database gets its tables."""

from pathlib import Path

from sqlalchemy import Engine

from custody.adapters.migrating import Migrations, migrate

MIGRATIONS = Migrations(
    location=Path(__file__).parent / "migrations",
    schemas=("keyring",),
    version_table="custody_keyring_version",
)


def migrate_keyring(engine: Engine) -> None:
    """Bring the keyring to the newest schema; `engine` is `keyring_owner`'s."""
    migrate(engine, MIGRATIONS.location)
