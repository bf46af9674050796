"""**Escrow removal** 托管清除：the last copies of destroyed keys leave the media.

**What it does.** Every night: escrows of destroyed epochs whose lock has run out leave
each medium on which a full set of the survivors was read back; then every destruction
without a closing certificate is looked at again, and closed when nothing is left.
每夜移除锁定期满的已销毁纪元密钥托管（该介质须有可读回的全量备份），
再逐一查看尚未终结的销毁；各介质均已不见托管时签发终结记录。

**Running it again.** At any time; what is gone is not removed twice, and a destruction
is closed once.

**Dangers.** Removing an escrow is final. It goes only when its key is destroyed at the
provider and all survivors lie on that very medium.
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

REMOVAL_TIMEOUT = dt.timedelta(hours=6)


@task(show_return_value_in_logs=False)
@value_free
def remove_expired_escrows() -> dict[str, int]:
    """Remove; return how many versions left each medium."""
    from custody.bootstrap import open_custody

    refuse_conf()
    return open_custody().remove_escrows()


@task(show_return_value_in_logs=False)
@value_free
def close_destructions() -> dict[str, list[str]]:
    """Close; return why each destruction that is still open is so, by its plan."""
    from custody.bootstrap import open_custody

    refuse_conf()
    return {
        one.plan: list(map(str, one.reasons))
        for one in open_custody().close_destructions()
    }


with DAG(
    "escrow_removal",
    doc_md=__doc__,
    schedule="50 4 * * *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=REMOVAL_TIMEOUT,
    tags=["destruction", "owner:security"],
    default_args={
        "owner": "security",
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": REMOVAL_TIMEOUT,
        "on_failure_callback": tell_of_fault,
        "queue": DESTROYER_QUEUE,
    },
):
    remove_expired_escrows() >> close_destructions()
