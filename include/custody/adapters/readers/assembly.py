"""Frames to blocks: at most `BLOCK_ROWS` rows and `BLOCK_CELLS` cells each."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from custody.adapters.readers.limits import (
    BLOCK_CELLS,
    BLOCK_ROWS,
    FRAME_CELLS,
    FRAME_ROWS,
    MAX_ROWS,
)
from custody.columns.blocks import RawBlock, RowFault
from custody.errors import DeliveryError


def frame_of(
    names: Sequence[str],
    columns: Sequence[Sequence[str | None]],
    rows: Sequence[int] | range,
) -> pl.DataFrame:
    """Return `row` (Int64) and one String column per name."""
    series = [pl.Series("row", rows, dtype=pl.Int64)]
    series.extend(
        pl.Series(name, cells, dtype=pl.String)
        for name, cells in zip(names, columns, strict=True)
    )
    return pl.DataFrame(series)


def frame_rows(width: int) -> int:
    """Return how many rows of a width to gather one by one before a frame."""
    return max(1, min(FRAME_ROWS, FRAME_CELLS // max(width, 1)))


class Assembly:
    """Gathers small frames and their faults into blocks, in row order.

    Columns may be added on the way (JSONL); rows before have them null.
    """

    def __init__(self, first_row: int) -> None:
        """Begin with the number of the file's first row."""
        self._frames: list[pl.DataFrame] = []
        self._shape = frame_of((), (), ())
        self._faults: list[RowFault] = []
        self._unknown: dict[str, str] = {}
        self._first = first_row
        self._height = 0

    def name(self, names: Sequence[str], unknown: Mapping[str, str]) -> None:
        """State the columns, and the header cells of those policy does not know."""
        self._unknown = dict(unknown)
        self._shape = frame_of(names, [()] * len(names), ())

    def add(self, frame: pl.DataFrame) -> None:
        """Take a frame of rows that follow those before."""
        if frame.height:
            self._frames.append(frame)
            self._height += frame.height

    def fault(self, faults: Sequence[RowFault]) -> None:
        """Take faulty rows that follow those before."""
        self._faults.extend(faults)

    def count(self, next_row: int) -> None:
        """Refuse a file of too many rows; DeliveryError `too_many_rows`."""
        if next_row - self._first > MAX_ROWS:
            raise DeliveryError("too_many_rows", row=next_row)

    def full(self) -> Iterator[RawBlock]:
        """Yield the blocks that are full by now."""
        while self._height >= self._limit():
            yield self._cut(self._limit())

    def rest(self) -> Iterator[RawBlock]:
        """Yield what is left; nothing when there is neither row nor fault."""
        yield from self.full()
        if self._height or self._faults:
            yield self._cut(self._height)

    def _limit(self) -> int:
        width = self._frames[-1].width if self._frames else 1
        return max(1, min(BLOCK_ROWS, BLOCK_CELLS // width))

    def _cut(self, rows: int) -> RawBlock:
        whole = pl.concat(self._frames, how="diagonal") if self._frames else self._shape
        block, left = whole.head(rows), whole.slice(rows)
        self._frames = [left] if left.height else []
        self._height = left.height
        faults, self._faults = self._faults, []
        if left.height:
            border = left.item(0, "row")
            self._faults = [fault for fault in faults if fault.row >= border]
            faults = [fault for fault in faults if fault.row < border]
        return RawBlock(cells=block, faults=tuple(faults), unknown=self._unknown)
