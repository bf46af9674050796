"""**Rekey** 换密：moves data keys and index tokens to new epochs; the old ones end.

**What it does.** Once a year, and whenever it is started by hand, as it is after a
wrapping key may have been seen: each epoch that was open when the run was made is
succeeded (key, escrow on every medium, read back), its data keys are wrapped under the
successor and verified batch by batch, all survivors are verified once more, and the old
epoch's key is destroyed at its provider. Then index tokens move to a new index key, and
the old one ends likewise. Sealed values stay as they are. Progress is the count of keys
in the task log. The ledger tells of each epoch that ends.
每年一次或手动触发：新建密钥纪元并异地托管，逐批重新包裹数据密钥并校验，最后销毁旧纪元密钥；
索引标记随后迁移至新索引密钥；加密数据不变。

**Running it again.** At any time, and any task of it: each asks the keyring what is
under way and goes on from there.

**Dangers.** The last task destroys wrapping keys for good. It refuses while a single
data key is left under them, a survivor does not verify, or a medium lacks the escrow of
a successor. Older backups open by the old escrows until those are removed. It waits for
whoever seals, up to ten minutes, and for a destruction or restriction that is running.
While index tokens move, loads and decisions on rows are refused and tried again.
"""

import datetime as dt

from airflow.sdk import DAG, get_current_context, task

from custody.orchestration.conf import refuse_conf
from custody.orchestration.furniture import (
    DESTROYER_QUEUE,
    RETRIES,
    retry_the_world,
    tell_of_fault,
)
from custody.orchestration.told import value_free

REKEY_TIMEOUT = dt.timedelta(hours=12)


@task(show_return_value_in_logs=False)
@value_free
def succeed_epochs() -> list[str]:
    """Close what was open when the run was made; return the successors' names."""
    from custody.bootstrap import open_custody

    refuse_conf()
    made = get_current_context()["dag_run"].run_after
    return [str(one) for one in open_custody().rotate_epochs.succeed(before=made)]


@task(show_return_value_in_logs=False)
@value_free
def rewrap_data_keys() -> int:
    """Move the keys of every epoch that closes; return how many moved."""
    from custody.bootstrap import open_custody

    return open_custody().rotate_epochs.rewrap()


@task(show_return_value_in_logs=False)
@value_free
def verify_survivors() -> int:
    """Verify every key under the successors; return how many."""
    from custody.bootstrap import open_custody

    return open_custody().rotate_epochs.verify()


@task(show_return_value_in_logs=False)
@value_free
def end_epochs() -> list[str]:
    """Destroy the old wrapping keys; return the names of the epochs that ended."""
    from custody.bootstrap import open_custody

    return [str(one.epoch) for one in open_custody().rotate_epochs.end()]


@task(show_return_value_in_logs=False)
@value_free
def rotate_index() -> int:
    """Move the tokens of the index epoch that was open when the run was made."""
    from custody.bootstrap import open_custody

    made = get_current_context()["dag_run"].run_after
    ended = open_custody().rotate_index(before=made)
    return 0 if ended is None else ended.tokens


with DAG(
    "rekey",
    doc_md=__doc__,
    schedule="15 1 5 1 *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=REKEY_TIMEOUT,
    tags=["keys", "owner:security"],
    default_args={
        "owner": "security",
        "queue": DESTROYER_QUEUE,
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": REKEY_TIMEOUT,
        "on_failure_callback": tell_of_fault,
    },
):
    (
        succeed_epochs()
        >> rewrap_data_keys()
        >> verify_survivors()
        >> end_epochs()
        >> rotate_index()
    )
