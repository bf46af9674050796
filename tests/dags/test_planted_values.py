"""Planted values go through real Airflow runs, good and failing at each task.

Afterwards no plaintext of them lies in any byte of the stack: databases with
Airflow's own (XCom, rendered fields, audit log), WAL, task logs, the output of
scheduler, API server, DAG processor and triggerer, what the tasks left anywhere
below the home, shared memory, and the environment of the processes.
"""

import datetime as dt
import io
import json
import random
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from custody.adapters.embedded.provision import connect_superuser
from custody.adapters.roles import (
    AIRFLOW_DATABASE,
    KEYRING_DATABASE,
    WAREHOUSE_DATABASE,
)
from custody.domain.delivery import DeliveryId
from tests.dags.conftest import Running
from tests.faults.canaries import KINDS, Canary, draw
from tests.faults.scanner import Finding, Scanner
from tests.faults.site import SHARED_MEMORY, scan_database, website_file

pytestmark = [pytest.mark.dags, pytest.mark.timeout(900)]

DAY = dt.date(2026, 3, 9)
ENDED = {"success", "failed"}
DATABASES = (WAREHOUSE_DATABASE, KEYRING_DATABASE, AIRFLOW_DATABASE)
FAILS = {
    "seal_delivery": ("INSERT ON intake.staged_value", "true"),
    "check_delivery": ("INSERT OR UPDATE ON intake.report", "true"),
    "load_delivery": ("INSERT ON register.record_version", "true"),
    "export_delivery": ("UPDATE ON intake.delivery", "NEW.exported_at IS NOT NULL"),
    "erase_landed_file": ("UPDATE ON intake.delivery", "NEW.erased_at IS NOT NULL"),
}
"""The task that fails, by what the database refuses of one delivery, and when."""

_REFUSE = """
CREATE OR REPLACE FUNCTION public.refuse_planted() RETURNS trigger
LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused: %', NEW; END $$
"""


def connect(running: Running, database: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect as superuser, as no part of the stack does."""
    server = running.stack.postgres
    return connect_superuser(server.database_url(database), server.credentials)


def land(running: Running, label: str, canaries: dict[str, Canary]) -> DeliveryId:
    """Land a delivery whose first row carries the canaries."""
    content = io.BytesIO(website_file(label, 30, canaries=canaries))
    return running.custody.deliver(
        "website", {"forms.jsonl": content}, business_date=DAY
    ).delivery_id


def refuse(running: Running, task: str, delivery_id: DeliveryId) -> None:
    """Let the database refuse what the task writes of this delivery."""
    event, condition = FAILS[task]
    with connect(running, WAREHOUSE_DATABASE) as connection:
        connection.execute(_REFUSE)
        connection.execute(
            sql.SQL(
                "CREATE TRIGGER {} BEFORE {} FOR EACH ROW"
                " WHEN (NEW.delivery_id = {} AND {})"
                " EXECUTE FUNCTION public.refuse_planted()"
            ).format(
                sql.Identifier(f"planted_{task}"),
                sql.SQL(event),
                sql.Literal(delivery_id),
                sql.SQL(condition),
            )
        )


def allow_again(running: Running) -> None:
    """Remove every refusal."""
    with connect(running, WAREHOUSE_DATABASE) as connection:
        connection.execute("DROP FUNCTION public.refuse_planted() CASCADE")


def failed_tasks(running: Running) -> dict[str, str]:
    """Return task -> state of the task instances of the day that did not succeed."""
    path = "/api/v2/dags/intake__website/dagRuns/~/taskInstances?limit=100&state=failed"
    status, found = running.as_user("operator", "GET", path)
    assert status == 200
    return {
        one["task_id"].rpartition(".")[2]: one["state"]
        for one in found["task_instances"]
        if one["state"] == "failed" and one["dag_run_id"].startswith(f"demo__{DAY}")
    }


def scan(
    running: Running, scanner: Scanner, *, leave_out: tuple[Path, ...] = ()
) -> list[Finding]:
    """Scan files, tables, shared memory, and what /proc tells of our processes."""
    found = list(scanner.scan_tree(running.settings.home, leave_out=leave_out))
    found += scanner.scan_tree(SHARED_MEMORY)
    for database in DATABASES:
        with connect(running, database) as connection:
            connection.execute("CHECKPOINT")
            found += scan_database(connection, database, scanner)
    listed = running.airflow.places.home / "groups.json"
    for process in json.loads(listed.read_text(encoding="utf-8")):
        for name in ("environ", "cmdline"):
            content = Path(f"/proc/{process}/{name}").read_bytes()
            found += scanner.scan_bytes(content, f"/proc/{name}")
    return found


def test_no_plaintext_after_runs_that_fail_at_each_task(running: Running) -> None:
    seed = random.getrandbits(32)
    print(f"seed {seed}")  # noqa: T201 - so that a failure can be repeated
    canaries = {task: draw(seed, task) for task in ("good", *FAILS)}
    ids = {task: land(running, task, drawn) for task, drawn in canaries.items()}
    for task in FAILS:
        refuse(running, task, ids[task])

    red = running.intake(DAY)

    allow_again(running)
    landing = running.settings.home / "landing"
    leave_out = tuple(
        landing / ids[task] for task in FAILS if task != "erase_landed_file"
    )
    scanner = Scanner(one for drawn in canaries.values() for one in drawn.values())
    assert len(red) == 1
    assert failed_tasks(running) == dict.fromkeys(FAILS, "failed")
    assert all(folder.exists() for folder in leave_out)
    assert scan(running, scanner, leave_out=leave_out) == []
    left = {one.canary.label for one in scanner.scan_tree(landing)}
    assert left == set(FAILS) - {"erase_landed_file"}


def start_with_conf(
    running: Running, canaries: dict[str, Canary], *, path: str, key: str
) -> tuple[int, object]:
    """Start a run as the operator, with values where Airflow keeps them."""
    conf = {kind: canary.value for kind, canary in canaries.items()}
    body: dict[str, object] = {
        "dag_id": "intake__website",
        "from_date": "2026-03-10T00:00:00Z",
        "to_date": "2026-03-10T00:00:00Z",
        key: conf,
    }
    if key == "conf":
        body = {"logical_date": None, "partition_key": "2026-03-10", key: conf}
    return running.as_user("operator", "POST", path, body)


def test_a_value_in_the_conf_of_a_run_is_refused_and_nowhere(
    running: Running,
) -> None:
    """The web server refuses before anything is stored; nothing is repeated."""
    canaries = draw(random.getrandbits(32), "conf")

    answers = [
        start_with_conf(running, canaries, path=path, key=key)
        for path, key in (
            ("/api/v2/dags/intake__website/dagRuns", "conf"),
            ("/api/v2/backfills", "dag_run_conf"),
        )
    ]

    for status, answer in answers:
        assert status == 422
        assert "partition key" in str(answer)
        assert not any(one.value in str(answer) for one in canaries.values())
    assert scan(running, Scanner(canaries.values())) == []


def test_twin_a_value_in_the_conf_of_a_run_is_found_in_airflow(
    running: Running,
) -> None:
    """What Airflow is handed past its web server it keeps; the run turns red."""
    canaries = draw(random.getrandbits(32), "conf")
    conf = json.dumps({kind: canary.value for kind, canary in canaries.items()})
    run = f"twin__{secrets.token_hex(4)}"

    subprocess.run(
        [sys.executable, "-m", "airflow", "dags", "trigger", "intake__website",
         "--run-id", run, "--conf", conf],
        env=running.airflow.environment(), check=True, capture_output=True, timeout=120,
    )  # fmt: skip

    found = scan(running, Scanner(canaries.values()))
    while (state := running.api.run_state("intake__website", run)) not in ENDED:
        pass
    assert state == "failed"
    assert {one.canary.kind for one in found} == set(KINDS)
    places = " ".join(one.place for one in found)
    assert "airflow.public.dag_run" in places
    assert "pg_wal" in places
