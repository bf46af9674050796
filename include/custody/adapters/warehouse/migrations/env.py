"""Alembic's environment of the warehouse database."""

from custody.adapters.migrating import run_in_environment

run_in_environment("custody_warehouse_version")
