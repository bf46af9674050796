"""**Intake** 客户信息接收：one DAG `intake__<source>` per approved source.

**What it does.** Takes each delivery of a business date from the landing zone,
seals it, checks it on facts, loads it into the register, writes it off-site,
reads that back and erases the landed file. 对每个批次交付：验收、加密封存、检查、入库、
异地备份并读回、删除原始文件。

**When.** Each midnight of the policy's time zone for the day that has ended; the
hourly `sweep` and `custody deliver` start further runs of a date as deliveries
arrive. The partition key is the business date, `YYYY-MM-DD`; a run without one
takes all dates.

**Green and red.** A delivery that is held, quarantined or refused is a *green* run
and a notification: people decide, see the validation report. *Red* is a fault of the
world or of the software. 挂起或隔离的交付为绿色并发出通知；红色表示故障。

**Running it again.** Every task may be run twice: what is done already answers
`already`. To repeat a day or a range, start a backfill with
`reprocess_behavior=completed`, or trigger a run with the partition key. One bad
delivery never stops the others: one that could not be judged turns
`report_unjudged` red, and the next hourly sweep tries it again.

**Dangers.** `erase_landed_file` erases for good; it does so only for a delivery
whose off-site object was read back, or that was sealed into quarantine.

**Parameters.** None: a run with a `conf` is refused, for Airflow would keep and show
it. 不接受 conf。 Nothing but delivery ids and outcome words crosses from task to
task.
"""

import datetime as dt

from airflow.sdk import DAG, CronPartitionTimetable, task, task_group

from custody.domain.delivery import DeliveryId
from custody.domain.sources import Source
from custody.orchestration.conf import refuse_conf
from custody.orchestration.furniture import (
    LOAD_POOL,
    MAX_ACTIVE_RUNS,
    RETRIES,
    SEAL_POOL,
    approved_policy,
    current_business_date,
    delivery_days,
    hand_on,
    retry_the_world,
    tell_of_fault,
)
from custody.orchestration.told import value_free

STEP_TIMEOUT = dt.timedelta(minutes=30)
SEAL_TIMEOUT = dt.timedelta(hours=2)
RUN_TIMEOUT = dt.timedelta(hours=12)
UNJUDGED = "unjudged"
BY_DELIVERY = "{{ task.op_kwargs['delivery_id'] }}"


@task(show_return_value_in_logs=False)
@value_free
def admit_deliveries(source_id: str) -> list[DeliveryId]:
    """Admit or quarantine what has landed; return the deliveries to process."""
    from custody.bootstrap import open_custody

    refuse_conf()
    admission = open_custody().admit(source_id, current_business_date())
    hand_on(UNJUDGED, admission.failed)
    return list(admission.to_process)


@task(show_return_value_in_logs=False)
@value_free
def report_unjudged(delivery_ids: list[DeliveryId]) -> int:
    """Turn the run red when some could not be judged; the others go on."""
    from custody.orchestration.announcing import report_unjudged_deliveries

    return report_unjudged_deliveries(delivery_ids)


@task(
    pool=SEAL_POOL,
    execution_timeout=SEAL_TIMEOUT,
    map_index_template=BY_DELIVERY,
    show_return_value_in_logs=False,
)
@value_free
def seal_delivery(delivery_id: DeliveryId) -> str:
    """Parse, normalise, find facts, seal and stage, file by file."""
    from custody.bootstrap import open_custody

    return open_custody().seal(delivery_id)


@task(map_index_template=BY_DELIVERY, show_return_value_in_logs=False)
@value_free
def check_delivery(delivery_id: DeliveryId) -> str:
    """Ask completeness, classification and the contract of the facts."""
    from custody.bootstrap import open_custody

    custody = open_custody()
    custody.ensure_staged(delivery_id)
    return custody.check(delivery_id)


@task(pool=LOAD_POOL, map_index_template=BY_DELIVERY, show_return_value_in_logs=False)
@value_free
def load_delivery(delivery_id: DeliveryId) -> str:
    """Move checked rows into the register; a held delivery stays as it is."""
    from custody.bootstrap import open_custody

    custody = open_custody()
    custody.ensure_staged(delivery_id)
    return custody.load(delivery_id)


@task(map_index_template=BY_DELIVERY, show_return_value_in_logs=False)
@value_free
def export_delivery(delivery_id: DeliveryId) -> str:
    """Write the sealed rows off-site and read them back."""
    from custody.bootstrap import open_custody

    return open_custody().export(delivery_id)


@task(map_index_template=BY_DELIVERY, show_return_value_in_logs=False)
@value_free
def erase_landed_file(delivery_id: DeliveryId) -> str:
    """Erase every version of the landed files, when that is safe."""
    from custody.bootstrap import open_custody

    return open_custody().erase(delivery_id)


@task(map_index_template=BY_DELIVERY, show_return_value_in_logs=False)
@value_free
def announce(delivery_id: DeliveryId) -> str:
    """Tell people what became of the delivery, in ids and counts."""
    from custody.bootstrap import open_custody
    from custody.orchestration.announcing import tell_outcome

    return tell_outcome(open_custody(), delivery_id)


@task_group
def process_delivery(delivery_id: DeliveryId) -> None:
    """Take one delivery the whole way."""
    (
        seal_delivery(delivery_id=delivery_id)
        >> check_delivery(delivery_id=delivery_id)
        >> load_delivery(delivery_id=delivery_id)
        >> export_delivery(delivery_id=delivery_id)
        >> erase_landed_file(delivery_id=delivery_id)
        >> announce(delivery_id=delivery_id)
    )


def intake_dag(source: Source, schedule: CronPartitionTimetable) -> DAG:
    """Return the DAG of one source."""
    with DAG(
        f"intake__{source.source_id}",
        dag_display_name=f"{source.label_zh} {source.label_en} · intake",
        doc_md=__doc__,
        schedule=schedule,
        catchup=False,
        max_active_runs=MAX_ACTIVE_RUNS,
        dagrun_timeout=RUN_TIMEOUT,
        tags=["intake", f"owner:{source.owner_department}", source.channel.value],
        default_args={
            "owner": source.owner_department,
            "retries": RETRIES,
            "retry_policy": retry_the_world(),
            "execution_timeout": STEP_TIMEOUT,
            "on_failure_callback": tell_of_fault,
        },
    ) as dag:
        admitted = admit_deliveries(source.source_id)
        process_delivery.expand(delivery_id=admitted)
        report_unjudged(admitted[UNJUDGED])  # type: ignore[index] # typed too narrowly
    return dag


_policy = approved_policy()
for _source in _policy.sources:
    globals()[f"intake__{_source.source_id}"] = intake_dag(
        _source, delivery_days(_policy.time_zone)
    )
