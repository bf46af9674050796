"""Sources and streams for tests of readers; invented."""

import dataclasses
import io
from collections.abc import Iterable, Iterator, Sequence

from custody.adapters.readers.choose import reader_of
from custody.columns.blocks import RawBlock, RowFault
from custody.domain.sources import FileFormat, Layout, Source, SourceColumn
from tests.builders.policies import source

CSV = Layout(format=FileFormat.CSV)
HEADERLESS = Layout(format=FileFormat.CSV, header=False)
JSONL = Layout(format=FileFormat.JSONL)
XLSX = Layout(format=FileFormat.XLSX)


class Trickle(io.BytesIO):
    """A stream that gives a few bytes at a time, whatever it is asked for."""

    def __init__(self, content: bytes, step: int) -> None:
        super().__init__(content)
        self._step = step

    def read(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002 - the port of a stream
        return super().read(self._step)


def source_of(names: Iterable[str], layout: Layout) -> Source:
    """Return a source with these columns, each ignored, and this layout."""
    columns = tuple(SourceColumn(name=name, field=None) for name in names)
    return dataclasses.replace(source(), columns=columns, layout=layout)


def read(
    content: bytes,
    names: Sequence[str],
    layout: Layout = CSV,
    *,
    step: int = 1 << 20,
    first_row: int = 1,
) -> tuple[list[dict[str, object]], list[RowFault]]:
    """Return the rows (as dicts with `row`) and the faults of a file."""
    rows: list[dict[str, object]] = []
    faults: list[RowFault] = []
    for block in blocks(content, names, layout, step=step, first_row=first_row):
        rows.extend(block.cells.to_dicts())
        faults.extend(block.faults)
    return rows, faults


def blocks(
    content: bytes,
    names: Sequence[str],
    layout: Layout = CSV,
    *,
    step: int = 1 << 20,
    first_row: int = 1,
) -> Iterator[RawBlock]:
    """Yield the blocks of a file."""
    whole = layout.format in {FileFormat.XLSX, FileFormat.PARQUET}
    stream = None if whole else Trickle(content, step)
    own = source_of(names, layout)
    return reader_of(layout).blocks(
        stream or io.BytesIO(content), layout, own, first_row=first_row
    )
