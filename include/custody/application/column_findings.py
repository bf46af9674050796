"""What one column of an unknown file holds, counted value by value.

A column is as sensitive as the most sensitive kind that it surely holds; kinds
told by words alone count when a fifth of the values shows them, and what only
the heading tells counts where the values could be it (R20-R23).
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import polars as pl

from custody.columns.detect import Detected, detect_column
from custody.columns.mapping import map_distinct
from custody.domain.checksums import is_organisation_sum, is_taiwan_business_sum
from custody.domain.detection import CHECKED_KINDS, FUZZY_KINDS, level_of
from custody.domain.headings import is_plausible
from custody.domain.kinds import Kind
from custody.domain.levels import Level, highest
from custody.domain.normalising import DATE
from custody.domain.written_dates import DATES

FUZZY_SHARE = 0.2
"""Share of present values above which kinds told by words alone count."""

CHANCE_SHARE = 0.2
"""Luhn passes one number in ten by chance: below this share it proves nothing."""

BIRTH_SHARE = 0.8
"""Share of a column's dates on which adults were born that makes them births: the
days of a listing or a contract reach into our years."""

MOST_CHOICES = 12
"""Different values up to which a plain column may be a closed set."""

_CHANCE_VALUES = 20
_DATES = f"^(?:{'|'.join(f'(?:{one})' for one in (DATE, *DATES))})$"
_PROVEN_SHARE = 0.9
_PROVEN_VALUES = 5


@dataclass(slots=True)
class ColumnFindings:
    """What one column holds, counted in values."""

    name: str
    heading: tuple[Kind, ...]
    denied: frozenset[Kind] = frozenset()
    present: int = 0
    missing: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    invalid: Counter[Kind] = field(default_factory=Counter)
    card_shaped: int = 0
    digits_only: int = 0
    dates_only: int = 0
    code_sums: int = 0
    plausible: Counter[Kind] = field(default_factory=Counter)
    said: Counter[Kind] = field(default_factory=Counter)
    lengths: tuple[int, int] | None = None
    choices: frozenset[str] = frozenset()
    many: bool = False

    @property
    def accepted(self) -> dict[Kind, int]:
        """Return the kinds that count for the column, and how many values have each."""
        found = {k: n for k, n in sorted(self.kinds.items()) if self._counts(k, n)}
        if not found and self.present >= _PROVEN_VALUES and self._is_tax_column():
            found[Kind.TAXPAYER_ID] = self.code_sums
        for kind in self.hinted:
            if self.said[kind] and kind not in found:
                found[kind] = 0
            if kind in found:
                found[kind] = min(found[kind] + self.said[kind], self.present)
        return dict(sorted(found.items()))

    @property
    def hinted(self) -> tuple[Kind, ...]:
        """Return the kinds that the heading names and the values could be."""
        return tuple(kind for kind in self.heading if self.plausible[kind])

    @property
    def level(self) -> Level:
        """Return the highest level of what the column holds or is said to hold."""
        return highest((level_of(tuple(self.accepted)), level_of(self.hinted)))

    def _counts(self, kind: Kind, count: int) -> bool:
        if kind in self.denied:
            return False
        if kind is Kind.BIRTH_DATE and kind not in self.hinted:
            return count >= max(
                FUZZY_SHARE * self.present, BIRTH_SHARE * self.dates_only
            )
        if kind in FUZZY_KINDS:
            return kind in self.hinted or count >= FUZZY_SHARE * self.present
        if kind is Kind.BANK_CARD and self.card_shaped >= _CHANCE_VALUES:
            return count > CHANCE_SHARE * self.card_shaped
        if kind is Kind.PHONE and self.digits_only >= _CHANCE_VALUES:
            return kind in self.hinted or count > CHANCE_SHARE * self.digits_only
        return not (kind is Kind.IP and Kind.PHONE in self.hinted)

    def _is_tax_column(self) -> bool:
        return self.code_sums >= _PROVEN_SHARE * self.present


def count_column(findings: ColumnFindings, values: pl.Series, today: dt.date) -> None:
    """Add the folded values of one block to what is known of their column."""
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
    findings.dates_only += int(present.str.contains(_DATES).sum())
    findings.code_sums += _code_sums(present)
    _count_said(findings, present, found)
    spans = present.str.len_chars().to_numpy()
    low, high = findings.lengths or (int(spans[0]), int(spans[0]))
    _collect_choices(findings, present)
    findings.lengths = min(low, int(spans.min())), max(high, int(spans.max()))


def _count_said(findings: ColumnFindings, present: pl.Series, found: Detected) -> None:
    """Count the values that only the heading tells: plausible, and found nothing.

    A value counts under the first kind of the heading that it could be; its check,
    where the kind has one, does not hold.
    """
    for kind in findings.heading:
        findings.plausible[kind] += sum(
            is_plausible(kind, value) for value in present.unique().to_list()
        )
    nothing = [not kinds for kinds, _ in found.answers]
    bare = present.filter(pl.Series(np.array(nothing, dtype=bool)[found.codes]))
    for kind in _said_by(findings.heading):
        fits = map_distinct(bare, partial(is_plausible, kind), pl.Boolean)
        count = int(fits.sum())
        findings.said[kind] += count
        findings.invalid[kind] += count if kind in CHECKED_KINDS else 0
        bare = bare.filter(~fits)


def _said_by(heading: tuple[Kind, ...]) -> list[Kind]:
    """Return a heading's kinds, narrow ones first; an e-mail address is no home."""
    narrow = [kind for kind in heading if kind not in FUZZY_KINDS]
    if {Kind.EMAIL, Kind.IP} & set(narrow):
        return narrow
    return narrow + [kind for kind in heading if kind in FUZZY_KINDS]


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
