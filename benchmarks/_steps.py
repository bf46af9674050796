"""What sealing a row costs by step, in CPU microseconds of one process.

The steps are those of the real sealing task, timed where they are called, each
without the steps inside it; the database takes no part.
"""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl

from custody.adapters import copying
from custody.adapters.readers.choose import reader_of
from custody.adapters.warehouse import staging
from custody.application.intake.sealing import PIECE_ROWS
from custody.columns import facts, fieldfacts, seal
from custody.columns.blocks import SealedBlock
from custody.columns.index import BlindIndex
from tests.builders.many import bank_customers
from tests.builders.pieces import bank_examiner, bank_work

ROWS = 4 * PIECE_ROWS
_PLACES: tuple[tuple[Any, str, str], ...] = (
    (facts, "normalise_block", "normalise"),
    (fieldfacts, "detect_column", "detect"),
    (facts.Examining, "__call__", "facts and rules"),
    (seal, "encode_level", "canonical encoding"),
    (seal, "seal_batch", "seal values, wrap keys"),
    (BlindIndex, "of_block", "index and suppression tokens"),
    (BlindIndex, "of_values", "row tokens"),
    (seal, "project", "masks"),
    (seal.Sealer, "seal", "frames"),
)


class Clock:
    """Adds up the time of steps; a step inside another is not counted twice."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.spent: dict[str, float] = {}
        self._running: list[str] = []
        self._since = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what is done within for the step of that name."""
        self._charge()
        self._running.append(name)
        yield
        self._charge()
        self._running.pop()

    def timed(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Return the call, counted."""

        def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - any call
            with self.step(name):
                return call(*given, **named)

        return counted

    def _charge(self) -> None:
        now = time.process_time()
        if self._running:
            step = self._running[-1]
            self.spent[step] = self.spent.get(step, 0.0) + now - self._since
        self._since = now


@contextmanager
def _watched(clock: Clock) -> Iterator[None]:
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in _PLACES]
    for owner, name, step in _PLACES:
        setattr(owner, name, clock.timed(getattr(owner, name), step))
    yield
    for owner, name, call in kept:
        setattr(owner, name, call)


def breakdown(rows: int = ROWS) -> dict[str, float]:
    """Return microseconds a row by step, dearest first."""
    content = bank_customers(rows).write_csv().encode()
    examiner = bank_examiner()
    work, source = bank_work(examiner), examiner.plan.source
    clock = Clock()
    for _ in range(2):  # the first warms up
        clock.spent.clear()
        reader = reader_of(source.layout)
        with clock.step("parse"):
            blocks = list(
                reader.blocks(io.BytesIO(content), source.layout, source, first_row=1)
            )
        with _watched(clock):
            for block in blocks:
                for piece in block.cells.iter_slices(PIECE_ROWS):
                    sealed = work(piece, {}).block
                    with clock.step("rows as COPY has them"):
                        _encode(sealed)
    dearest = sorted(clock.spent.items(), key=lambda one: -one[1])
    return {name: spent * 1e6 / rows for name, spent in dearest}


def _encode(block: SealedBlock) -> None:
    """Encode what goes to staging, and the keys, as COPY takes them."""
    place = block.rows.select("handle", "row")
    for frame, columns in (
        (block.rows, staging._ROWS),  # noqa: SLF001 - the tables as they are
        (block.values.join(place, on="handle"), staging._VALUES),  # noqa: SLF001
        (block.tokens.join(place, on="handle"), staging._TOKENS),  # noqa: SLF001
        (block.row_tokens.join(place, on="handle"), staging._ROW_TOKENS),  # noqa: SLF001
        (block.projection, staging._PROJECTION),  # noqa: SLF001
        (block.keys, dict.fromkeys(("handle", "key_id", "wrapped"), "bytea")),
    ):
        whole = frame.with_columns(
            delivery_id=pl.lit("partner_bank/2026-11-23/1"),
            index_epoch=pl.lit(1, dtype=pl.Int32),
        )
        copying.encode_rows(whole.select(list(columns)), columns)
