"""One step of the intake in a process of its own, to be killed or raced.

The processes are forks of a server that has imported what is slow, as tasks are
forks of Airflow's scheduler (`custody.orchestration.executor`).
"""

import multiprocessing
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import forkserver, util
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from custody.adapters.config import read_settings
from custody.bootstrap import open_custody
from custody.domain.delivery import DeliveryId
from custody.errors import ConflictError, WorldError
from tests.builders.installation import Installation

_IMPORTED = [
    *("polars", "psycopg", "custody.bootstrap", "custody.columns.facts"),
    "tests.faults.walk",
]
READY_SECONDS = 120

forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload(_IMPORTED)


def start_server() -> None:
    """Start what forks the steps; before a site lends its TMPDIR, which goes again."""
    util.get_temp_dir()
    forkserver.ensure_running()


@dataclass(frozen=True)
class StepProcess:
    """A step that waits for `begin`."""

    process: BaseProcess
    line: "Connection[str, str]"

    @classmethod
    def start(
        cls, installation: Installation, step: str, delivery_id: str
    ) -> "StepProcess":
        """Start the process; it makes itself ready and waits."""
        line, theirs = multiprocessing.Pipe()
        environment = {
            **installation.environment,
            "TMPDIR": tempfile.gettempdir(),
            "HOME": os.environ["HOME"],
        }
        process = forks.Process(
            target=_take, args=(environment, step, delivery_id, theirs)
        )
        process.start()
        theirs.close()
        return cls(process, line)

    def begin(self) -> None:
        """Wait until it is ready, and give the word."""
        assert self.line.poll(READY_SECONDS), "the process is not ready"
        assert self.line.recv() == "ready"
        self.line.send("go")

    def kill(self) -> str:
        """SIGKILL it; return the answer if it came before, else nothing."""
        self.process.kill()
        return self.answer()

    def answer(self) -> str:
        """Wait for its end; return what it answered, nothing when it was killed."""
        self.process.join()
        try:
            return self.line.recv() if self.line.poll() else ""
        except EOFError:
            return ""
        finally:
            self.line.close()


def _take(
    environment: Mapping[str, str],
    step: str,
    delivery_id: str,
    line: "Connection[str, str]",
) -> None:
    """Take the step when told to; answer, or say which expected fault it met."""
    os.environ.update(environment)
    tempfile.tempdir = None
    take = getattr(open_custody(read_settings(environment)), step)
    line.send("ready")
    line.recv()
    try:
        answer = take(DeliveryId(delivery_id))
    except ConflictError:
        answer = "conflict"
    except WorldError:
        answer = "world"
    line.send(answer)
