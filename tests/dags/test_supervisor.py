"""The stack comes up again after it was killed, and goes down without a trace."""

import json
import os
import signal
import time

import psutil  # type: ignore[import-untyped]  # ships no types
import pytest

from custody.adapters.embedded import supervisor
from tests.dags.conftest import Running

pytestmark = [pytest.mark.long, pytest.mark.dags, pytest.mark.timeout(900)]


def groups(running: Running) -> list[int]:
    listed = running.settings.home / "airflow/groups.json"
    return [int(pid) for pid in json.loads(listed.read_text())]


def test_a_second_up_finds_what_runs(running: Running) -> None:
    """No process is started twice."""
    before = groups(running)

    airflow = running.stack.up()

    assert groups(running) == before
    assert airflow.places.port == running.airflow.places.port


def test_a_process_that_dies_is_started_again(running: Running) -> None:
    """The others go on."""
    before = groups(running)
    os.killpg(before[-1], signal.SIGKILL)

    deadline = time.monotonic() + 60
    while groups(running) == before and time.monotonic() < deadline:
        time.sleep(0.2)

    assert len(groups(running)) == len(before)
    assert set(before[:-1]) < set(groups(running))


def test_a_killed_supervisor_recovers(running: Running) -> None:
    """What it left behind is ended; then everything runs anew, on the same port."""
    folder = running.settings.home / "airflow"
    left = groups(running)
    parent = int(next(iter(json.loads((folder / "supervisor.pid").read_text()))))
    os.kill(parent, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(parent)] if psutil.pid_exists(parent) else [], 10)

    airflow = running.stack.up()

    assert not any(psutil.pid_exists(pid) for pid in left)
    assert supervisor.is_running(folder)
    assert airflow.places.port == running.airflow.places.port
    assert running.as_user("admin", "GET", "/api/v2/dags")[0] == 200
