"""**Key sweep** 密钥清扫：deletes data keys that no record claims.

**What it does.** Every night: data keys older than 24 hours whose record is neither
in staging nor in the register are deleted; they are left by runs that were killed,
by deliveries that were refused, and by sealing again. The ledger tells how many.
每夜删除超过 24 小时且无记录的数据密钥，数量记入台账。
Beside it the suppression tokens of the destroyed go after their last day (policy:
`suppression`). 到期的抑制标记同时删除。

**Running it again.** At any time; a second run finds nothing.

**Dangers.** Deleting a key is final. A load in flight keeps its keys, however long
it takes.
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

SWEEP_TIMEOUT = dt.timedelta(hours=2)


@task(show_return_value_in_logs=False)
@value_free
def sweep_unclaimed_keys() -> int:
    """Delete them; return how many."""
    from custody.bootstrap import open_custody

    refuse_conf()
    return open_custody().sweep_keys()


@task(show_return_value_in_logs=False, queue=DESTROYER_QUEUE)
@value_free
def expire_suppression_tokens() -> int:
    """Delete the marks of the destroyed that have stood long enough; return how many.

    As the destroyer: whoever could delete a mark early could bring somebody back.
    """
    from custody.bootstrap import open_custody

    refuse_conf()
    return open_custody().expire_suppressions()


with DAG(
    "key_sweep",
    doc_md=__doc__,
    schedule="35 2 * * *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=SWEEP_TIMEOUT,
    tags=["keys", "owner:security"],
    default_args={
        "owner": "security",
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": SWEEP_TIMEOUT,
        "on_failure_callback": tell_of_fault,
    },
):
    sweep_unclaimed_keys()
    expire_suppression_tokens()
