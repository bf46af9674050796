"""Alembic's environment of the warehouse database."""

from custody.adapters.migrating import run_in_environment
from custody.adapters.warehouse.schema import MIGRATIONS

run_in_environment(MIGRATIONS.version_table)
