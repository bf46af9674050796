"""Airflow's furniture that the DAG files share: schedule, retries, pools, callbacks.

Imported whenever a DAG file is parsed, so nothing here is heavy and nothing
reaches a database or a network.
"""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import (
    CronPartitionTimetable,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    get_current_context,
)

from custody.adapters.config import read_settings
from custody.adapters.notifiers import open_notifier
from custody.adapters.policy import load_policy
from custody.domain.error_words import kind_in_words
from custody.domain.policy import Policy
from custody.orchestration.told import value_free

SEAL_POOL = "custody_seal"
LOAD_POOL = "custody_load"
POOLS = (
    (SEAL_POOL, 2, "Sealing: each task keeps the cores busy."),
    (LOAD_POOL, 4, "Loading: each task holds a transaction in the register."),
)
"""Name, slots and purpose of each pool."""

DESTROYER_QUEUE = "destruction"
"""Served by the one worker that holds the destroyer's credentials."""

BACKUP_QUEUE = "backup"
"""Served by a worker that reads everything and can open nothing."""

DRILL_QUEUE = "drill"
"""Served by the one worker that holds the restore drill's key."""

RETRIES = 3
RETRY_DELAY = dt.timedelta(seconds=20)
EPOCH_DELAY = dt.timedelta(minutes=5)
"""Reindexing takes minutes, and nobody loads or decides a row meanwhile."""
MAX_ACTIVE_RUNS = 4
PARTITION_KEY_FORMAT = "%Y-%m-%d"


def delivery_days(time_zone: ZoneInfo) -> CronPartitionTimetable:
    """Return the daily schedule: at each midnight, the day that has just ended.

    The partition key is the business date of a delivery, in policy's time zone;
    days before can be backfilled, and a further run of a day started at any time.
    """
    return CronPartitionTimetable(
        "0 0 * * *",
        timezone=str(time_zone),
        run_offset=-1,
        key_format=PARTITION_KEY_FORMAT,
    )


def retry_the_world() -> ExceptionRetryPolicy:
    """Retry what may pass by itself; data that is wrong stays wrong."""
    return ExceptionRetryPolicy(
        rules=[
            RetryRule(
                exception="custody.errors.WorldError",
                action=RetryAction.RETRY,
                retry_delay=RETRY_DELAY,
                reason="the world failed; the step may be repeated",
            ),
            RetryRule(
                exception="custody.errors.ConflictError",
                action=RetryAction.RETRY,
                retry_delay=RETRY_DELAY,
                reason="another run holds this delivery",
            ),
            RetryRule(
                exception="custody.errors.EpochClosedError",
                action=RetryAction.RETRY,
                retry_delay=EPOCH_DELAY,
                reason="a later attempt finds the open epoch, and no other",
            ),
            RetryRule(
                exception="builtins.Exception",
                action=RetryAction.FAIL,
                reason="a repetition would fail again; people must look",
            ),
        ],
    )


def approved_policy() -> Policy:
    """Return the policy in force; light enough for every parse of a DAG file."""
    return load_policy(*read_settings().policy_dirs)


def current_business_date() -> dt.date | None:
    """Return the date the current run is for; None, all dates, without a key."""
    key = get_current_context()["dag_run"].partition_key
    return None if key is None else dt.date.fromisoformat(key)


def hand_on(key: str, values: Sequence[str]) -> None:
    """Keep ids for a later task under a name of their own."""
    get_current_context()["ti"].xcom_push(key, list(values))


@value_free
def tell_of_fault(context: Mapping[str, Any]) -> None:
    """Notify people of a red task: its names and the kind of error, never its text."""
    instance = context["ti"]
    error = kind_in_words(type(context.get("exception")).__name__)
    place = f"{instance.dag_id} {instance.task_id} [{instance.map_index}]"
    logging.getLogger(__name__).info("telling people that %s failed", place)
    open_notifier(read_settings()).notify(
        f"任务故障 task failed: {instance.dag_id}",
        f"{place}\n{instance.run_id}\n{error.zh}\n{error.en}",
    )
