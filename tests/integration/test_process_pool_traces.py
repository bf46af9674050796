"""What the pool of sealing workers leaves: no key twice, no file, no core, no heap.

Each control has its twin: the same look at a pool without it sees what it fears.
"""

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from custody.adapters import process_pool
from custody.adapters.process_pool import PooledLine, pooled
from custody.columns.line import (
    Headers,
    Line,
    Lines,
    Made,
    SealedPiece,
    Work,
    one_by_one,
)
from tests.builders.pieces import bank_examiner, bank_pieces, bank_work
from tests.builders.processes import sealing_workers, written_by

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
PIECES = 12
ROWS = 40


class Drawn:
    """The twin of entropy: bytes drawn before the work travels to the workers."""

    def __init__(self) -> None:
        self._fresh, self._at = os.urandom(1 << 16), 0

    def __call__(self, count: int) -> bytes:
        self._at += count
        return self._fresh[self._at - count : self._at]


class Watched(PooledLine[SealedPiece]):
    """A line whose workers stand still until it waits; it counts what is on its way."""

    def start_stopped(self) -> None:
        """Start the workers, and stop them before they have sealed anything."""
        self._start()
        for worker in self._workers:
            worker._process.send_signal(signal.SIGSTOP)
        self.most = 0

    def _next(self) -> SealedPiece:
        self.most = max(self.most, self._put - self._out)
        for worker in self._workers:
            worker._process.send_signal(signal.SIGCONT)
        return super()._next()


class Unbounded(Watched):
    """The twin: takes whatever comes."""

    @property
    def _most_on_way(self) -> int:
        return sys.maxsize


class Spooling(PooledLine[Made]):
    """The twin: keeps each piece in a temporary file, as a careless pool would."""

    def put(self, cells: pl.DataFrame, headers: Headers) -> Iterator[Made]:
        cells.write_ipc(Path(tempfile.gettempdir()) / "piece.arrow")
        yield from super().put(cells, headers)


@contextmanager
def spooling(work: Work[Made], /) -> Iterator[Line[Made]]:
    """Open a careless line."""
    pool = Spooling(work, workers=1)
    try:
        yield pool
    finally:
        pool.end()


def handles_of(entropy: Callable[[int], bytes]) -> list[bytes]:
    """Seal pieces here and in a worker; return every handle that was drawn."""
    out: list[SealedPiece] = []
    with pooled(1)(bank_work(bank_examiner(), entropy=entropy)) as line:
        for cells in bank_pieces(PIECES, rows=ROWS):
            out += line.put(cells, {})
        out += line.rest()
    return [handle for one in out for handle in one.block.rows["handle"]]


def test_workers_draw_their_own() -> None:
    handles = handles_of(os.urandom)

    assert len(set(handles)) == len(handles) == PIECES * ROWS


def test_twin_with_entropy_drawn_before_hands_out_bytes_twice() -> None:
    handles = handles_of(Drawn())

    assert len(set(handles)) < len(handles)


def test_what_is_on_its_way_is_bounded() -> None:
    """Memory is that of some pieces, however long the file and slow the worker."""
    assert _most_on_way(Watched) <= 2 * 1 + 1 + 1


def test_twin_without_the_bound_holds_the_whole_file() -> None:
    assert _most_on_way(Unbounded) == PIECES


def _most_on_way(kind: type[Watched]) -> int:
    pool = kind(bank_work(bank_examiner()), workers=1)
    pool.start_stopped()
    pool._put = pool._out = process_pool.PIECES_ALONE + 1  # started already
    try:
        for cells in bank_pieces(PIECES, rows=ROWS):
            list(pool.put(cells, {}))
        list(pool.rest())
    finally:
        pool.end()
    return pool.most


def test_a_piece_lies_in_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers are spoken with through pipes: no temporary file, no shared memory."""
    found = _traces(tmp_path, monkeypatch, pooled(1))

    assert found == set()


def test_twin_that_spools_pieces_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _traces(tmp_path, monkeypatch, spooling)

    assert {place.name for place in found} == {"piece.arrow"}


def _traces(folder: Path, monkeypatch: pytest.MonkeyPatch, lines: Lines) -> set[Path]:
    """Seal with a temporary folder of our own; return what came or can be written."""
    passed_on = (*process_pool._PASSED_ON, "TMPDIR")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(process_pool, "_PASSED_ON", passed_on)
    with lines(bank_work(bank_examiner())) as line:
        for cells in bank_pieces(4, rows=ROWS):
            list(line.put(cells, {}))
        workers = sealing_workers(os.getpid())
        used = {place for worker in workers for place in written_by(worker)}
        list(line.rest())
    return {*folder.rglob("*"), *used} - {Path(os.devnull)}


CORES = """
import resource, sys
from tests.builders.pieces import bank_examiner, bank_pieces, bank_work
from tests.builders.processes import core_limit, sealing_workers
from custody.adapters.process_pool import PooledLine
import os, subprocess
_, hard = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
pool = PooledLine(bank_work(bank_examiner()), workers=1)
for cells in bank_pieces(4):
    list(pool.put(cells, {}))
list(pool.rest())
(worker,) = sealing_workers(os.getpid())
with subprocess.Popen(["sleep", "60"]) as other:
    print(core_limit(worker), core_limit(other.pid))
    other.kill()
pool.end()
"""


@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_CORE)[1] == 0, reason="no core may be written"
)
def test_a_worker_leaves_no_core() -> None:
    """Whatever the task allows; its twin, a program of no concern, may be dumped."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    told = subprocess.run(
        [sys.executable, "-c", CORES],
        env=environment,
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    worker, other = told.split()
    assert worker == "0"
    assert other != "0"


def test_one_by_one_leaves_nothing_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _traces(tmp_path, monkeypatch, one_by_one) == set()
