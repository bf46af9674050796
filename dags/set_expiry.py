"""**Set expiry** 备份集到期：sets that policy keeps no longer leave the media.

**What it does.** On the second of every month, the day after the backup: sets whose
lock has run out leave each medium, and what killed backups left there; never one of
the newest (`keep_at_least`), and nothing at all from a medium whose newest set does not
read back whole, or whose listing came back empty or not whole.
每月二日：移除锁定期满、策略不再保留的备份集及中断备份的残留；最新若干份永不移除，
列表为空或不完整、最新一份不可完整读回时一律不动。

**Running it again.** At any time; what is gone is not removed twice.

**Dangers.** Removing is final. Red: look at that medium (`custody backup verify`)
before anything else.
"""

import datetime as dt

from airflow.sdk import DAG, task

from custody.orchestration.conf import refuse_conf
from custody.orchestration.furniture import (
    DESTROYER_QUEUE,
    RETRIES,
    retry_the_world,
    tell_of_fault,
)
from custody.orchestration.told import value_free

EXPIRY_TIMEOUT = dt.timedelta(hours=6)


@task(show_return_value_in_logs=False)
@value_free
def expire_sets() -> dict[str, int]:
    """Remove; return how many versions left each medium."""
    from custody.bootstrap import open_custody

    refuse_conf()
    return open_custody().expire_sets()


with DAG(
    "set_expiry",
    doc_md=__doc__,
    schedule="30 14 2 * *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=EXPIRY_TIMEOUT,
    tags=["backup", "owner:security"],
    default_args={
        "owner": "security",
        "queue": DESTROYER_QUEUE,
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": EXPIRY_TIMEOUT,
        "on_failure_callback": tell_of_fault,
    },
):
    expire_sets()
