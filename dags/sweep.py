"""**Sweep** 巡检：finds deliveries that dropped into folders and buckets.

**What it does.** Every hour: quarantines complete drops of sources that policy does
not approve (R19), starts `intake__<source>` with the partition key for every date
with a delivery waiting, keeps the escrows of living keys locked, and tells people
of a source that is late (`expected_by`), in each sweep of three hours. A living key
that somebody disabled or had deleted at its provider turns the run red.
A step that fails stops no other, and turns the run red at its end.
每小时巡检落地区：隔离未批准来源，触发接收，提醒逾期交付；在用密钥被停用或排期删除时报警。

**Running it again.** At any time; a run that was started already is not started
twice.

**Dangers.** None: it moves no delivery of an approved source itself.
"""

import datetime as dt

from airflow.sdk import DAG, task

from custody.orchestration.conf import refuse_conf
from custody.orchestration.furniture import RETRIES, retry_the_world, tell_of_fault
from custody.orchestration.starting import start_intakes
from custody.orchestration.told import value_free

SWEEP_TIMEOUT = dt.timedelta(minutes=30)


@task(show_return_value_in_logs=False)
@value_free
def start_waiting_intakes() -> int:
    """Quarantine strangers, start a run per waiting date; return how many began."""
    from custody.bootstrap import open_custody

    refuse_conf()
    return start_intakes(open_custody().sweep())


with DAG(
    "sweep",
    doc_md=__doc__,
    schedule="5 * * * *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=SWEEP_TIMEOUT,
    tags=["intake", "owner:security"],
    default_args={
        "owner": "security",
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": SWEEP_TIMEOUT,
        "on_failure_callback": tell_of_fault,
    },
):
    start_waiting_intakes()
