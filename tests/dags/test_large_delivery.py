"""A delivery large enough for the pool, in a real Airflow task that was forked."""

import datetime as dt
import threading
from pathlib import Path

import pytest

from custody.adapters.process_pool import cores
from custody.application.intake.sealing import PIECE_ROWS
from tests.builders.processes import ancestors, environment_of, sealing_workers
from tests.dags.conftest import Running

pytestmark = [
    pytest.mark.long,
    pytest.mark.dags,
    pytest.mark.timeout(900),
    pytest.mark.skipif(cores() < 2, reason="one core seals alone"),
]

INIT = 1
LOOK_SECONDS = 0.1
ROWS = PIECE_ROWS + 500
"""The second piece is what a worker is started for."""


class Onlooker(threading.Thread):
    """Notes which sealing workers the tasks of one home have, until told to end."""

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        self._home = str(home).encode()
        self._ended = threading.Event()
        self.seen: set[int] = set()

    def run(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.seen.update(self.living())

    def living(self) -> list[int]:
        """Return the workers there are below what was started with that home."""
        return [
            worker
            for worker in sealing_workers(INIT)
            if any(self._home in environment_of(one) for one in ancestors(worker))
        ]

    def end(self) -> None:
        self._ended.set()
        self.join()


def test_a_large_delivery_is_sealed_by_workers_of_its_task(running: Running) -> None:
    """Started from a forked task, they seal; with it they are gone."""
    day = dt.date(2026, 3, 16)
    delivery_id = running.land(day, rows=ROWS)
    onlooker = Onlooker(running.settings.home)
    onlooker.start()

    red = running.intake(day)

    onlooker.end()
    record = running.custody.book.find(delivery_id)
    assert red == []
    assert record is not None
    assert (record.state, record.tally.read) == ("loaded", ROWS)
    assert onlooker.seen
    assert not onlooker.living()
