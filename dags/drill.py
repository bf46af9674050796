"""**Restore drill** 恢复演练：what a restore needs is read, on every medium.

**What it does.** Every month, without any secret: the ledger of each medium is
verified, the page that tells how to restore by hand is there, every living epoch has
its escrow, the newest full set and each delivery after it read back byte for byte.
每月无人值守：核验各介质上的台账、手工恢复说明、在用纪元的密钥托管、最新全量备份及其后的每个批次。

**Running it again.** At any time; each run is told in the ledger, passed or not.

**Dangers.** None: it reads. That a set opens, an attended drill shows, once a quarter:
`custody restore --drill` with two cards. `custody status` tells how long either is ago.
"""

import datetime as dt

from airflow.sdk import DAG, task

from custody.orchestration.conf import refuse_conf
from custody.orchestration.furniture import RETRIES, retry_the_world, tell_of_fault
from custody.orchestration.told import value_free

DRILL_TIMEOUT = dt.timedelta(hours=12)


@task(show_return_value_in_logs=False)
@value_free
def run_structural_drill() -> None:
    """Look at every medium; a fault fails the task and is told in the ledger."""
    from custody.bootstrap import open_custody

    refuse_conf()
    open_custody().drill()


with DAG(
    "drill",
    doc_md=__doc__,
    schedule="30 5 3 * *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=DRILL_TIMEOUT,
    tags=["backup", "owner:security"],
    default_args={
        "owner": "security",
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": DRILL_TIMEOUT,
        "on_failure_callback": tell_of_fault,
    },
):
    run_structural_drill()
