"""The whole intake in a process of its own, which may end at any kill point.

It takes the steps as the tasks of `dags/intake.py` do; the checks are not asked,
which would cost five seconds and is not what is killed here.
"""

import contextlib
import dataclasses
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from custody.adapters.config import read_settings
from custody.application.ports import Reached, pass_by
from custody.bootstrap import Custody, open_custody
from custody.errors import CustodyError
from custody.orchestration.announcing import tell_outcome
from tests.builders.deliveries import DAY
from tests.faults.breaking import unasked_check
from tests.faults.step import forks

SOURCE = "website"
PATIENCE_SECONDS = 120
"""From one step to the next: a loaded machine is slow, and only silence is a hang."""

WHOLE_GRID_SECONDS = 4 * 3600
"""The most for every point of a grid on any machine; a hang ends it long before."""

FAULT = "fault:"
Work = Callable[[Custody], object]


@dataclass(frozen=True, slots=True)
class Death:
    """Who dies at which visit of which point: this process, or another one."""

    point: str
    visit: int = 1
    process: int | None = None

    def __str__(self) -> str:
        """Tell who dies where."""
        who = "task" if self.process is None else "server"
        return f"{who} at {self.point} ({self.visit})"


@dataclass(slots=True)
class Ear:
    """Listens to the steps; ends the process that is to die."""

    death: Death | None
    heard: list[str] = dataclasses.field(default_factory=list)
    tell: Callable[[str], None] = dataclasses.field(default=lambda _: None)

    def __call__(self, step: str) -> None:
        """Remember the step; kill, and never come back if it is oneself."""
        self.heard.append(step)
        self.tell(step)
        death = self.death
        if death is None or step != death.point:
            return
        if self.heard.count(step) != death.visit:
            return
        os.kill(death.process or os.getpid(), signal.SIGKILL)
        if death.process is not None:
            _wait_for_end_of(death.process)


def _wait_for_end_of(process: int) -> None:
    """Wait until the kernel has taken it down; its parent may not have noticed."""
    with contextlib.suppress(OSError):
        while "State:\tZ" not in Path(f"/proc/{process}/status").read_text("ascii"):
            pass


def take_intake(custody: Custody) -> list[str]:
    """Admit what has landed, and take each delivery its whole way, as the DAG does."""
    check = unasked_check(custody)
    ensure = dataclasses.replace(custody.ensure_staged, check=check)
    answers = []
    for delivery_id in custody.admit(SOURCE, DAY).to_process:
        answers.append(custody.seal(delivery_id))
        for step in (check, custody.load):
            ensure(delivery_id)
            answers.append(step(delivery_id))
        answers += [custody.export(delivery_id), custody.erase(delivery_id)]
        answers.append(tell_outcome(custody, delivery_id))
    return answers


def _bear(custody: Custody) -> object:
    """Bear the first epochs."""
    return custody.prepare()


def walk(
    environment: Mapping[str, str],
    death: Death | None = None,
    *,
    born: bool = True,
    work: Work | None = None,
) -> list[str] | None:
    """Take the intake in a fork; return the steps heard, None when it was killed.

    `born` False: bear the first epochs instead; `work`: do that instead, a function
    of a module or a partial of one.  An expected fault of the world ends it too, as a
    failed task; that it was met is heard.
    """
    line, theirs = multiprocessing.Pipe()
    surroundings = {
        **environment,
        "TMPDIR": tempfile.gettempdir(),
        "HOME": os.environ["HOME"],
    }
    todo = work or (take_intake if born else _bear)
    process = forks.Process(target=_walk, args=(surroundings, death, todo, theirs))
    process.start()
    theirs.close()
    try:
        heard = answer(line, death)
    except EOFError:
        process.join()
        assert process.exitcode == -signal.SIGKILL, f"{death}: something else ended it"
        return None
    else:
        process.join()
        return heard
    finally:
        line.close()


def answer(line: "Connection[object, object]", death: Death | None) -> list[str]:
    """Wait for what was heard in the end, as long as steps are told on the way."""
    while line.poll(PATIENCE_SECONDS):
        told = line.recv()
        if isinstance(told, list):
            return told
    raise AssertionError(f"{death}: the process hangs")


def _walk(
    environment: Mapping[str, str],
    death: Death | None,
    work: Work,
    line: "Connection[object, object]",
) -> None:
    os.environ.update(environment)
    tempfile.tempdir = None
    ear = Ear(death, tell=line.send)
    custody = opened(environment, ear)
    try:
        work(custody)
    except CustodyError as fault:
        ear.heard.append(f"{FAULT} {type(fault).__name__}")
    line.send(ear.heard)


def opened(environment: Mapping[str, str], reached: Reached = pass_by) -> Custody:
    """Return Custody over an environment, with an ear."""
    return open_custody(read_settings(environment), reached=reached)
