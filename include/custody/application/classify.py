"""Classify a file: the kinds and the level of each column, and of its records.

A column is as sensitive as the most sensitive kind that it surely holds: one
valid resident ID makes it high, the majority never votes it away.  Kinds told
by words alone count when a fifth of the values shows them (R20-R23).
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from custody.application.tables import Table
from custody.columns.detect import Detected, detect_column
from custody.columns.mapping import map_distinct
from custody.columns.normalise import fold_all
from custody.domain.checksums import is_organisation_sum, is_taiwan_business_sum
from custody.domain.detection import FUZZY_KINDS, level_of
from custody.domain.headings import is_plausible, kinds_of_heading
from custody.domain.kinds import Kind
from custody.domain.levels import LEVELS_FROM_HIGH, Level, highest

FUZZY_SHARE = 0.2
"""Share of present values above which kinds told by words alone count."""

CHANCE_SHARE = 0.2
"""Luhn passes one number in ten by chance: below this share it proves nothing."""

MOST_CHOICES = 12
"""Different values up to which a plain column may be a closed set."""

_CHANCE_VALUES = 20
_PROVEN_SHARE = 0.9
_PROVEN_VALUES = 5


@dataclass(slots=True)
class ColumnFindings:
    """What one column holds, counted in values."""

    name: str
    heading: tuple[Kind, ...]
    present: int = 0
    missing: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    invalid: Counter[Kind] = field(default_factory=Counter)
    card_shaped: int = 0
    digits_only: int = 0
    code_sums: int = 0
    plausible: Counter[Kind] = field(default_factory=Counter)
    lengths: tuple[int, int] | None = None
    choices: frozenset[str] = frozenset()
    many: bool = False

    @property
    def accepted(self) -> dict[Kind, int]:
        """Return the kinds that count for the column, and how many values have each."""
        found = {k: n for k, n in sorted(self.kinds.items()) if self._counts(k, n)}
        if not found and self.present >= _PROVEN_VALUES and self._is_tax_column():
            found[Kind.TAXPAYER_ID] = self.code_sums
        return found

    @property
    def hinted(self) -> tuple[Kind, ...]:
        """Return the kinds that the heading names and the values could be."""
        return tuple(kind for kind in self.heading if self.plausible[kind])

    @property
    def level(self) -> Level:
        """Return the highest level of what the column holds or is said to hold."""
        return highest((level_of(tuple(self.accepted)), level_of(self.hinted)))

    def _counts(self, kind: Kind, count: int) -> bool:
        if kind in FUZZY_KINDS:
            return kind in self.hinted or count >= FUZZY_SHARE * self.present
        if kind is Kind.BANK_CARD and self.card_shaped >= _CHANCE_VALUES:
            return count > CHANCE_SHARE * self.card_shaped
        if kind is Kind.PHONE and self.digits_only >= _CHANCE_VALUES:
            return kind in self.hinted or count > CHANCE_SHARE * self.digits_only
        return not (kind is Kind.IP and Kind.PHONE in self.hinted)

    def _is_tax_column(self) -> bool:
        return self.code_sums >= _PROVEN_SHARE * self.present


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
                _count(findings, fold_all(block[at]), today)
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
        columns.append(ColumnFindings(name=name, heading=heading, missing=before))


def _count(findings: ColumnFindings, values: pl.Series, today: dt.date) -> None:
    present = values.filter(values != "")
    findings.present += len(present)
    findings.missing += len(values) - len(present)
    if not len(present):
        return
    found = detect_column(present, today=today, expected=findings.heading)
    numbers = np.bincount(found.codes, minlength=len(found.answers))
    for (kinds, valid), number in zip(found.answers, numbers.tolist(), strict=True):
        for kind in kinds if number else ():
            findings.kinds[kind] += number
            findings.invalid[kind] += number if valid is False else 0
    shaped = present.str.contains("^[ -]?(?:[0-9][ -]?){13,19}$")
    findings.card_shaped += int(shaped.sum())
    findings.digits_only += int(present.str.contains("^[0-9]{7,}$").sum())
    findings.code_sums += _code_sums(present)
    for kind in findings.heading:
        findings.plausible[kind] += sum(
            is_plausible(kind, value) for value in present.unique().to_list()
        )
    spans = present.str.len_chars().to_numpy()
    low, high = findings.lengths or (int(spans[0]), int(spans[0]))
    _collect_choices(findings, present)
    findings.lengths = min(low, int(spans.min())), max(high, int(spans.max()))


def _collect_choices(findings: ColumnFindings, present: pl.Series) -> None:
    """Keep the different values while they are few and no kind is among them."""
    if findings.many or findings.kinds or findings.hinted:
        findings.many, findings.choices = True, frozenset()
        return
    seen = findings.choices.union(present.unique().to_list())
    findings.many = len(seen) > MOST_CHOICES
    findings.choices = frozenset() if findings.many else seen


def _code_sums(present: pl.Series) -> int:
    """Count bare older company codes: 8 or 9 characters whose sum is right."""
    codes = present.filter(present.str.contains("^[0-9]{8}[0-9X]?$"))
    if not len(codes):
        return 0
    sums = map_distinct(
        codes,
        lambda code: is_taiwan_business_sum(code) or is_organisation_sum(code),
        pl.Boolean,
    )
    return int(sums.sum())


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
