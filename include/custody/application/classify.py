"""Classify a file: the kinds and the level of each column, and of its records.

A column is as sensitive as the most sensitive kind that it surely holds: one
valid resident ID makes it high, the majority never votes it away.  Kinds told
by words alone count when a fifth of the values shows them (R20-R23).
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from custody.application.column_findings import ColumnFindings, count_column
from custody.application.tables import Table
from custody.columns.detect import Detected, detect_column
from custody.columns.normalise import fold_all
from custody.domain.detection import level_of
from custody.domain.headings import kinds_denied, kinds_of_heading
from custody.domain.levels import LEVELS_FROM_HIGH, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """A classified file: counts and levels, no value."""

    table: Table
    rows: int
    columns: tuple[ColumnFindings, ...]
    records: dict[Level, int]

    def as_json(self) -> dict[str, object]:
        """Return the public form of `custody classify --json`."""
        return {
            "file": self.table.path.name,
            "format": self.table.format.value,
            "encoding": self.table.encoding,
            "delimiter": self.table.delimiter,
            "header": self.table.header,
            "rows": self.rows,
            "columns": [
                {
                    "name": column.name,
                    "missing": column.missing,
                    "kinds": {k.value: n for k, n in column.accepted.items()},
                    "level": column.level.value,
                }
                for column in self.columns
            ],
            "records": {
                level.value: self.records.get(level, 0) for level in LEVELS_FROM_HIGH
            },
        }


def classify_table(table: Table, *, today: dt.date) -> Classification:
    """Classify a file of unknown layout; DeliveryError when unreadable.

    Two passes: what counts in a column is known only when all of it was seen,
    and only then can records be given their level.
    """
    columns: list[ColumnFindings] = []
    _add_columns(columns, table, width=len(table.names), before=0)
    rows = 0
    for block in table.blocks():
        rows += len(block[0])
        _add_columns(columns, table, width=len(block), before=rows - len(block[0]))
        for at, findings in enumerate(columns):
            if at < len(block):
                count_column(findings, fold_all(block[at]), today)
            else:
                findings.missing += len(block[0])
    records: Counter[Level] = Counter()
    for block in table.blocks():
        records.update(_record_levels(block, columns, today))
    return Classification(
        table=table, rows=rows, columns=tuple(columns), records=dict(records)
    )


def _add_columns(
    columns: list[ColumnFindings], table: Table, *, width: int, before: int
) -> None:
    for position in range(len(columns) + 1, width + 1):
        name = table.name(position)
        heading = kinds_of_heading(name) if table.header else ()
        denied = kinds_denied(name) if table.header else frozenset()
        columns.append(
            ColumnFindings(name=name, heading=heading, denied=denied, missing=before)
        )


def _record_levels(
    block: list[pl.Series], columns: list[ColumnFindings], today: dt.date
) -> Counter[Level]:
    """Return how many records of a block have each level."""
    ranks = np.zeros(len(block[0]), dtype=np.int64)
    for values, findings in zip(block, columns, strict=False):
        if findings.level is not Level.LOW:
            ranks = np.maximum(ranks, _ranks(fold_all(values), findings, today))
    by_rank = {level.rank: level for level in Level}
    return Counter(
        {
            by_rank[rank]: count
            for rank, count in enumerate(np.bincount(ranks, minlength=3).tolist())
        }
    )


def _ranks(
    values: pl.Series, findings: ColumnFindings, today: dt.date
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    present = values.set(values == "", None)
    found: Detected = detect_column(present, today=today, expected=findings.heading)
    accepted = findings.accepted
    table = [
        level_of(tuple(kind for kind in kinds if kind in accepted)).rank
        for kinds, _ in found.answers
    ]
    ranks = np.array(table, dtype=np.int64)[found.codes]
    said = level_of(findings.hinted).rank
    return np.maximum(ranks, np.where(present.is_not_null().to_numpy(), said, 0))
