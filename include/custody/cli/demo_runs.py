"""Starts the demo's Airflow runs and waits for them."""

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from custody.domain.language import Text
from custody.errors import WorldError

if TYPE_CHECKING:
    import datetime as dt

    from custody.adapters.airflow_api import AirflowApi

PARSE_TIMEOUT_SECONDS = 120
RUN_TIMEOUT_SECONDS = 1800
_POLL_SECONDS = 0.5
SWEEP = "sweep"
_NOT_ENDED = Text("运行未结束：{states}", "runs did not end: {states}")
_NOT_PARSED = Text(
    "Airflow 未解析 {dag_id}；见 dag-processor.log",
    "Airflow did not parse {dag_id}; see dag-processor.log",
)


@dataclass(slots=True)
class Runs:
    """The runs of one demo; `started` are pairs of DAG and run id."""

    api: "AirflowApi"
    day: "dt.date"
    started: list[tuple[str, str]] = field(default_factory=list)

    def start_intakes(self, sources: Iterable[str]) -> None:
        """Start one run per source for the demo's date."""
        for source_id in sources:
            dag_id = f"intake__{source_id}"
            run_id = f"demo__{self.day.isoformat()}__r{secrets.token_hex(4)}"
            self._await_dag(dag_id)
            self.api.start_intake(source_id, self.day, run_id=run_id)
            self.started.append((dag_id, run_id))

    def start_sweep(self) -> None:
        """Start a sweep now instead of at the next full hour."""
        run_id = f"demo__{self.day.isoformat()}__s{secrets.token_hex(4)}"
        self._await_dag(SWEEP)
        self.api.start_run(SWEEP, run_id=run_id)
        self.started.append((SWEEP, run_id))

    def wait(self) -> Sequence[tuple[str, str]]:
        """Wait for all runs; return those that did not succeed."""
        deadline = time.monotonic() + RUN_TIMEOUT_SECONDS
        states: dict[tuple[str, str], str | None] = {}
        while time.monotonic() < deadline:
            states = {run: self.api.run_state(*run) for run in self.started}
            if all(state in {"success", "failed"} for state in states.values()):
                return [run for run, state in states.items() if state != "success"]
            time.sleep(_POLL_SECONDS)
        raise _NOT_ENDED.as_error(WorldError, states=sorted(states))

    def _await_dag(self, dag_id: str) -> None:
        deadline = time.monotonic() + PARSE_TIMEOUT_SECONDS
        while not self.api.has_dag(dag_id):
            if time.monotonic() > deadline:
                raise _NOT_PARSED.as_error(WorldError, dag_id=dag_id)
            time.sleep(_POLL_SECONDS)
