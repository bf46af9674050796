"""**Retention** 保存期限：customers' levels go where time, events and holds lead.

**What it does.** Every night: who became due, or is due no more, is moved; the data
keys of customers whose use has ended move to the restricted epoch of their level, which
the destroyer alone may open, and come back when the event was withdrawn; what may be
shown again is shown. The ledger counts the moves and names nobody. Nothing is
destroyed here: who is due waits for an approved plan.
每夜：按时间、事件与法定保留变更客户状态；终止使用者的数据密钥移入受限纪元，撤回者移回；不销毁任何数据。

**Running it again.** At any time; a second run finds everybody where they belong.

**Dangers.** None: keys are wrapped anew and verified before a batch commits. It is
tried again while a rekey or a destruction is running. Restriction is complete when the
live epoch that the keys left is next destroyed: `custody retention status` tells.
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

RETENTION_TIMEOUT = dt.timedelta(hours=6)


@task(show_return_value_in_logs=False, queue=DESTROYER_QUEUE)
@value_free
def follow_states() -> dict[str, int]:
    """Move whose day has come; return how many levels, by move."""
    from custody.bootstrap import open_custody

    refuse_conf()
    return dict(open_custody().follow_states())


@task(show_return_value_in_logs=False, queue=DESTROYER_QUEUE)
@value_free
def restrict_keys() -> dict[str, int]:
    """Restrict the keys of who ended, bring others' back; return how many levels."""
    from custody.bootstrap import open_custody

    return dict(open_custody().restrict_customers())


@task(show_return_value_in_logs=False, queue=DESTROYER_QUEUE)
@value_free
def judge_restricted() -> dict[str, int]:
    """Move who was restricted just now and is due already."""
    from custody.bootstrap import open_custody

    return dict(open_custody().follow_states())


@task(show_return_value_in_logs=False)
@value_free
def show_again() -> int:
    """Show what is in use and is not shown; return how many records."""
    from custody.bootstrap import open_custody

    return open_custody().rebuild_projection()


with DAG(
    "retention",
    doc_md=__doc__,
    schedule="10 1 * * *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=RETENTION_TIMEOUT,
    tags=["retention", "owner:security"],
    default_args={
        "owner": "security",
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": RETENTION_TIMEOUT,
        "on_failure_callback": tell_of_fault,
    },
):
    follow_states() >> restrict_keys() >> judge_restricted() >> show_again()
