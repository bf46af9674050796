"""Sealed fields back to cells of a source's columns, as policy has them today.

What leaves here is read by the examiner as if a file had brought it.  A field
comes back through its first column; a column that was unknown when it was sealed
comes back under its header if policy names it by now, else as `?<n>` again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from custody.domain.headers import UNKNOWN, sealed_name, split_sealed_name, tidy
from custody.domain.sources import Source

Opened = tuple[int, Mapping[str, str]]
"""Row number, and the fields of all its levels under their sealed names."""


@dataclass(slots=True)
class Recall:
    """Recalls the cells of one delivery, block by block.

    A place that two files of the delivery gave to different headers is given to
    the first; the others get places of their own, the same in every block.
    """

    source: Source
    _places: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def cells(self, rows: Sequence[Opened]) -> tuple[pl.DataFrame, dict[str, str]]:
        """Return `row` and one text column per column, and the unknown headers.

        Texts of one cell (a field, and a column named since) are joined by a blank.
        """
        names = {name for _, fields in rows for name in fields}
        fields = {
            name: pl.Series([one.get(name) for _, one in rows], dtype=pl.String)
            for name in names
        }
        numbers = pl.Series("row", [row for row, _ in rows], dtype=pl.Int64)
        return self.columns(numbers, fields)

    def columns(
        self, rows: pl.Series, fields: Mapping[str, pl.Series]
    ) -> tuple[pl.DataFrame, dict[str, str]]:
        """Return the same of fields by sealed name, each with a text a row."""
        targets, headers = self._targets(set(fields))
        parts: dict[str, list[pl.Series]] = {}
        for name, column in targets.items():
            parts.setdefault(column, []).append(fields[name])
        columns = [_joined(texts).alias(column) for column, texts in parts.items()]
        return pl.DataFrame([rows.alias("row"), *columns]), headers

    def _targets(self, names: set[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return sealed name -> column, fields first, and column -> unknown header."""
        declared = {tidy(column.name): column.name for column in self.source.columns}
        fields = sorted(name for name in names if not name.startswith(UNKNOWN))
        unknown, headers = {}, {}
        for name in sorted(names - set(fields)):
            header = split_sealed_name(name)[1]
            unknown[name] = declared.get(header) or self._place(name)
            if header and header not in declared:
                headers[unknown[name]] = header
        targets = {}
        for name in fields:
            columns = [one.name for one in self.source.fields_of(name)]
            free = [one for one in columns if one not in unknown.values()] or columns
            targets[name] = free[0] if free else self._place(sealed_name(UNKNOWN, name))
            if not free:
                headers[targets[name]] = name
        return targets | unknown, headers

    def _place(self, name: str) -> str:
        """Return the place of an unknown column: its own, unless another has it."""
        if name not in self._places:
            wished = split_sealed_name(name)[0]
            used = set(self._places.values())
            if wished == UNKNOWN or wished in used:
                last = max(
                    (int(one.removeprefix(UNKNOWN)) for one in used),
                    default=len(self.source.columns),
                )
                wished = f"{UNKNOWN}{last + 1}"
            self._places[name] = wished
        return self._places[name]


def _joined(texts: Sequence[pl.Series]) -> pl.Series:
    """Return what stands in one column, row by row: null where none has a text."""
    if len(texts) == 1:
        return texts[0]
    frame = pl.DataFrame([text.alias(str(at)) for at, text in enumerate(texts)])
    text = pl.concat_str(pl.all(), separator=" ", ignore_nulls=True)
    there = pl.any_horizontal(pl.all().is_not_null())
    return frame.select(pl.when(there).then(text)).to_series()
