"""Figures reach the wire by Airflow's own metrics, when they are on, and not else."""

import socket
from collections.abc import Iterator

import pytest
from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics.stats_utils import get_stats_factory

from custody.domain.watch import Figure
from custody.orchestration.figures import publish


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A StatsD server of the moment, which Airflow's configuration names."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        named = {"HOST": "127.0.0.1", "PORT": str(listening.getsockname()[1])}
        for name, value in named.items():
            monkeypatch.setenv(f"AIRFLOW__METRICS__STATSD_{name}", value)
        yield listening
    stats.initialize(factory=NoStatsLogger, export_legacy_names=False)


def _begin() -> None:
    """Begin metrics as a task of Airflow does, by its configuration."""
    stats.initialize(factory=get_stats_factory(), export_legacy_names=True)


def test_a_gauge_is_sent_by_its_name(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
    _begin()

    publish(Figure("drill.structural.age_days", 36.25))

    assert listener.recv(1_000) == b"airflow.custody.drill.structural.age_days:36.25|g"


def test_twin_nothing_is_sent_when_metrics_are_off(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "False")
    _begin()

    publish(Figure("alarms", 1))

    listener.setblocking(False)  # noqa: FBT003 - of the library
    with pytest.raises(BlockingIOError):
        listener.recv(1_000)
