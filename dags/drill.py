"""**Restore drill** 恢复演练：each medium is restored aside, and nothing is opened.

**What it does.** Every month: one control customer is destroyed, one comes, and the
others move to a new epoch, as a destruction does it. Then each medium is looked at:
its ledger is verified, the page that tells how to restore by hand is there, every
living epoch has its escrow, the newest full set and each delivery after it read back
byte for byte and are restored into a PostgreSQL of the moment, by rows, roots and
keys; credentials of production must be refused there and on the media, and the
reverse; with a key that opens nobody else, controls who live open, and the destroyed
do not.
每月无人值守：先销毁一个对照客户、新增一个；核验各介质上的台账、手工恢复说明、
在用纪元的密钥托管、最新全量备份及其后的每个批次；恢复到一次性 PostgreSQL，
比对行数、根与密钥；
两侧凭据须互相拒绝。

**Running it again.** At any time; each run is told in the ledger, passed or not, and
one more control customer is destroyed.

**Dangers.** None: it reads; it needs room for the register once. That a set opens, an
attended drill shows, once a quarter: `custody restore --drill` with two cards.
`custody status` tells how long either is ago.
"""

import datetime as dt

from airflow.sdk import DAG, task

from custody.orchestration.conf import refuse_conf
from custody.orchestration.furniture import (
    DESTROYER_QUEUE,
    DRILL_QUEUE,
    RETRIES,
    retry_the_world,
    tell_of_fault,
)
from custody.orchestration.told import value_free

DRILL_TIMEOUT = dt.timedelta(hours=12)


@task(show_return_value_in_logs=False, queue=DESTROYER_QUEUE)
@value_free
def plant_control_customers() -> str:
    """Let one be destroyed and one come; return the epoch under which they are."""
    from custody.bootstrap import open_custody

    refuse_conf()
    return str(open_custody().plant_controls())


@task(show_return_value_in_logs=False)
@value_free
def run_structural_drill() -> None:
    """Look at every medium, and restore it aside; a fault is told in the ledger."""
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
        "queue": DRILL_QUEUE,
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": DRILL_TIMEOUT,
        "on_failure_callback": tell_of_fault,
    },
):
    plant_control_customers() >> run_structural_drill()
