"""**Escrow care** 密钥托管照管：every living key can be recovered from every medium.

**What it does.** Every day: the escrow of each living epoch is locked for 35 days from
now on every medium; one that is missing is sealed anew to that medium's recovery key
and told in the ledger; living epochs and escrows are counted. Red when an escrow is
still missing, a medium is not there, or an escrow is locked for longer than 35 days,
which would keep a destruction from becoming final.
每日：将每个有效纪元的托管锁定延长至35天，缺失的重新托管并记入台账，逐介质清点；缺失、介质不在或锁定过长即告警。

**Running it again.** At any time.

**Dangers.** It opens wrapping keys when an escrow is missing, on the destroyer's worker
alone, and never creates one.
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

CARE_TIMEOUT = dt.timedelta(hours=1)


@task(show_return_value_in_logs=False)
@value_free
def care_for_escrows() -> dict[str, int]:
    """Lengthen, renew, count; return how many escrows each medium has."""
    from custody.bootstrap import open_custody

    refuse_conf()
    return open_custody().care_for_escrows.insist()


with DAG(
    "escrow_care",
    doc_md=__doc__,
    schedule="50 0 * * *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=CARE_TIMEOUT,
    tags=["keys", "owner:security"],
    default_args={
        "owner": "security",
        "queue": DESTROYER_QUEUE,
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": CARE_TIMEOUT,
        "on_failure_callback": tell_of_fault,
    },
):
    care_for_escrows()
