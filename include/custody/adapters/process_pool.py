"""The line of sealing over a small pool of processes (design section 8).

This process reads, copies into the database, and seals too whenever every worker
has enough to do; so with one worker two cores are busy, and none waits for long.
Workers start when a delivery proves large enough to pay for it, and end with it.

A piece that a worker cannot seal is sealed here, where the fault has its name.  A
worker that dies ends the delivery with an error: nothing of it was committed.
"""

import contextlib
import fcntl
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic

import polars as pl

from custody.adapters.sealing_worker import PROTOCOL
from custody.columns.line import Headers, Line, Lines, Made, Work
from custody.domain.language import Text
from custody.errors import WorldError

MAX_WORKERS = 4
"""Processes beside this one: one COPY stream takes no more than they seal."""

PIECES_ALONE = 1
"""Pieces sealed before a worker is started: a small delivery starts none."""

_WAITING = 1  # pieces waiting for a worker beside the one that it seals
_PIPE_BYTES = 1024 * 1024
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")
"""What a worker sees of the environment: no setting, and no secret."""

_CGROUP_CPU = Path("/sys/fs/cgroup/cpu.max")

Piece = tuple[pl.DataFrame, Headers]
_KILLED = Text(
    "一个加密进程被终止：请重新运行任务",
    "a sealing worker was killed: run the task again",
)


def cores() -> int:
    """Return how many cores this process may use: by affinity and by cgroup."""
    allowed = len(os.sched_getaffinity(0))
    with contextlib.suppress(OSError, ValueError):
        quota, period = _CGROUP_CPU.read_text(encoding="ascii").split()
        allowed = min(allowed, max(1, int(quota) // int(period)))
    return allowed


def pooled(workers: int) -> Lines:
    """Return lines that use up to that many processes beside this one."""

    @contextmanager
    def line(work: Work[Made], /) -> Iterator[Line[Made]]:
        pool = PooledLine(work, workers=workers)
        try:
            yield pool
        finally:
            pool.end()

    return line


class PooledLine(Generic[Made]):
    """Implements `Line`; `end` stops the workers, whatever they do."""

    def __init__(self, work: Work[Made], *, workers: int) -> None:
        """Start nothing yet."""
        self._work = work
        self._most = workers
        self._workers: list[_Worker] = []
        self._given: dict[int, Piece] = {}
        self._answers: dict[int, Made | None] = {}
        self._put = self._out = 0
        self._changed = threading.Condition()

    def put(self, cells: pl.DataFrame, headers: Headers) -> Iterator[Made]:
        """Hand the piece to a worker with room, or seal it here."""
        number, self._put = self._put, self._put + 1
        if number == PIECES_ALONE:
            self._start()
        piece = cells, dict(headers)
        self._given[number] = piece
        if not any(worker.offer(number, piece) for worker in self._workers):
            self._answered(number, self._work(*piece))
        while self._out in self._answers or self._put - self._out > self._most_on_way:
            yield self._next()

    def rest(self) -> Iterator[Made]:
        """Yield what workers still seal."""
        while self._out < self._put:
            yield self._next()

    def end(self) -> None:
        """Stop every worker; what it still seals is dropped with its keys."""
        for worker in self._workers:
            worker.stop()
        self._workers.clear()

    @property
    def _most_on_way(self) -> int:
        """Return how many pieces may wait for their turn: memory is theirs."""
        return (1 + _WAITING) * len(self._workers) + 1

    def _start(self) -> None:
        """Start the workers; where the work cannot travel, this process is alone."""
        try:
            packed = pickle.dumps(self._work, PROTOCOL)
        except (AttributeError, TypeError, ValueError, pickle.PicklingError):
            return
        for _ in range(self._most):
            self._workers.append(_Worker(packed, self._answered))

    def _answered(self, number: int, sealed: Made | None) -> None:
        with self._changed:
            self._answers[number] = sealed
            self._changed.notify_all()

    def _next(self) -> Made:
        """Wait for the piece whose turn it is; WorldError when a worker died."""
        with self._changed:
            self._changed.wait_for(lambda: self._out in self._answers or self._died())
            if self._out not in self._answers:
                raise _KILLED.as_error(WorldError)
            sealed = self._answers.pop(self._out)
        piece = self._given.pop(self._out)
        self._out += 1
        return self._work(*piece) if sealed is None else sealed

    def _died(self) -> bool:
        return any(worker.dead for worker in self._workers)


class _Worker:
    """One process, and the thread that speaks with it."""

    def __init__(self, packed: bytes, answered: Callable[[int, Any], None]) -> None:
        self.dead = False
        self._answered = answered
        self._asked: queue.Queue[tuple[int, Piece] | None] = queue.Queue(_WAITING)
        self._process = _started()
        self._thread = threading.Thread(target=self._speak, args=(packed,), daemon=True)
        self._thread.start()

    def offer(self, number: int, piece: Piece) -> bool:
        """Take a piece if there is room for one more."""
        with contextlib.suppress(queue.Full):
            self._asked.put_nowait((number, piece))
            return not self.dead
        return False

    def stop(self) -> None:
        """End the process at once and wait for it."""
        self._process.kill()
        with contextlib.suppress(queue.Full):
            self._asked.put_nowait(None)
        self._thread.join()
        self._process.wait()

    def _speak(self, packed: bytes) -> None:
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None  # noqa: S101 - pipes were asked for
        assert answers is not None  # noqa: S101 - as above
        with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
            asked.write(packed)
            while task := self._asked.get():
                number, piece = task
                pickle.dump(piece, asked, PROTOCOL)
                asked.flush()
                self._answered(number, pickle.load(answers))  # noqa: S301 - our child
        with contextlib.suppress(OSError):
            asked.close()
        answers.close()
        self.dead = True
        self._answered(_NO_PIECE, None)  # whoever waits looks up


_NO_PIECE = -1


def _started() -> "subprocess.Popen[bytes]":
    """Start a worker; its words go nowhere, for they may hold what was read."""
    known = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "custody.adapters.sealing_worker"],
        env={**known, **own, "POLARS_MAX_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):  # a wider pipe is a matter of speed only
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)  # type: ignore[arg-type]
    return process
