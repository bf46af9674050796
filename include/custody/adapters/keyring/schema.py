"""How the keyring database gets its tables."""

from pathlib import Path

from sqlalchemy import Engine

from custody.adapters.migrating import migrate

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate_keyring(engine: Engine) -> None:
    """Bring the keyring to the newest schema; `engine` is `keyring_owner`'s."""
    migrate(engine, MIGRATIONS)
