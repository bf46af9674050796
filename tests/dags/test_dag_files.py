"""The DAG files: light to parse, wired as designed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from custody.adapters.policy import load_policy

pytestmark = pytest.mark.dags

PARSE_SECONDS = 1.0
HEAVY = ("great_expectations", "pandas", "polars", "boto3", "openpyxl", "pyarrow")
STEPS = (
    "seal_delivery",
    "check_delivery",
    "load_delivery",
    "export_delivery",
    "erase_landed_file",
    "announce",
)

_LOOK = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
began = time.process_time()
bag = DagBag(sys.argv[1])
seconds = time.process_time() - began
heavy = [name for name in sys.argv[2:] if name in sys.modules]
def told(task):
    return {
        "downstream": sorted(task.downstream_task_ids),
        "timeout": task.execution_timeout is not None,
        "retries": task.retries,
        "policy": type(task.retry_policy).__name__,
        "pool": task.pool,
        "queue": task.queue,
        "silent": not task.partial_kwargs.get("show_return_value_in_logs", True)
        if task.is_mapped else not getattr(task, "show_return_value_in_logs", True),
        "index": task.map_index_template,
        "value_free": body(task).__code__.co_qualname.startswith("value_free."),
    }
def body(task):
    if task.is_mapped:
        return task.partial_kwargs["python_callable"]
    return task.python_callable
print(json.dumps({
    "seconds": seconds, "heavy": heavy, "errors": bag.import_errors,
    "dags": {
        name: {
            "tasks": {task.task_id: told(task) for task in dag.tasks},
            "tags": sorted(dag.tags), "doc": dag.doc_md,
            "catchup": dag.catchup, "max": dag.max_active_runs,
            "cron": dag.schedule if isinstance(dag.schedule, str) else "",
            "timeout": dag.dagrun_timeout is not None,
        } for name, dag in bag.dags.items()
    },
}))
"""


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory, tree: Path) -> dict[str, Any]:
    """Parse dags/ in a fresh interpreter and return what was seen."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(tree / "include"),
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }
    done = subprocess.run(
        [sys.executable, "-c", _LOOK, str(tree / "dags"), *HEAVY],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        timeout=120,
    )
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


def test_there_is_one_intake_per_approved_source(
    bag: dict[str, Any], tree: Path
) -> None:
    """And nothing but the sweeps beside them; no file fails to import."""
    policy = load_policy(tree / "include" / "policy")

    assert bag["errors"] == {}
    expected = {f"intake__{source.source_id}" for source in policy.sources}
    beside = {
        *("sweep", "key_sweep", "ledger_copy", "rekey", "retention", "destruction"),
        *("escrow_removal", "backup", "escrow_care", "set_expiry", "drill"),
        "watch",
    }
    assert set(bag["dags"]) == expected | beside


def test_parsing_is_light(bag: dict[str, Any]) -> None:
    """What is heavy is imported by the task that needs it."""
    assert bag["heavy"] == []
    assert bag["seconds"] < PARSE_SECONDS


def test_one_delivery_goes_the_whole_way_in_order(bag: dict[str, Any]) -> None:
    """Seal, check, load, export, erase, announce: record first, then destroy."""
    tasks = bag["dags"]["intake__website"]["tasks"]
    way = [f"process_delivery.{step}" for step in STEPS]

    assert set(tasks["admit_deliveries"]["downstream"]) == {*way, "report_unjudged"}
    assert tasks["report_unjudged"]["downstream"] == []
    for step, following in zip(way, [*way[1:], None], strict=True):
        expected = [] if following is None else [following]
        assert tasks[step]["downstream"] == expected


def test_an_epoch_is_ended_last_and_by_the_destroyers_worker(
    bag: dict[str, Any],
) -> None:
    """Born and escrowed, emptied, verified; and only then is a key destroyed."""
    tasks = bag["dags"]["rekey"]["tasks"]
    way = ["succeed_epochs", "rewrap_data_keys", "verify_survivors", "end_epochs"]
    way += ["rotate_index"]

    for step, following in zip(way, [*way[1:], None], strict=True):
        expected = [] if following is None else [following]
        assert tasks[step]["downstream"] == expected
        assert tasks[step]["queue"] == "destruction"


def test_a_destruction_proves_last_and_is_the_destroyers_worker(
    bag: dict[str, Any],
) -> None:
    """Intent first, then deletion; epochs end behind survivors; proof at the end."""
    tasks = bag["dags"]["destruction"]["tasks"]
    way = [
        *("keep_monthly_plan", "begin_destruction", "delete_customers"),
        *("rewrap_survivors", "end_epochs", "write_full_set", "certify_destruction"),
        "copy_ledger",
    ]

    assert set(tasks) == set(way)
    for step, following in zip(way, [*way[1:], None], strict=True):
        expected = [] if following is None else [following]
        assert tasks[step]["downstream"] == expected
        assert tasks[step]["queue"] == "destruction"


def test_a_backup_is_its_own_workers(bag: dict[str, Any]) -> None:
    """Who holds no wrapping key and no other identity (R68)."""
    write, copy = bag["dags"]["backup"]["tasks"].values()

    assert (write["queue"], copy["queue"]) == ("backup", "backup")
    assert write["downstream"] == ["copy_ledger"]
    plant, look = bag["dags"]["drill"]["tasks"].values()
    assert (plant["queue"], look["queue"]) == ("destruction", "drill")
    assert plant["downstream"] == ["run_structural_drill"]
    for name in ("escrow_care", "set_expiry"):
        (task,) = bag["dags"][name]["tasks"].values()
        assert task["queue"] == "destruction"


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("backup", ("1", "*", "*")),
        ("set_expiry", ("2", "*", "*")),
        ("drill", ("3", "*", "*")),
        ("escrow_care", ("*", "*", "*")),
        ("escrow_removal", ("*", "*", "*")),
        ("watch", ("*", "*", "*")),
    ],
)
def test_backups_are_monthly_on_a_plain_cron_and_looked_after_daily(
    bag: dict[str, Any], name: str, day: tuple[str, ...]
) -> None:
    """It names what is missing and waits for no delivery (R65); a drill comes after."""
    dag = bag["dags"][name]

    minute, hour, *days = dag["cron"].split()
    assert tuple(days) == day
    assert (minute.isdigit(), hour.isdigit(), dag["catchup"]) == (True, True, False)


def test_every_task_is_bounded_silent_and_repeats_the_world_only(
    bag: dict[str, Any],
) -> None:
    """Timeouts, our retry policy, and no value in a log, returned or in a fault."""
    for dag in bag["dags"].values():
        for name, task in dag["tasks"].items():
            assert task["timeout"], name
            assert task["retries"] >= 1, name
            assert task["policy"] == "ExceptionRetryPolicy", name
            assert task["silent"], name
            assert task["value_free"], name


def test_states_follow_before_keys_move_and_what_is_shown_comes_last(
    bag: dict[str, Any],
) -> None:
    tasks = bag["dags"]["retention"]["tasks"]
    way = ["follow_states", "restrict_keys", "judge_restricted", "show_again"]

    assert list(tasks) == way
    for step, following in zip(way, [*way[1:], None], strict=True):
        expected = [] if following is None else [following]
        assert tasks[step]["downstream"] == expected
    for step in way[:-1]:
        assert tasks[step]["queue"] == "destruction"
    assert tasks[way[-1]]["queue"] != "destruction"


def test_mapped_tasks_are_named_after_their_delivery(bag: dict[str, Any]) -> None:
    """So that an operator finds the one that waits."""
    for name, task in bag["dags"]["intake__website"]["tasks"].items():
        if name not in {"admit_deliveries", "report_unjudged"}:
            assert "delivery_id" in task["index"]


def test_every_dag_carries_its_manual_and_its_owner(bag: dict[str, Any]) -> None:
    """doc_md in both languages; an owner tag; a bound on time and runs."""
    for dag in bag["dags"].values():
        assert "Running it again" in dag["doc"]
        assert any("一" <= letter <= "鿿" for letter in dag["doc"])
        assert any(tag.startswith("owner:") for tag in dag["tags"])
        assert not dag["catchup"]
        assert dag["max"] < 16
        assert dag["timeout"]
