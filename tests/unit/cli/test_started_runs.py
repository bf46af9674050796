"""The run that a command starts: once for what is done once, else each time."""

import datetime as dt
from types import SimpleNamespace
from typing import cast

import pytest

from custody.adapters.airflow_api import AirflowApi
from custody.bootstrap import Custody
from custody.cli.runs import start_run
from tests.builders.deliveries import MOMENT, delivery_key


class Airflow:
    """Remembers the ids of runs, as Airflow does: a known one starts nothing."""

    def __init__(self) -> None:
        """Start with none."""
        self.runs: list[str] = []

    def start_intake(self, _source: str, _day: dt.date, *, run_id: str) -> bool:
        """Start, unless the id is known."""
        is_new = run_id not in self.runs
        self.runs += [run_id] * is_new
        return is_new


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Airflow:
    """Stand in for the API."""
    made = Airflow()
    monkeypatch.setattr(AirflowApi, "from_file", lambda *_: made)
    return made


def custody_at(*moments: dt.datetime) -> Custody:
    """Return an installation with an Airflow, whose clock tells these moments."""
    times = iter(moments)
    made = SimpleNamespace(
        settings=SimpleNamespace(airflow_url="http://x", airflow_credentials_file=""),
        policy=SimpleNamespace(source=lambda _: object()),
        clock=SimpleNamespace(now=lambda: next(times)),
    )
    return cast("Custody", made)


def test_a_second_release_starts_a_second_run(airflow: Airflow) -> None:
    """A delivery may be held again after it was released and judged anew."""
    custody = custody_at(MOMENT, MOMENT + dt.timedelta(microseconds=1))

    for _ in range(2):
        start_run(custody, delivery_key(), why="release", further=True)

    assert airflow.runs == [
        "release__2026-11-23__1__20261123T020000.000000",
        "release__2026-11-23__1__20261123T020000.000001",
    ]


def test_a_delivery_is_announced_once(airflow: Airflow) -> None:
    for _ in range(2):
        start_run(custody_at(), delivery_key(), why="deliver")

    assert airflow.runs == ["deliver__2026-11-23__1"]
