"""**Watch** 守望：figures of backups, drills and destructions, and their alarms.

**What it does.** Every day: tells Airflow's metrics (StatsD or OpenTelemetry) how many
days ago the last structural and the last attended drill passed, the newest backup of
each medium was made and its newest ledger head is of, how many living epochs lack an
escrow there, how many customers are due and overdue, and how many alarms stand.
An alarm turns the run red and is told to people: a structural drill longer ago than
35 days, an attended one than 100, a backup than 35, a living epoch without escrow, a
ledger line of more than a day that is not there, customers due for more than 35 days,
a medium at which nobody could look.
每日：将演练、备份、台账头的天数，缺失的托管数，到期与超期未销毁的客户数作为指标发布；
超过上限、有缺失或介质无法查看时告警，运行变红并通知相关人员。

**Running it again.** At any time.

**Dangers.** None: it reads, and opens nothing. `custody watch` tells the same by hand.
"""

import datetime as dt

from airflow.sdk import DAG, task

from custody.orchestration.conf import refuse_conf
from custody.orchestration.furniture import RETRIES, retry_the_world, tell_of_fault
from custody.orchestration.told import value_free

WATCH_TIMEOUT = dt.timedelta(hours=1)


@task(show_return_value_in_logs=False)
@value_free
def publish_figures() -> int:
    """Look, publish, insist; return how many figures there were."""
    from custody.bootstrap import open_custody
    from custody.orchestration.figures import publish

    refuse_conf()
    return open_custody().watch.insist(publish)


with DAG(
    "watch",
    doc_md=__doc__,
    schedule="20 6 * * *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=WATCH_TIMEOUT,
    tags=["backup", "owner:security"],
    default_args={
        "owner": "security",
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": WATCH_TIMEOUT,
        "on_failure_callback": tell_of_fault,
    },
):
    publish_figures()
