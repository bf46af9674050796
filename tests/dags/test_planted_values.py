"""Planted values go through real Airflow runs, good and failing at each task.

Afterwards no plaintext of them lies in any byte of the stack: databases with
Airflow's own (XCom, rendered fields, audit log), WAL, task logs, the output of
scheduler, API server, DAG processor and triggerer, what the tasks left anywhere
below the home, shared memory, and the environment of the processes.
"""

import datetime as dt
import html
import io
import json
import random
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

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
from tests.faults.looking import read_page, scan_database, scan_process
from tests.faults.scanner import Finding, Scanner
from tests.faults.site import SHARED_MEMORY, website_file

pytestmark = [pytest.mark.long, pytest.mark.dags, pytest.mark.timeout(900)]

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
        found += scan_process(process, scanner)
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
    ask = asking(running)
    answers = read_every_page(ask, customers_of(running, ids)) | read_api(ask, running)
    print(f"{len(answers)} answers read")  # noqa: T201 - how far the crawl went
    assert any("/corrections/" in path for path in answers)
    assert any(_CUSTOMER.match(path) for path in answers)
    assert any("/logs/" in path for path in answers)
    told = [scanner.scan_bytes(answer, path) for path, answer in answers.items()]
    assert [one for found in told for one in found] == []


# --- what the web server answers ----------------------------------------------------

MOST_PAGES = 3_000
"""A crawl that finds more is going in circles; it fails, it does not stop short."""

_LINK = re.compile(rb'href="([^"#]+)"')
_CUSTOMER = re.compile(r"/custody/register/([^/?]+)")
_API = "/api/v2/dags/intake__website/dagRuns/~"


Ask = Callable[[str], bytes]


def asking(running: Running) -> Ask:
    """Log in as an operator; return what gives head and body of an answer."""
    token = {"Authorization": f"Bearer {running.token('operator')}"}
    url = running.airflow.places.local_url
    return lambda path: read_page(url + path, headers=token)


def customers_of(running: Running, ids: dict[str, DeliveryId]) -> set[str]:
    """Return the numbers of the customers that the deliveries brought."""
    query = "SELECT number FROM register.record_version WHERE delivery_id = ANY(%s)"
    with connect(running, WAREHOUSE_DATABASE) as connection:
        found = connection.execute(query, (list(ids.values()),)).fetchall()
    return {str(number) for (number,) in found}


def read_every_page(ask: Ask, customers: set[str]) -> dict[str, bytes]:
    """Follow every link of the steward pages from the first one.

    Of customers only these: other tests fill the same register with thousands.
    """
    seen: dict[str, bytes] = {}
    waiting = ["/custody/"]
    while waiting:
        assert len(seen) < MOST_PAGES
        path = waiting.pop()
        seen[path] = ask(path)
        for link in _LINK.findall(seen[path]):
            to = urljoin(path, html.unescape(link.decode()))
            number = _CUSTOMER.match(to)
            if number is not None and number[1] not in customers:
                continue
            if to.startswith("/custody/") and to not in seen and to not in waiting:
                waiting.append(to)
    return seen


def read_api(ask: Ask, running: Running) -> dict[str, bytes]:
    """Ask Airflow for all that it knows of the runs, and for its schema."""
    asked = [
        "/openapi.json",
        "/custody/openapi.json",
        "/api/v2/dags/intake__website/dagRuns?limit=100",
        f"{_API}/taskInstances?limit=100",
        f"{_API}/taskInstances/~/xcomEntries?limit=100",
        "/api/v2/eventLogs?limit=100",
        "/api/v2/assets/events?limit=100",
    ]
    answers = {path: ask(path) for path in asked}
    _, found = running.as_user("operator", "GET", f"{_API}/taskInstances?limit=100")
    for one in found["task_instances"]:
        index = "" if one["map_index"] < 0 else f"?map_index={one['map_index']}"
        path = (
            f"/api/v2/dags/intake__website/dagRuns/{quote(one['dag_run_id'])}"
            f"/taskInstances/{one['task_id']}/logs/{one['try_number']}{index}"
        )
        answers[path] = ask(path)
    return answers


# --- the positive control ------------------------------------------------------------

AIRFLOW_TABLES = {
    "XCom": ("xcom", "value", "to_jsonb(%s::text)"),
    "rendered fields": (
        "rendered_task_instance_fields",
        "rendered_fields",
        "json_build_object('conf', %s::text)",
    ),
    "dag_run.conf": ("dag_run", "conf", "to_jsonb(%s::text)"),
    "audit log": ("log", "extra", "%s::text"),
}
"""Where Airflow keeps what it is handed: table, column, how a text is written there."""

LOGS = ("logs", "scheduler", "api-server", "dag-processor", "triggerer")


def plant_in_airflow(
    connection: psycopg.Connection[Any], place: str, canaries: dict[str, Canary]
) -> None:
    """Write the values over one column of every row there is."""
    table, column, written = AIRFLOW_TABLES[place]
    text = " ".join(one.value for one in canaries.values())
    changed = connection.execute(
        sql.SQL("UPDATE {} SET {} = {}").format(
            sql.Identifier(table), sql.Identifier(column), sql.SQL(written)
        ),
        (text,),
    )
    assert changed.rowcount > 0, place


def test_a_copy_planted_in_each_place_of_airflow_is_found(running: Running) -> None:
    """Its tables through SQL, in a transaction that is rolled back; its log folders."""
    running.land(dt.date(2026, 3, 11))
    running.intake(dt.date(2026, 3, 11))
    seed = random.getrandbits(32)
    drawn = {place: draw(seed, place) for place in (*AIRFLOW_TABLES, *LOGS)}
    scanner = Scanner(one for canaries in drawn.values() for one in canaries.values())
    home = running.airflow.places.home
    planted = {name: home / "logs" / f"planted-{name}.log" for name in LOGS}
    for name, path in planted.items():
        path.write_text("\n".join(one.value for one in drawn[name].values()))

    found = list(scanner.scan_tree(home))
    for path in planted.values():
        path.unlink()
    with (
        connect(running, AIRFLOW_DATABASE) as connection,
        connection.transaction(force_rollback=True),
    ):
        for place in AIRFLOW_TABLES:
            plant_in_airflow(connection, place, drawn[place])
        found += scan_database(connection, AIRFLOW_DATABASE, scanner)

    for place in drawn:
        here = {one.canary.kind for one in found if one.canary.label == place}
        assert here == set(KINDS), place


def test_twin_a_value_in_a_report_is_found_on_its_page(running: Running) -> None:
    canaries = draw(random.getrandbits(32), "page")
    text = " ".join(one.value for one in canaries.values())
    delivery_id = running.land(dt.date(2026, 3, 12))
    running.intake(dt.date(2026, 3, 12))
    with connect(running, WAREHOUSE_DATABASE) as connection:
        connection.execute(
            "UPDATE intake.report SET page = %s WHERE delivery_id = %s",
            (text.encode(), delivery_id),
        )

    answer = asking(running)(f"/custody/report/{delivery_id}")

    with connect(running, WAREHOUSE_DATABASE) as connection:
        connection.execute(
            "UPDATE intake.report SET page = '' WHERE delivery_id = %s", (delivery_id,)
        )
    found = Scanner(canaries.values()).scan_bytes(answer, "report")
    assert {one.canary.kind for one in found} == set(KINDS)


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
