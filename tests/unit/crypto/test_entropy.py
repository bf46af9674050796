"""No byte of entropy is given out twice, by one process or by two."""

import os
import subprocess
import sys
import threading

import pytest

from custody.crypto import entropy
from custody.crypto.entropy import EntropyPool
from tests.builders import forks
from tests.builders.installation import ROOT

FORKS = 100


def _drawn_in_forks(how: str) -> list[str]:
    """Return what `tests.builders.forks` draws in `FORKS` children, then itself."""
    done = subprocess.run(
        [sys.executable, "-m", forks.__name__, how, str(FORKS)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'include'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_forked_children_draw_no_key_twice() -> None:
    assert len(set(_drawn_in_forks("guarded"))) == FORKS + 2


def test_twin_without_the_guard_draws_one_key_in_all_children() -> None:
    first, *keys = _drawn_in_forks("unguarded")

    assert len(keys) == FORKS + 1
    assert len(set(keys)) == 1
    assert first not in keys


def test_forked_children_seal_under_no_key_twice() -> None:
    assert len(set(_drawn_in_forks("sealing"))) == FORKS + 2


def test_threads_draw_nothing_twice() -> None:
    pool = EntropyPool(1 << 12)
    drawn: list[bytes] = []

    def work() -> None:
        drawn.extend(pool.take(16) for _ in range(500))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(drawn)) == 2000


def test_more_than_a_block_may_be_taken() -> None:
    pool = EntropyPool(8)

    assert len(pool.take(100)) == 100
    assert len(pool.take(3)) == 3


def test_a_pool_draws_at_least_one_byte() -> None:
    with pytest.raises(ValueError, match="at least one"):
        EntropyPool(0)


def test_a_cleared_pool_forgets_what_it_drew() -> None:
    pool = EntropyPool(1 << 10)
    pool.take(1)
    held = pool._fresh

    entropy._clear_all()

    assert pool._fresh == b""
    assert pool.take(32) not in held
