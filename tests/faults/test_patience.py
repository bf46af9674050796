"""A walk is waited for as long as it tells of steps; only silence is a hang."""

import multiprocessing
import threading
import time

import pytest

from tests.faults import walk

PATIENCE = 1.0  # seconds


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose patience sooner."""
    monkeypatch.setattr(walk, "PATIENCE_SECONDS", PATIENCE)


def test_steps_on_the_way_prolong_the_wait() -> None:
    """Three times the patience in all, as a loaded machine takes."""
    ours, theirs = multiprocessing.Pipe()

    def tell() -> None:
        for number in range(10):
            time.sleep(PATIENCE * 0.3)
            theirs.send(f"step {number}")
        theirs.send(["step 9"])

    teller = threading.Thread(target=tell)
    teller.start()
    heard = walk.answer(ours, None)
    teller.join()

    assert heard == ["step 9"]


def test_silence_is_a_hang() -> None:
    """Twin of the above: nothing is told."""
    ours, _theirs = multiprocessing.Pipe()

    with pytest.raises(AssertionError, match="the process hangs"):
        walk.answer(ours, None)
