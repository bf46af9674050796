"""**Ledger copy** 台账异地留存：new ledger entries and a signed head go off-site.

**What it does.** Twice a day: the entries since the last copy are verified, go on
from the head that lies on each medium, and are written there with a new signed head,
locked for three years. The hourly sweep turns red when an entry is a day old and is
missing on a medium.
每日两次核验新的台账条目，连同签名的台账头写到每个异地介质；超过一天未留存即告警。

**Running it again.** At any time; nothing new writes nothing.

**Dangers.** A ledger that is shorter than its copy, or another one, fails the task:
do not delete the copy; it is the evidence.
"""

import datetime as dt

from airflow.sdk import DAG, task

from custody.orchestration.conf import refuse_conf
from custody.orchestration.furniture import RETRIES, retry_the_world, tell_of_fault
from custody.orchestration.told import value_free

COPY_TIMEOUT = dt.timedelta(hours=2)


@task(show_return_value_in_logs=False)
@value_free
def copy_ledger() -> dict[str, int]:
    """Copy; return the lines that lie on each medium."""
    from custody.bootstrap import open_custody

    refuse_conf()
    return open_custody().copy_ledger()


with DAG(
    "ledger_copy",
    doc_md=__doc__,
    schedule="20 3,15 * * *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=COPY_TIMEOUT,
    tags=["ledger", "owner:security"],
    default_args={
        "owner": "security",
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": COPY_TIMEOUT,
        "on_failure_callback": tell_of_fault,
    },
):
    copy_ledger()
