"""Who may do what in Airflow: the words of `access.yaml` as Airflow's grants.

Airflow's stock roles let every user mark a task as done, clear it and edit what
tasks hand over.  Of ours only `admin` may: policy refuses those words for any
other role, and `grants` looks again at what the words became.
"""

from collections.abc import Sequence
from typing import TypeAlias

from airflow.providers.common.compat.security.permissions import (
    RESOURCE_ASSET,
    RESOURCE_ASSET_ALIAS,
)
from airflow.providers.fab.www.security import permissions as fab

from custody.errors import PolicyError

Grant: TypeAlias = tuple[str, str]
"""An action and a resource, as Flask-AppBuilder names them."""

ADMIN = "admin"
STEWARD_PAGES = "Custody"
"""The resource that guards the steward pages."""
DAG_SWITCH = "Custody DAG switch"
"""The resource whose editing lets a DAG be paused; to start a run needs it not."""

_READ = fab.ACTION_CAN_READ
_CREATE = fab.ACTION_CAN_CREATE
_EDIT = fab.ACTION_CAN_EDIT
_DELETE = fab.ACTION_CAN_DELETE
_MENU = fab.ACTION_CAN_ACCESS_MENU


def _reads(*resources: str) -> tuple[Grant, ...]:
    return tuple((_READ, resource) for resource in resources)


def _menus(*resources: str) -> tuple[Grant, ...]:
    return tuple((_MENU, resource) for resource in resources)


_MEND: tuple[Grant, ...] = (
    (_EDIT, fab.RESOURCE_DAG),
    (_EDIT, fab.RESOURCE_DAG_RUN),
    (_EDIT, fab.RESOURCE_TASK_INSTANCE),
)

WORDS: dict[str, tuple[Grant, ...]] = {
    "pages.read": (
        # Airflow's page learns from the list of plugins that ours are there.
        *_reads(fab.RESOURCE_WEBSITE, fab.RESOURCE_PLUGIN, STEWARD_PAGES),
        *_reads(fab.RESOURCE_MY_PASSWORD, fab.RESOURCE_MY_PROFILE),
        (_EDIT, fab.RESOURCE_MY_PASSWORD),
        *_menus(fab.RESOURCE_BROWSE_MENU, STEWARD_PAGES),
    ),
    "dags.read": (
        *_reads(fab.RESOURCE_DAG, fab.RESOURCE_DAG_CODE, fab.RESOURCE_DAG_VERSION),
        *_reads(fab.RESOURCE_DAG_DEPENDENCIES, fab.RESOURCE_DAG_WARNING),
        *_reads(fab.RESOURCE_IMPORT_ERROR, fab.RESOURCE_JOB),
        *_menus(fab.RESOURCE_DAG),
    ),
    # Airflow asks to edit the DAG for both, to pause it and to start a run of it;
    # `auth.py` asks for the switch too before it lets anybody pause.
    "dags.pause": ((_EDIT, fab.RESOURCE_DAG), (_EDIT, DAG_SWITCH)),
    "runs.read": (
        *_reads(fab.RESOURCE_DAG_RUN, fab.RESOURCE_POOL),
        *_menus(fab.RESOURCE_DAG_RUN),
    ),
    "runs.trigger": ((_EDIT, fab.RESOURCE_DAG), (_CREATE, fab.RESOURCE_DAG_RUN)),
    "backfills.read": _reads(fab.RESOURCE_BACKFILL),
    "backfills.write": (
        (_CREATE, fab.RESOURCE_BACKFILL),
        (_EDIT, fab.RESOURCE_BACKFILL),
    ),
    "task_instances.read": (
        *_reads(fab.RESOURCE_DAG_RUN, fab.RESOURCE_TASK_INSTANCE),
        *_reads(fab.RESOURCE_HITL_DETAIL),
    ),
    "task_instances.clear": _MEND,
    "task_instances.mark": _MEND,
    "logs.read": _reads(fab.RESOURCE_TASK_LOG),
    "xcoms.read": (*_reads(fab.RESOURCE_XCOM), *_menus(fab.RESOURCE_XCOM)),
    "xcoms.write": (
        (_CREATE, fab.RESOURCE_XCOM),
        (_EDIT, fab.RESOURCE_XCOM),
        (_DELETE, fab.RESOURCE_XCOM),
    ),
    "assets.read": (
        *_reads(RESOURCE_ASSET, RESOURCE_ASSET_ALIAS),
        *_menus(RESOURCE_ASSET),
    ),
    "approvals.answer": (
        *_reads(fab.RESOURCE_HITL_DETAIL),
        (_EDIT, fab.RESOURCE_HITL_DETAIL),
        *_menus(fab.RESOURCE_HITL_DETAIL),
    ),
    "audit_log.read": (
        *_reads(fab.RESOURCE_AUDIT_LOG, fab.RESOURCE_AUDIT_LOG_ALL),
        *_menus(fab.RESOURCE_AUDIT_LOG),
    ),
    "users.write": tuple(
        (action, resource)
        for action in (_READ, _CREATE, _EDIT, _DELETE)
        for resource in (fab.RESOURCE_USER, fab.RESOURCE_ROLE)
    ),
    "settings.write": tuple(
        (action, resource)
        for action in (_READ, _CREATE, _EDIT, _DELETE, _MENU)
        for resource in (
            fab.RESOURCE_CONNECTION,
            fab.RESOURCE_POOL,
            fab.RESOURCE_VARIABLE,
        )
    ),
}

FORGERIES: frozenset[Grant] = frozenset(
    (action, resource)
    for action in (_CREATE, _EDIT, _DELETE)
    for resource in (fab.RESOURCE_TASK_INSTANCE, fab.RESOURCE_XCOM)
) | {(_EDIT, fab.RESOURCE_DAG_RUN), (_DELETE, fab.RESOURCE_DAG_RUN)}
"""Mark as done, clear, edit or delete progress."""


def grants(role: str, words: Sequence[str]) -> tuple[Grant, ...]:
    """Return what a role of policy may do.

    PolicyError at a word without meaning, and at one that lets any role but
    `admin` forge the progress of a run.
    """
    unknown = sorted(set(words) - WORDS.keys())
    if unknown:
        raise PolicyError("access.yaml", role, f"{unknown[0]}: no such permission")
    held = tuple(dict.fromkeys(grant for word in words for grant in WORDS[word]))
    if role != ADMIN and FORGERIES & set(held):
        raise PolicyError("access.yaml", role, "may not change the progress of runs")
    return held
