"""The blocks of a bundle: several files of one delivery, presented as one table.

The main file is streamed and its rows are the delivery's rows; the sides are read
before it and held in memory, up to the cap that policy states.  Rows of a side
that nobody asked for come last, as faults that name their file.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from custody.application.intake.landed_blocks import landed_blocks
from custody.application.ports import Landing, Reader
from custody.columns.blocks import RawBlock, RowFault
from custody.columns.joining import Joining, Side
from custody.domain.delivery import DeliveryKey, ManifestFile
from custody.domain.sources import Bundle, SideFile, Source
from custody.errors import DeliveryError

FIRST_ROW = 1

_CELL_BYTES = 16


def bundled_blocks(
    landing: Landing,
    key: DeliveryKey,
    files: Sequence[ManifestFile],
    *,
    reader: Callable[[Source], Reader],
    source: Source,
    bundle: Bundle,
) -> Iterator[RawBlock]:
    """Stream the joined table; `columns` of the blocks are those of the source.

    DeliveryError `bundle_file_missing`, `bundle_file_unknown` or
    `bundle_too_large` before a row is read; any other names its file too.
    """
    named = _named(files, bundle)
    return _Bundled(landing, key, named, reader, source, bundle).blocks()


def _named(files: Sequence[ManifestFile], bundle: Bundle) -> dict[str, ManifestFile]:
    """Return the files by name: those of the bundle, all of them, none beside."""
    named = {file.name: file for file in files}
    missing = sorted(bundle.names - named.keys())
    if missing:
        raise DeliveryError("bundle_file_missing", file=missing[0])
    if named.keys() - bundle.names:
        raise DeliveryError("bundle_file_unknown")  # its name is the sender's
    return named


@dataclass(slots=True)
class _Bundled:
    """One bundle on its way; what its sides hold so far."""

    landing: Landing
    key: DeliveryKey
    files: dict[str, ManifestFile]
    reader: Callable[[Source], Reader]
    source: Source
    bundle: Bundle
    rows: int = 0
    bytes: int = 0

    def blocks(self) -> Iterator[RawBlock]:
        """Yield the main file's blocks, joined, then what was left in the sides."""
        sides, faults = self._sides()
        joining = Joining(self.bundle, sides)
        main = replace(self.source, columns=self.bundle.columns)
        shape = pl.DataFrame(schema={"row": pl.Int64})
        for block in self._read(self.bundle.main, main):
            yield replace(block, cells=joining.join(block.cells))
        yield RawBlock(cells=shape, faults=(*faults, *joining.left()))

    def _sides(self) -> tuple[list[Side], list[RowFault]]:
        sizes = [self.files[side.name].size for side in self.bundle.sides]
        if sum(sizes) > self.bundle.most_bytes:
            raise DeliveryError("bundle_too_large")
        sides, faults = [], []
        for side in self.bundle.sides:
            frames = [_shape(side)]
            for block in self._read(side.name, self._as_source(side)):
                self._refuse_unknown(block, side)
                self._count(block, side)
                frames.append(block.cells)
                faults += [replace(one, file=side.name) for one in block.faults]
            names = frames[0].columns
            whole = pl.concat(frames, how="diagonal").select(names)
            sides.append(Side(side, whole))
        return sides, faults

    def _as_source(self, side: SideFile) -> Source:
        return replace(self.source, layout=side.layout, columns=side.columns)

    def _count(self, block: RawBlock, side: SideFile) -> None:
        """Refuse what is more than may be held; the first row too many is named."""
        before, self.rows = self.rows, self.rows + block.cells.height
        self.bytes += _held_bytes(block.cells)
        self.bytes += sum(len(fault.raw) for fault in block.faults)
        if self.rows > self.bundle.most_rows:
            row = int(block.cells["row"][self.bundle.most_rows - before])
            raise DeliveryError("bundle_too_large", row=row, file=side.name)
        if self.bytes > self.bundle.most_bytes:
            raise DeliveryError("bundle_too_large", file=side.name)

    def _refuse_unknown(self, block: RawBlock, side: SideFile) -> None:
        """Refuse a side's column that policy does not name, unless it says ignore."""
        known = {"row", *(column.name for column in side.columns)}
        unknown = [name for name in block.cells.columns if name not in known]
        if unknown and self.source.unknown_columns != "ignore":
            raise DeliveryError(
                "unknown_column", row=0, column=unknown[0], file=side.name
            )

    def _read(self, name: str, source: Source) -> Iterator[RawBlock]:
        """Stream one file; whatever is wrong with it names it."""
        fault = None
        try:
            yield from landed_blocks(
                self.landing,
                self.key,
                self.files[name],
                reader=self.reader(source),
                source=source,
                first_row=FIRST_ROW,
            )
        except DeliveryError as error:
            fault = error.within(name)
        if fault is not None:
            raise fault


def _held_bytes(cells: pl.DataFrame) -> int:
    """Return what a frame takes: Polars has 16 bytes for a cell, beside its text."""
    texts = cells.select(pl.col(pl.String).str.len_bytes().sum())
    return cells.height * cells.width * _CELL_BYTES + sum(n or 0 for n in texts.row(0))


def _shape(side: SideFile) -> pl.DataFrame:
    names = [column.name for column in side.columns]
    return pl.DataFrame(schema={"row": pl.Int64, **dict.fromkeys(names, pl.String)})
