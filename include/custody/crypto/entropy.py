"""Entropy drawn in blocks, and never shared by two processes.

A pool filled before a fork hands the same bytes to every child: four workers, one
data key (measured), and with a zero nonce that is fatal.  So a pool is emptied in
the child by `os.register_at_fork`, belongs to one block of rows, and is dropped
with it; nothing is drawn at import.
"""

import os
import threading
import weakref


class EntropyPool:
    """Random bytes from the kernel, drawn `block_bytes` at a time.

    Every byte is given out once.  Safe across `os.fork` and between threads; has
    no copy and no repr of what it holds.
    """

    __slots__ = ("__weakref__", "_block_bytes", "_fresh", "_lock", "_position")

    def __init__(self, block_bytes: int) -> None:
        """Draw nothing yet; `block_bytes` is how much one draw fetches."""
        if block_bytes < 1:
            message = "a pool draws at least one byte"
            raise ValueError(message)
        self._block_bytes = block_bytes
        self._lock = threading.Lock()
        self._fresh = b""
        self._position = 0
        _guard(self)

    def take(self, count: int) -> bytes:
        """Return `count` bytes that nobody else was or will be given."""
        with self._lock:
            end = self._position + count
            if end > len(self._fresh):
                self._fresh = os.urandom(max(self._block_bytes, count))
                self._position, end = 0, count
            taken = self._fresh[self._position : end]
            self._position = end
            return taken

    def clear(self) -> None:
        """Forget what is left; the next `take` draws anew.

        The lock is new too: in a forked child the old one may be held by a thread
        that does not exist there.
        """
        self._lock = threading.Lock()
        self._fresh = b""
        self._position = 0


_pools: "weakref.WeakSet[EntropyPool]" = weakref.WeakSet()
_guarding = threading.Event()


def _guard(pool: EntropyPool) -> None:
    if not _guarding.is_set():
        _guarding.set()
        os.register_at_fork(after_in_child=_clear_all)
    _pools.add(pool)


def _clear_all() -> None:
    for pool in _pools:
        pool.clear()
