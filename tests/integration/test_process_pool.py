"""The pool of sealing workers: as one process, faster, and it outlives nobody."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from custody.adapters import process_pool
from custody.adapters.process_pool import PooledLine, pooled
from custody.columns.line import Line, PieceWork, SealedPiece, one_by_one
from custody.crypto.cs1 import open_sealed
from custody.crypto.keyrecord import unwrap_key
from custody.domain.canonical import decode_fields
from custody.domain.levels import Level
from custody.errors import WorldError
from tests.builders.pieces import KEYS, bank_examiner, bank_pieces, bank_work

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


class Refuses:
    """Stands for a cell that no rule foresaw: examining it fails."""

    def __init__(self, parent: int) -> None:
        self.parent = parent

    def __call__(self, cells: pl.DataFrame) -> tuple[object, pl.DataFrame]:
        if os.getpid() != self.parent:
            raise ValueError(str(cells["resident_id"].to_list()))
        message = "a clean word"
        raise RuntimeError(message)


def through(line: Line[SealedPiece], count: int) -> list[SealedPiece]:
    """Send pieces through a line."""
    out: list[SealedPiece] = []
    for cells in bank_pieces(count):
        out += line.put(cells, {})
    return [*out, *line.rest()]


def through_all(
    line: Line[SealedPiece], ready: Iterator[SealedPiece]
) -> list[SealedPiece]:
    """Take what is ready and what is still to come."""
    return [*ready, *line.rest()]


def opened(pieces: list[SealedPiece]) -> dict[tuple[int, str], dict[str, str]]:
    """Open every sealed value: (row, level) -> fields."""
    found = {}
    for piece in pieces:
        block = piece.block
        rows = dict(zip(block.rows["handle"], block.rows["row"], strict=True))
        both = block.values.join(block.keys, on=["handle", "level", "key_id"])
        for one in both.iter_rows(named=True):
            place = {
                "dataset": "customers",
                "level": one["level"],
                "handle": one["handle"],
                "key_id": one["key_id"],
            }
            key = unwrap_key(
                wrapping_key=KEYS.wrapping[Level(one["level"])],
                wrapped=one["wrapped"],
                epoch=one["epoch"],
                **place,
            )
            content = open_sealed(
                data_key=key, sealed=one["sealed"], suites=(1,), **place
            )
            fields = decode_fields(content.encoding)
            found[rows[one["handle"]], one["level"]] = fields
    return found


def children(process: int) -> list[int]:
    """Return the sealing workers that a process has started."""
    tasks = Path(f"/proc/{process}/task")
    started = [
        int(child)
        for thread in tasks.iterdir()
        for child in (thread / "children").read_text(encoding="ascii").split()
    ]
    return [child for child in started if b"sealing_worker" in command_of(child)]


def command_of(process: int) -> bytes:
    """Return what a process was started as; nothing when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""


def lives(process: int) -> bool:
    """Whether a process is there and no zombie."""
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
        return state.rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_pool_gives_what_one_process_gives() -> None:
    """Same rows in the same order, same plaintext, facts, tokens and fingerprints."""
    examiner = bank_examiner()
    with one_by_one(bank_work(examiner)) as line:
        alone = through(line, 8)

    with pooled(2)(bank_work(examiner)) as line:
        together = through(line, 8)

    assert opened(together) == opened(alone)
    for one, other in zip(alone, together, strict=True):
        assert one.seen.equals(other.seen)
        for name in ("rows", "tokens", "row_tokens", "projection", "facts"):
            mine, theirs = getattr(one.block, name), getattr(other.block, name)
            assert mine.drop("handle").equals(theirs.drop("handle")), name


def test_no_two_values_of_a_pool_share_a_key() -> None:
    """Every worker draws its own entropy: with a zero nonce a repeat were fatal."""
    with pooled(3)(bank_work(bank_examiner())) as line:
        pieces = through(line, 12)

    for name in ("key_id", "handle"):
        frames = [piece.block.values[name] for piece in pieces]
        drawn = pl.concat(frames).to_list()
        assert len({*drawn}) == (len(drawn) if name == "key_id" else 12 * 40)


def test_a_small_delivery_starts_no_worker() -> None:
    """Starting one costs more than it saves."""
    pool = PooledLine(bank_work(bank_examiner()), workers=2)

    through(pool, process_pool.PIECES_ALONE)

    assert not children(os.getpid())


def test_work_that_cannot_travel_is_done_here() -> None:
    """A team's rule may hold what no other process can read."""
    work = bank_work(bank_examiner(), entropy=lambda count: bytes(os.urandom(count)))

    with pooled(2)(work) as line:
        pieces = through(line, 4)

    assert sum(piece.block.rows.height for piece in pieces) == 4 * 40


def test_the_pool_is_gone_with_its_line() -> None:
    with pooled(2)(bank_work(bank_examiner())) as line:
        through(line, 3)
        during = children(os.getpid())

    assert len(during) == 2
    assert not any(lives(worker) for worker in during)


def test_a_killed_worker_ends_the_delivery_with_a_clean_word() -> None:
    """Nothing half-done is handed on, and the line does not wait for ever."""
    pieces = iter(bank_pieces(6))
    with pooled(1)(bank_work(bank_examiner())) as line:
        list(line.put(next(pieces), {}))
        list(line.put(next(pieces), {}))
        for worker in children(os.getpid()):
            os.kill(worker, signal.SIGKILL)

        with pytest.raises(WorldError, match="run the task again") as told:
            through(line, 6)

    assert told.value.__cause__ is None


def test_a_fault_in_a_worker_is_told_by_this_process_alone() -> None:
    """A worker's exception may hold a value: neither its text nor its chain leaves."""
    work = PieceWork(
        examine=Refuses(os.getpid()),  # type: ignore[arg-type]
        sealer=bank_work(bank_examiner()).sealer,
    )
    pool = PooledLine(work, workers=1)
    pool._put = pool._out = process_pool.PIECES_ALONE
    (cells,) = bank_pieces(1)

    with (
        pytest.raises(RuntimeError, match="a clean word") as told,
    ):
        through_all(pool, pool.put(cells, {}))
    pool.end()

    assert told.value.__context__ is None


def test_keys_reach_a_worker_through_memory_only() -> None:
    """Neither its arguments nor its environment hold a key or a setting."""
    with pooled(1)(bank_work(bank_examiner())) as line:
        through(line, 2)
        (worker,) = children(os.getpid())
        seen = b"".join(
            Path(f"/proc/{worker}/{name}").read_bytes()
            for name in ("cmdline", "environ")
        )

    index = (KEYS.index.index_key, KEYS.index.field_root, KEYS.index.suppression_key)
    for key in (*KEYS.wrapping.values(), *index):
        assert key not in seen
        assert key.hex().encode() not in seen
    assert b"CUSTODY_" not in seen
    assert repr(bank_work(bank_examiner())) == "PieceWork()"


TASK = """
import sys
from custody.adapters.process_pool import PooledLine
from tests.builders.pieces import bank_examiner, bank_pieces, bank_work
pool = PooledLine(bank_work(bank_examiner()), workers=2)
for cells in bank_pieces(4):
    list(pool.put(cells, {}))
list(pool.rest())
print("sealed", flush=True)
for cells in bank_pieces(10_000):
    list(pool.put(cells, {}))
"""


def test_workers_end_when_the_task_is_killed() -> None:
    """SIGKILL leaves nobody behind who holds keys."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", TASK], env=environment, stdout=subprocess.PIPE, cwd=ROOT
    ) as task:
        assert task.stdout is not None
        assert task.stdout.readline() == b"sealed\n"
        workers = children(task.pid)

        task.kill()

    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(map(lives, workers)) and time.monotonic() < deadline:
        os.sched_yield()
    assert len(workers) == 2
    assert not any(map(lives, workers))
