"""Prepares Airflow's database: tables, roles from policy, users, pools.

Run as a module by the embedded stack, in a process of its own; repeatable.
"""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow.models.pool import Pool
from airflow.providers.fab.auth_manager.cli_commands.utils import (
    get_application_builder,
)
from airflow.utils import db
from airflow.utils.session import create_session
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from werkzeug.security import check_password_hash

from custody.adapters.config import read_settings
from custody.adapters.embedded.airflow import LOGINS, TRIGGER_LOGIN
from custody.adapters.policy import load_policy
from custody.orchestration.furniture import POOLS
from custody.orchestration.roles import Grant, grants

SERVER_TIMEOUT_SECONDS = 90
_STOCK_ROLES = ("Public", "Viewer", "User", "Op")
_TRIGGER_WORDS = ("dags.read", "runs.read", "runs.trigger")


def prepare(home: Path) -> None:
    """Bring the database of the Airflow in `home` up to date."""
    await_server()
    db.initdb()
    add_pools()
    policy = load_policy(*read_settings().policy_dirs)
    roles = {
        **{name: grants(name, words) for name, words in policy.roles},
        TRIGGER_LOGIN[1]: grants(TRIGGER_LOGIN[1], _TRIGGER_WORDS),
    }
    logins = json.loads((home / "logins.json").read_text(encoding="utf-8"))
    trigger = json.loads((home / "trigger.json").read_text(encoding="utf-8"))
    with get_application_builder() as builder:
        write_roles(builder.sm, roles)
        for name, role in LOGINS:
            write_user(builder.sm, name, role, logins[name])
        write_user(builder.sm, *TRIGGER_LOGIN, trigger["password"])


def await_server() -> None:
    """Wait until the database accepts connections."""
    deadline = time.monotonic() + SERVER_TIMEOUT_SECONDS
    while True:
        try:
            with create_session() as session:
                session.execute(text("SELECT 1"))
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def add_pools() -> None:
    """Make or resize the pools of the intake."""
    for name, slots, description in POOLS:
        Pool.create_or_update_pool(
            name, slots=slots, description=description, include_deferred=False
        )


def write_roles(manager: Any, roles: dict[str, tuple[Grant, ...]]) -> None:  # noqa: ANN401 - untyped library
    """Make each role hold exactly its grants, and the stock ones none but Admin."""
    manager.sync_roles()
    for name in _STOCK_ROLES:
        _hold_exactly(manager, name, ())
    for name, wanted in roles.items():
        manager.add_role(name)
        _hold_exactly(manager, name, wanted)


def write_user(manager: Any, name: str, role: str, password: str) -> None:  # noqa: ANN401 - untyped library
    """Make a user with this one role and password; the password is stored hashed."""
    found = manager.find_user(username=name)
    if found is None:
        found = manager.add_user(
            name,
            first_name=name,
            last_name="custody",
            email=f"{name}@custody.invalid",
            role=manager.find_role(role),
            password=password,
        )
    if not check_password_hash(found.password, password):
        manager.reset_password(found.id, password)
    if [held.name for held in found.roles] != [role]:
        found.roles = [manager.find_role(role)]
        manager.update_user(found)


def _hold_exactly(manager: Any, name: str, wanted: Sequence[Grant]) -> None:  # noqa: ANN401 - untyped library
    role = manager.find_role(name)
    role.permissions = [
        manager.create_permission(action, resource) for action, resource in wanted
    ]
    manager.session.merge(role)
    manager.session.commit()


if __name__ == "__main__":
    prepare(Path(os.environ["AIRFLOW_HOME"]))
