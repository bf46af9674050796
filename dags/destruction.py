"""**Destruction** 销毁：carries out what people have approved, and proves it.

**What it does.** Every day, and whenever it is started by hand: goes on with the run
that is under way, or begins the oldest plan that security has requested and the
executive has approved (`custody retention plan --keep`, `custody sign`). Everything is
verified anew first. Then: intent to the ledger and off-site, customers marked, a sample
opened, suppression, keys and rows deleted, survivors under new epochs and verified, the
projection written anew, old epochs ended, a full set on every medium, the attempt at
recovery that must fail, the certificate, and the ledger off-site once more. Without an
approved plan nothing happens.
On the first of a month the plan of the day is kept, to be signed.
每日或手动：执行已申请并获批准的销毁计划，逐步留痕，最后验证无法恢复、出具销毁记录，并将台账再次写到异地；每月一日生成待签计划。

**Running it again.** At any time, and any task of it: a run is gone on with where it
stands. With a key service the last task waits for days: the next daily run asks again.

**Dangers.** What is condemned cannot be taken back, by nobody. Withdraw before
(`custody sign withdraw`), or set a legal hold. Loads wait while customers are marked,
and while tokens move to a new index key. It waits for a rekey that is running.
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

DESTRUCTION_TIMEOUT = dt.timedelta(hours=12)


@task(show_return_value_in_logs=False)
@value_free
def keep_monthly_plan() -> str:
    """Keep the plan of the first of a month; return its digest, or nothing."""
    from custody.bootstrap import open_custody

    refuse_conf()
    return open_custody().keep_monthly_plan()


@task(show_return_value_in_logs=False)
@value_free
def begin_destruction() -> str:
    """Verify, intend, and bring the intent off-site; return where the run stands."""
    from custody.bootstrap import open_custody
    from custody.domain.destruction import RunState

    return open_custody().carry_out.begin(until=RunState.ANCHORED)


@task(show_return_value_in_logs=False)
@value_free
def delete_customers() -> str:
    """Mark, condemn, sample, suppress, delete keys and rows."""
    from custody.bootstrap import open_custody
    from custody.domain.destruction import RunState

    return open_custody().carry_out.go_on(until=RunState.DELETED)


@task(show_return_value_in_logs=False)
@value_free
def rewrap_survivors() -> str:
    """Move keys and tokens to new epochs, and write the projection anew."""
    from custody.bootstrap import open_custody
    from custody.domain.destruction import RunState

    return open_custody().carry_out.go_on(until=RunState.RESHOWN)


@task(show_return_value_in_logs=False)
@value_free
def end_epochs() -> str:
    """Have the old wrapping keys destroyed at their provider."""
    from custody.bootstrap import open_custody
    from custody.domain.destruction import RunState

    return open_custody().carry_out.go_on(until=RunState.ENDED)


@task(show_return_value_in_logs=False)
@value_free
def write_full_set() -> str:
    """Write every survivor to every medium, and read it back."""
    from custody.bootstrap import open_custody
    from custody.domain.destruction import RunState

    return open_custody().carry_out.go_on(until=RunState.COVERED)


@task(show_return_value_in_logs=False)
@value_free
def certify_destruction() -> str:
    """Attempt the recovery that must fail, look at every copy, certify."""
    from custody.bootstrap import open_custody
    from custody.domain.destruction import RunState

    return open_custody().carry_out.go_on(until=RunState.CERTIFIED)


@task(show_return_value_in_logs=False)
@value_free
def copy_ledger() -> dict[str, int]:
    """Bring what the ledger tells of it to every medium; return lines there."""
    from custody.bootstrap import open_custody

    return open_custody().copy_destroyer_ledger()


with DAG(
    "destruction",
    doc_md=__doc__,
    schedule="40 1 * * *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=DESTRUCTION_TIMEOUT,
    tags=["retention", "owner:security"],
    default_args={
        "owner": "security",
        "queue": DESTROYER_QUEUE,
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": DESTRUCTION_TIMEOUT,
        "on_failure_callback": tell_of_fault,
    },
):
    (
        keep_monthly_plan()
        >> begin_destruction()
        >> delete_customers()
        >> rewrap_survivors()
        >> end_epochs()
        >> write_full_set()
        >> certify_destruction()
        >> copy_ledger()
    )
