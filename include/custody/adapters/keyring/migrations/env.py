"""Alembic's environment of the keyring database."""

from custody.adapters.keyring.schema import MIGRATIONS
from custody.adapters.migrating import run_in_environment

run_in_environment(MIGRATIONS.version_table)
