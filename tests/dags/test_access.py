"""Who may do what, asked of a real Airflow over HTTP."""

import contextlib
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # ships no types
import pytest

from custody.errors import ConfigurationError
from tests.dags.conftest import Running

pytestmark = [pytest.mark.dags, pytest.mark.timeout(900)]

DAG = "/api/v2/dags/intake__website"
DAY = dt.date(2026, 4, 1)
RUN = "test__2026-04-01__access"


@pytest.fixture(scope="module")
def run(running: Running) -> str:
    """Return the path of a finished run without a delivery."""
    running.api.start_intake("website", DAY, run_id=RUN)
    while running.api.run_state("intake__website", RUN) != "success":
        pass
    return f"{DAG}/dagRuns/{RUN}"


FORGERIES = [
    ("PATCH", "{run}/taskInstances/admit_deliveries", {"new_state": "success"}),
    ("PATCH", "{run}", {"state": "success"}),
    ("POST", "{run}/clear", {"dry_run": False}),
    (
        "POST",
        f"{DAG}/clearTaskInstances",
        {"dry_run": False, "dag_run_id": RUN, "task_ids": ["admit_deliveries"]},
    ),
    (
        "POST",
        "{run}/taskInstances/admit_deliveries/xcomEntries",
        {"key": "forged", "value": '["website/2026-04-01/9"]', "map_index": -1},
    ),
    (
        "PATCH",
        "{run}/taskInstances/admit_deliveries/xcomEntries/return_value",
        {"value": '["website/2026-04-01/9"]', "map_index": -1},
    ),
    ("DELETE", "{run}", None),
]


@pytest.mark.parametrize("login", ["operator", "steward"])
@pytest.mark.parametrize(("method", "path", "body"), FORGERIES)
def test_nobody_but_admin_changes_the_progress_of_a_run(
    running: Running,
    run: str,
    login: str,
    method: str,
    path: str,
    body: dict[str, object] | None,
) -> None:
    """Mark-success, clear and XCom edits are denied by the server itself."""
    status, _ = running.as_user(login, method, path.format(run=run), body)

    assert status == 403


def test_admin_can(running: Running, run: str) -> None:
    """The twin: the very same call succeeds with the grant."""
    entry = {"key": "by_admin", "value": "1", "map_index": -1}
    path = f"{run}/taskInstances/admit_deliveries/xcomEntries"

    created, _ = running.as_user("admin", "POST", path, entry)
    marked, _ = running.as_user("admin", "PATCH", run, {"state": "success"})

    assert (created, marked) == (201, 200)


def test_an_operator_starts_runs_and_a_steward_does_not(running: Running) -> None:
    """Whoever reviews does not operate."""
    body = {"logical_date": None, "partition_key": "2026-04-02"}

    assert running.as_user("operator", "POST", f"{DAG}/dagRuns", body)[0] == 200
    assert running.as_user("steward", "POST", f"{DAG}/dagRuns", body)[0] == 403


@pytest.mark.parametrize(
    "path",
    ["/custody/", "/custody/register", "/custody/status", "/custody/style.css", DAG],
)
def test_without_a_login_there_is_nothing(running: Running, path: str) -> None:
    """Neither of Airflow nor of our pages."""
    assert running.as_user(None, "GET", path)[0] == 401


def test_a_wrong_password_is_refused(running: Running) -> None:
    """Of a user that exists, and of one that does not."""
    for name in ("operator", "nobody"):
        named = {"username": name, "password": "wrong"}
        assert running.as_user(None, "POST", "/auth/token", named)[0] == 401


def test_the_service_that_starts_runs_sees_no_page(running: Running) -> None:
    """Its grants are what its one job needs."""
    with pytest.raises(ConfigurationError, match="denies"):
        running.api.call("GET", "/custody/register")


@pytest.mark.parametrize("dag", ["intake__website", "sweep"])
def test_the_service_that_starts_runs_stops_no_dag(running: Running, dag: str) -> None:
    """Whoever has its login may not silence the intake; a run it may start."""
    paused = {"is_paused": True}

    with pytest.raises(ConfigurationError, match="denies"):
        running.api.call("PATCH", f"/api/v2/dags/{dag}", paused)
    with pytest.raises(ConfigurationError, match="denies"):
        running.api.call("PATCH", "/api/v2/dags?dag_id_pattern=%25", paused)

    assert running.api.start_run(dag, run_id=f"test__{dag}__switch")


def test_an_operator_pauses_a_dag(running: Running) -> None:
    """The twin: the very same call succeeds with the grant."""
    for is_paused in (True, False):
        body = {"is_paused": is_paused}
        status, answer = running.as_user("operator", "PATCH", DAG, body)
        assert (status, answer["is_paused"]) == (200, is_paused)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v2/connections"),
        ("GET", "/api/v2/variables"),
        ("GET", "/api/v2/eventLogs"),
        ("DELETE", f"{DAG}/dagRuns/{RUN}"),
        ("PATCH", f"{DAG}/dagRuns/{RUN}"),
    ],
)
def test_the_service_that_starts_runs_does_nothing_else(
    running: Running, run: str, method: str, path: str
) -> None:
    """No credential, no log of who did what, no change of what ran.

    A backfill it may start: Airflow asks for the same grant as for a run.
    """
    body = {"state": "success"} if method == "PATCH" else None

    with pytest.raises(ConfigurationError, match="denies"):
        running.api.call(method, path, body)

    assert run


def test_passwords_are_stored_hashed(running: Running) -> None:
    """The database holds none of them in the clear."""
    import psycopg  # noqa: PLC0415 - this test alone

    url = running.stack.postgres.airflow_url().replace("+psycopg2", "")
    with psycopg.connect(url) as connection:
        stored = connection.execute("SELECT password FROM ab_user").fetchall()

    known = set(running.airflow.logins().values())
    assert stored
    assert all(row[0].startswith(("scrypt:", "pbkdf2:")) for row in stored)
    assert not known & {row[0] for row in stored}


def processes(running: Running) -> Iterator[psutil.Process]:
    """Yield the supervisor and everything that it started."""
    named = json.loads((running.settings.home / "airflow/supervisor.pid").read_text())
    parent = psutil.Process(int(next(iter(named))))
    yield parent
    yield from parent.children(recursive=True)


def test_only_the_loopback_is_served(running: Running) -> None:
    """No log server, no database port, no page for the neighbours."""
    listening = set()
    for process in processes(running):
        with contextlib.suppress(psutil.Error):  # it may just have ended
            listening |= {
                connection.laddr.ip
                for connection in process.net_connections(kind="inet")
                if connection.status == psutil.CONN_LISTEN
            }

    assert listening == {"127.0.0.1"}


def test_no_secret_stands_in_the_environment_of_a_process(running: Running) -> None:
    """Every task inherits it: keys and passwords are files, mode 0600."""
    home = running.settings.home
    secrets = [
        *json.loads((home / "airflow/secrets.json").read_text()).values(),
        *running.airflow.logins().values(),
        *(path.read_text() for path in (home / "credentials").iterdir()),
    ]
    for process in processes(running):
        with contextlib.suppress(psutil.Error):  # it may just have ended
            values = "\n".join(process.environ().values())
            assert not any(secret in values for secret in secrets), process.name()


def test_tasks_are_lent_no_owners_password(running: Running) -> None:
    """Neither the superuser's nor the keymaster's lies where tasks look."""
    lent = {
        path.name for path in (running.settings.home / "airflow/credentials").iterdir()
    }

    assert "custody_loader" in lent
    assert not {"postgres", "custody_owner", "keyring_owner", "airflow"} & lent


def test_what_is_secret_is_private(running: Running) -> None:
    """Files of mode 0600 only."""
    home = running.settings.home
    files = ("airflow.cfg", "secrets.json", "logins.json", "trigger.json")
    paths: list[Path] = [home / "airflow" / name for name in files]
    paths += [*(home / "credentials").iterdir(), home / "ledger.key"]

    assert all(path.stat().st_mode & 0o077 == 0 for path in paths)


def test_a_tasks_log_lines_stay_in_its_own_file(running: Running, run: str) -> None:
    """The stock executor copies them, unmasked, to the scheduler's output."""
    home = running.settings.home / "airflow"
    log = next((home / "logs").rglob(f"*{RUN}*/**/attempt=1.log"))

    assert "Worker startup parse complete" in log.read_text()
    assert "Worker startup parse complete" not in (home / "scheduler.log").read_text()
    assert run
