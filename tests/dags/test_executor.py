"""The executor: warm imports that a fork can work with, and quiet workers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from custody.orchestration.executor import QuietLocalExecutor

pytestmark = [pytest.mark.dags, pytest.mark.timeout(300)]

FORKS = 20

_FORK = """
import importlib, os, signal, sys
from custody.orchestration.executor import WARM_IMPORTS
for name in WARM_IMPORTS:
    importlib.import_module(name)
import polars
drawn = set()
for _ in range(int(sys.argv[1])):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        frame = polars.DataFrame({"n": range(100_000)})
        frame = frame.with_columns(part=polars.col("n") % 97)
        sums = frame.group_by("part").agg(polars.col("n").sum()).sort("part")
        os.write(write, os.urandom(16) if sums.height == 97 else b"")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
    drawn.add(os.read(read, 16))
print(len(drawn))
"""


@pytest.mark.long
def test_forks_of_the_warm_scheduler_compute(tree: Path, tmp_path: Path) -> None:
    """No fork waits for a thread that it did not inherit; none shares chance."""
    done = subprocess.run(
        [sys.executable, "-c", _FORK, str(FORKS)],
        capture_output=True,
        text=True,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(tree / "include"),
            "AIRFLOW_HOME": str(tmp_path),
        },
        check=False,
        timeout=280,
    )

    assert done.stdout.splitlines()[-1:] == [str(FORKS)], done.stderr[-2000:]


def test_no_log_server_is_started() -> None:
    """It would listen on every interface."""
    assert QuietLocalExecutor.serve_logs is False
