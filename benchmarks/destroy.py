"""A destruction of some among many customers: seconds of each step, peak memory.

The register is filled by the whole intake, in deliveries of 50,000 rows; then some
customers are long gone, their plan is signed, and a process of its own carries it out,
so that its memory is the destruction's alone.  Every survivor's key is wrapped anew.
Run: `python benchmarks/destroy.py [--rows N] [--due N]`; the last line is one JSON
object.
"""

import argparse
import json
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from custody.adapters.config import read_settings
from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.application.ports.destruction_book import Run
from custody.bootstrap import open_custody
from custody.domain.destruction import OVER, RunState

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.builders.destructions import (  # noqa: E402 - the path comes first
    bring,
    found_reviewers,
    leave,
    signed_plan,
)
from tests.builders.installation import install  # noqa: E402

ROWS = 100_000
DUE = 1_000
ROWS_PER_DELIVERY = 50_000


class Step(NamedTuple):
    """How long a step took, and the most memory until its end, MiB."""

    seconds: float
    peak: float


def peak_mib() -> float:
    """Return the most memory that this program had, MiB.

    `ru_maxrss` begins with what the process had before it became this program: with
    the memory of whoever filled the register.
    """
    told = Path("/proc/self/status").read_text("ascii")
    return int(told.partition("VmHWM:")[2].split(maxsplit=1)[0]) / 1024


def carry_out(
    environment: Mapping[str, str], plan: str, answer: "Connection[object, object]"
) -> None:
    """Carry a plan out, step by step; send the seconds of each and the peak by then."""
    custody = open_custody(read_settings(environment))
    steps: dict[str, Step] = {}
    state: RunState | None = None
    order = list(RunState)
    while state not in OVER:
        further = order[0 if state is None else order.index(state) + 1]
        began = time.perf_counter()
        found = custody.destroy(plan, until=further)
        assert isinstance(found, Run), found
        state = found.state
        peak = peak_mib()
        steps[state.value] = Step(time.perf_counter() - began, peak)
    answer.send(steps)


def measure(folder: Path, rows: int, due: int) -> dict[str, Step]:
    """Return what each step took."""
    server = EmbeddedPostgres(folder / "postgres", folder / "credentials")
    server.start()
    try:
        made = found_reviewers(
            install(
                folder / "home",
                warehouse_url=server.warehouse_url,
                keyring_url=server.keyring_url,
                credentials=server.credentials,
            )
        )
        persons = []
        for at, start in enumerate(range(0, rows, ROWS_PER_DELIVERY)):
            count = min(ROWS_PER_DELIVERY, rows - start)
            persons += bring(made, count, seed=900 + at)
        leave(made.custody, *persons[:: max(1, rows // due)][:due])
        plan = signed_plan(made.custody)
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        child = context.Process(
            target=carry_out, args=(dict(made.environment), plan.digest, theirs)
        )
        child.start()
        theirs.close()
        steps: dict[str, Step] = ours.recv()
        child.join()
    finally:
        server.stop()
    return steps


def main() -> None:
    """Measure and print one JSON line."""
    asked = argparse.ArgumentParser(description="A destruction, step by step.")
    asked.add_argument("--rows", type=int, default=ROWS)
    asked.add_argument("--due", type=int, default=DUE)
    wanted = asked.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="custody-bench-"))
    try:
        steps = measure(folder, wanted.rows, wanted.due)
    finally:
        shutil.rmtree(folder)
    for name, one in steps.items():
        print(f"{name:>11}: {one.seconds:7.2f} s {one.peak:6.0f} MiB", flush=True)
    seconds = sum(one.seconds for one in steps.values())
    told = {
        "name": "destroy",
        "customers": wanted.rows,
        "destroyed": wanted.due,
        "seconds": round(seconds, 1),
        "customers_a_second": round(wanted.rows / seconds),
        "peak_mib": round(max(one.peak for one in steps.values())),
        "against": "a register of that size, wrapped anew",
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
