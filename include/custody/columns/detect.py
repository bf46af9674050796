"""Detection over whole columns: the fast twin of `domain.detection.detect`.

Values in a plain form take a lane; the rest is asked of the domain rule once a
distinct value (R20-R23).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from custody.columns.lanes import LANES, NOT_MINE, SURE, Codes, Lane
from custody.columns.mapping import contains
from custody.columns.normalise import fold_all
from custody.domain.detection import CHECKED_KINDS, detect
from custody.domain.kinds import Kind

_FEW = 32
"""Values up to which asking each is faster than any lane."""

_LONG = 400
"""Characters above which a value is asked of the domain rule."""

_UNFOLDED = (
    "[\x00-\x1f\x7f-\xa0\xad\u1680\u2000-\u206f\u2212\u3000\ufeff\uff01-\uff5e]"
    "|  |^[ '\"`「」]|[ '\"`「」]$"
)
"""What `detection_form` changes: such values are folded before they take a lane."""


@dataclass(frozen=True, slots=True)
class Detected:
    """What a column holds, row by row; `codes` point into `answers`.

    An answer is the kinds, sorted, and whether their check holds.  `sure` tells
    that the whole value is one number, name or address whose form is plain.
    """

    codes: Codes
    answers: tuple[tuple[tuple[Kind, ...], bool | None], ...]
    sure: Codes

    def texts(self) -> pl.Series:
        """Return the kinds joined by `+`, null when none."""
        return self.pick(["+".join(kinds) or None for kinds, _ in self.answers])

    def valid(self) -> pl.Series:
        """Return whether the check of what was found holds, null without one."""
        table = pl.Series([valid for _, valid in self.answers], dtype=pl.Boolean)
        return table.gather(self.codes)

    def pick(self, table: Sequence[str | None]) -> pl.Series:
        """Return one text per row from a table that is as long as `answers`."""
        return pl.Series(table, dtype=pl.String).gather(self.codes)


def detect_column(
    values: pl.Series, *, today: dt.date, expected: Sequence[Kind] = ()
) -> Detected:
    """Return what each value is; null holds nothing.

    `expected` kinds only say which lanes are tried first.
    """
    if len(values) <= _FEW:
        present = values.is_not_null().to_numpy()
        return _ask(values, np.where(present, NOT_MINE, 0).astype(np.int16), today)
    sure = np.zeros(len(values), dtype=np.int16)
    rest = values.is_not_null().arg_true()
    texts = values.gather(rest)
    odd = contains(texts, _UNFOLDED) | (texts.str.len_chars() > _LONG)
    sure[rest.to_numpy()] = NOT_MINE
    _tell(sure, rest.filter(~odd), texts.filter(~odd), today, expected)
    told = sure.copy()
    folded = fold_all(texts.filter(odd))
    plain = ~contains(folded, _UNFOLDED) & (folded.str.len_chars() <= _LONG)
    _tell(told, rest.filter(odd).filter(plain), folded.filter(plain), today, expected)
    return _ask(values, sure, today, told=told)


def _tell(
    codes: Codes,
    rest: pl.Series,
    texts: pl.Series,
    today: dt.date,
    expected: Sequence[Kind],
) -> None:
    """Write into `codes`, at the positions of `rest`, what lanes tell of texts."""
    for lane in _in_order(expected):
        if not len(texts):
            break
        found = lane.codes(texts, today)
        told = pl.Series(found != NOT_MINE)
        codes[rest.to_numpy()] = found
        rest, texts = rest.filter(~told), texts.filter(~told)


def _ask(
    values: pl.Series, sure: Codes, today: dt.date, *, told: Codes | None = None
) -> Detected:
    """Ask the domain rule of every distinct value that no lane told.

    `told` are the codes where lanes told more than what is sure: values that
    have to be folded first.
    """
    answers = [_answer(kind) for kind in SURE]
    known = {answer: code for code, answer in enumerate(answers)}
    codes = (sure if told is None else told).copy()
    asked = np.flatnonzero(codes == NOT_MINE)
    cache: dict[str, int] = {}
    for position, value in zip(asked, values.gather(asked).to_list(), strict=True):
        if value not in cache:
            found = detect(value, today=today)
            answer = (found.kinds, found.valid)
            if answer not in known:
                known[answer] = len(answers)
                answers.append(answer)
            cache[value] = known[answer]
        codes[position] = cache[value]
    return Detected(codes, tuple(answers), sure)


def _answer(kind: Kind | None) -> tuple[tuple[Kind, ...], bool | None]:
    if kind is None:
        return (), None
    return (kind,), True if kind in CHECKED_KINDS else None


def _in_order(expected: Sequence[Kind]) -> list[Lane]:
    first = [lane for lane in LANES if lane.serves & set(expected)]
    return first + [lane for lane in LANES if lane not in first]
