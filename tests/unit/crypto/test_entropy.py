"""No byte of entropy is given out twice, by one process or by two."""

import os
import threading
from collections.abc import Callable

import pytest

from custody.crypto import entropy
from custody.crypto.batch import seal_batch
from custody.crypto.entropy import EntropyPool

FORKS = 100


class UnguardedPool:
    """The twin: a pool that knows nothing of forks."""

    def __init__(self, block_bytes: int) -> None:
        self._fresh = os.urandom(block_bytes)
        self._at = 0

    def take(self, count: int) -> bytes:
        self._at += count
        return self._fresh[self._at - count : self._at]


def _in_children(draw: Callable[[], bytes]) -> list[bytes]:
    """Return what each of `FORKS` children draws, and the parent after them."""
    drawn = []
    for _ in range(FORKS):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, draw())
            os._exit(0)
        os.close(writing)
        with open(reading, "rb") as answer:  # noqa: PTH123 - a pipe
            drawn.append(answer.read())
        os.waitpid(child, 0)
    return [*drawn, draw()]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_children_draw_no_key_twice() -> None:
    pool = EntropyPool(1 << 16)
    first = pool.take(32)

    keys = _in_children(lambda: pool.take(32))

    assert len({first, *keys}) == FORKS + 2


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_twin_without_the_guard_draws_one_key_in_all_children() -> None:
    pool = UnguardedPool(1 << 16)
    pool.take(32)

    keys = _in_children(lambda: pool.take(32))

    assert len(set(keys)) == 1


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_children_seal_under_no_key_twice() -> None:
    def key_id() -> bytes:
        return seal_batch(
            encodings=[b"x"],
            handles=[bytes(16)],
            dataset="customers",
            level="low",
            suite=1,
            wrapping_key=bytes(32),
            epoch="live/low/1",
        ).key_ids[0]

    key_id()

    assert len(set(_in_children(key_id))) == FORKS + 1


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
