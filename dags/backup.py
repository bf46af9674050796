"""**Backup** 异地备份：a full set of the register on every off-site medium.

**What it does.** On the first of every month, on a plain cron, and whenever it is
started by hand: one consistent snapshot of both databases, read by an identity that
can open nothing; every sealed value with its wrapped key, and every table without
personal data, age-encrypted to each medium's own recipient, written, read back and
compared; what was loaded is reconciled with the roots in the ledger; the ledger goes
off-site; the signed manifest comes last. Then the ledger's line that tells of the set
follows, in a task of its own: from then on a restore takes this set. Intake days that
are not complete are named in the manifest and in the ledger, and nobody waits for them.
每月一日或手动：取一致快照，加密写入每个异地介质，逐一读回比对，与台账根核对，最后写签名清单；记载该备份集的台账行随后由另一任务写到异地，此后恢复即可用它；未齐备的接收日被记名，不等待。

**Running it again.** At any time: it writes a new set. A run that was killed leaves
objects without a manifest, which are no set; they go when their lock has run out.

**Dangers.** It waits for a rekey or a destruction that is running, and they for it. A
medium that fails stops no other, and turns the run red: mend the medium, run it again.
A register that contradicts the ledger is not backed up: find out why first.
"""

import datetime as dt

from airflow.sdk import DAG, task

from custody.orchestration.conf import refuse_conf
from custody.orchestration.furniture import (
    BACKUP_QUEUE,
    RETRIES,
    retry_the_world,
    tell_of_fault,
)
from custody.orchestration.told import value_free

BACKUP_TIMEOUT = dt.timedelta(hours=12)


@task(show_return_value_in_logs=False)
@value_free
def write_backup_set() -> str:
    """Write a set to every medium; return its name."""
    from custody.bootstrap import open_custody

    refuse_conf()
    return open_custody().back_up.everywhere()


@task(show_return_value_in_logs=False)
@value_free
def copy_ledger() -> dict[str, int]:
    """Bring the line that tells of the set to every medium; return lines there."""
    from custody.bootstrap import open_custody

    return open_custody().copy_backup_ledger()


with DAG(
    "backup",
    doc_md=__doc__,
    schedule="30 2 1 * *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=BACKUP_TIMEOUT,
    tags=["backup", "owner:security"],
    default_args={
        "owner": "security",
        "queue": BACKUP_QUEUE,
        "retries": RETRIES,
        "retry_policy": retry_the_world(),
        "execution_timeout": BACKUP_TIMEOUT,
        "on_failure_callback": tell_of_fault,
    },
):
    write_backup_set() >> copy_ledger()
