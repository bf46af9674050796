"""LocalExecutor without its leaks, and with the slow imports done beforehand.

The stock one copies every line of a task's log, unmasked, to the scheduler's
standard output, and serves logs on every interface (measured).
"""

import importlib
import logging
from typing import Any

from airflow.executors import local_executor
from airflow.executors.base_executor import BaseExecutor
from airflow.executors.local_executor import LocalExecutor

WARM_IMPORTS = (
    "airflow.dag_processing.dagbag",
    "airflow.sdk.execution_time.task_runner",
    "great_expectations",
    "polars",
    "openpyxl",
    "custody.bootstrap",
    "custody.orchestration.announcing",
)
"""Imported once in the scheduler; tasks are forks of it and find them there.

Great Expectations alone costs 5 to 6 seconds a task.  Importing draws no
entropy and starts no thread that computes: the allocators' and the one that
clears Polars' spill files are not needed by a fork (a test forks and computes).
"""


class _QuietWorkload(BaseExecutor):
    """Runs a workload and keeps its log in its file alone."""

    @staticmethod
    def run_workload(*arguments: Any, **options: Any) -> int:  # noqa: ANN401 - passed on unread
        """Run as the base does, without the copy to standard output."""
        options["subprocess_logs_to_stdout"] = False
        return BaseExecutor.run_workload(*arguments, **options)


class QuietLocalExecutor(LocalExecutor):
    """The executor of the embedded stack."""

    serve_logs: bool = False

    def start(self) -> None:
        """Warm up, then fork the workers, which call the base class by its name."""
        _warm_up()
        vars(local_executor)["BaseExecutor"] = _QuietWorkload
        super().start()


def _warm_up() -> None:
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    for name in WARM_IMPORTS:
        try:
            importlib.import_module(name)
        except ImportError as error:
            # A task that needs it will say so; the scheduler must not stop.
            logging.getLogger(__name__).warning("not warmed: %s", error.name)
