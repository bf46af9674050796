"""Draws before a fork, in many children, and in the parent after them; prints each.

A program of its own, since a fork copies its process's page tables: from a small
one a hundred take a second.  Run: `python -m tests.builders.forks HOW COUNT`.
"""

import os
import sys
from collections.abc import Callable

from custody.crypto.batch import seal_batch
from custody.crypto.entropy import EntropyPool

BLOCK = 1 << 16
KEY = 32


class UnguardedPool:
    """The twin: a pool that knows nothing of forks."""

    def __init__(self, block_bytes: int) -> None:
        """Draw the block at once."""
        self._fresh = os.urandom(block_bytes)
        self._at = 0

    def take(self, count: int) -> bytes:
        """Return the next bytes of the block."""
        self._at += count
        return self._fresh[self._at - count : self._at]


def _guarded() -> Callable[[], bytes]:
    pool = EntropyPool(BLOCK)
    return lambda: pool.take(KEY)


def _unguarded() -> Callable[[], bytes]:
    pool = UnguardedPool(BLOCK)
    return lambda: pool.take(KEY)


def _sealing() -> Callable[[], bytes]:
    return lambda: seal_batch(
        encodings=[b"x"],
        handles=[bytes(16)],
        dataset="customers",
        level="low",
        suite=1,
        wrapping_key=bytes(KEY),
        epoch="live/low/1",
    ).key_ids[0]


WAYS = {"guarded": _guarded, "unguarded": _unguarded, "sealing": _sealing}


def _in_child(draw: Callable[[], bytes]) -> bytes:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, draw())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:  # noqa: PTH123 - a pipe
        drawn = answer.read()
    os.waitpid(child, 0)
    return drawn


def main(how: str, count: int) -> None:
    """Print what is drawn first, in `count` children, and at the end, as hex."""
    draw = WAYS[how]()
    first = draw()
    for drawn in (first, *(_in_child(draw) for _ in range(count)), draw()):
        print(drawn.hex())  # noqa: T201 - its result


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
