"""The sides of a bundle in memory, and the main rows that ask for their rows.

Keys are compared as they are written; an empty one asks for nothing and is asked
for by nobody.  Of rows with one key the first is taken.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from custody.columns.blocks import RowFault
from custody.domain.sources import Bundle, SideFile

UNJOINED = "unjoined_row"
AMBIGUOUS = "ambiguous_join"

_AT = "@at"
_KEY = "@key"
_ROW = "row"


@dataclass(slots=True)
class Side:
    """One side file: `rows` as read, and which of them were asked for so far."""

    file: SideFile
    rows: pl.DataFrame
    _keyed: pl.DataFrame = field(init=False, repr=False)
    _repeated: frozenset[int] = field(init=False, repr=False)
    _asked: pl.Series = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find the first row of each key."""
        keys = [here for here, _ in self.file.joins]
        present = [
            (pl.col(key).str.strip_chars() != "").fill_null(value=False) for key in keys
        ]
        usable = self.rows.with_row_index(_AT).filter(present)
        first = pl.struct(keys).is_first_distinct()
        self._keyed = usable.filter(first)
        self._repeated = frozenset(usable.filter(~first)[_AT].to_list())
        self._asked = pl.Series([False]).new_from_index(0, self.rows.height)

    def join(self, cells: pl.DataFrame, wanted: Sequence[str]) -> pl.DataFrame:
        """Return the main rows, in order, with the `wanted` columns of this side."""
        asking = [there for _, there in self.file.joins]
        keys = [f"{_KEY}{number}" for number in range(len(asking))]
        looked_up = self._keyed.select(
            pl.col(_AT),
            *(pl.col(here).alias(key) for key, here in self._named(keys).items()),
            *(pl.col(name).alias(self.file.presented(name)) for name in wanted),
        )
        joined = cells.join(
            looked_up,
            left_on=asking,
            right_on=keys,
            how="left",
            coalesce=True,
            maintain_order="left",
        )
        found = joined[_AT].drop_nulls().unique()
        if len(found):
            self._asked = self._asked.scatter(found, values=True)
        return joined.drop(_AT)

    def left(self) -> Iterator[RowFault]:
        """Yield the rows that no main row took, in order, with all their cells."""
        column = self.file.joins[0][0]
        for at in (~self._asked).arg_true().to_list():
            cells = self.rows.row(at, named=True)
            row = int(cells.pop(_ROW))
            reason = AMBIGUOUS if at in self._repeated else UNJOINED
            raw = json.dumps(cells, ensure_ascii=False).encode("utf-8", "surrogatepass")
            yield RowFault(row, column, reason, raw, self.file.name)

    def _named(self, keys: Sequence[str]) -> Mapping[str, str]:
        return dict(zip(keys, (here for here, _ in self.file.joins), strict=True))


@dataclass(frozen=True, slots=True)
class Joining:
    """All sides of one bundle, joined one after the other."""

    bundle: Bundle
    sides: Sequence[Side]

    def join(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Return the main rows, in order, with every side column that fills a field."""
        asked = {there for side in self.bundle.sides for _, there in side.joins}
        missing = [name for name in self._main() & asked if name not in cells.columns]
        cells = cells.with_columns(
            pl.lit(None, dtype=pl.String).alias(name) for name in missing
        )
        for side in self.sides:
            wanted = [
                column.name
                for column in side.file.columns
                if column.field is not None or side.file.presented(column.name) in asked
            ]
            cells = side.join(cells, wanted)
        fills = {one.name for side in self.bundle.sides for one in side.filling}
        return cells.drop(asked - fills - self._main())

    def left(self) -> tuple[RowFault, ...]:
        """Return the rows of the sides that no main row took."""
        return tuple(fault for side in self.sides for fault in side.left())

    def _main(self) -> set[str]:
        return {column.name for column in self.bundle.columns}
