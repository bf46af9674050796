"""Alembic's environment of the keyring database."""

from custody.adapters.migrating import run_in_environment

run_in_environment("custody_keyring_version")
