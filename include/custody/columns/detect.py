"""Detection over whole columns: the fast twin of `domain.detection.detect`.

Values in a plain form take a lane; free text passes the gates of `columns.prose`;
the rest is asked of the domain rule once a distinct value (R20-R23).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from custody.columns.lanes import LANES, NOT_MINE, SURE, Codes, Lane
from custody.columns.mapping import contains
from custody.columns.normalise import fold_all
from custody.columns.prose import Masks, ask, read_prose
from custody.domain.detection import CHECKED_KINDS, OUTER_QUOTES, Detection, detect
from custody.domain.kinds import Kind
from custody.domain.normalising import DASHES

_FEW = 32
"""Values up to which asking each is faster than any lane."""

_SAMPLE, _REPEATED = 256, 8
"""Values looked at to see whether a column repeats itself, and how often it must."""

_LONG = 2_000
"""Characters above which a value is asked of the domain rule."""

_UNFOLDED = (
    "[\x00-\x1f\x7f-\xa0\xad\u1680\u2000-\u206f\u2212\u3000\ufeff\uff01-\uff5e]"
    "|  |^[ '\"`「」]|[ '\"`「」]$"
)
"""What `detection_form` changes: such values are folded before they take a lane."""

_QUOTED = f"^[{OUTER_QUOTES}]|[{OUTER_QUOTES}]$"
_SENTENCE = "[^0-9A-Z][,;:!?\u3002\uff0c\uff1a\uff1b] ?[^ 0-9]|[a-z] [a-z]+ [a-z]"
"""What no value in a plain form has but long names and addresses: no lane is tried."""

_TO_HYPHEN = ["-"] * len(DASHES)


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
    few = _distinct_if_few(values)
    if few is None:
        return _detect(values, today, expected)
    found = _detect(few, today, expected)
    at = values.cast(pl.Enum(few)).to_physical().cast(pl.Int32).fill_null(-1).to_numpy()
    missing = at < 0
    return Detected(
        np.where(missing, 0, found.codes[at]),
        found.answers,
        np.where(missing, 0, found.sure[at]),
    )


def _distinct_if_few(values: pl.Series) -> pl.Series | None:
    """Return the distinct values where they repeat so often that each is asked once."""
    if len(values) < _SAMPLE or values.head(_SAMPLE).n_unique() > _SAMPLE // _REPEATED:
        return None
    distinct = values.drop_nulls().unique()
    return distinct if 0 < len(distinct) <= len(values) // _REPEATED else None


def _detect(values: pl.Series, today: dt.date, expected: Sequence[Kind]) -> Detected:
    asking = _Asking(today)
    if len(values) <= _FEW:
        return asking.each(values)
    sure = np.zeros(len(values), dtype=np.int16)
    rest = values.is_not_null().arg_true()
    texts = values.gather(rest)
    odd = contains(texts, _UNFOLDED) | (texts.str.len_chars() > _LONG)
    sure[rest.to_numpy()] = NOT_MINE
    _tell(sure, rest.filter(~odd), texts.filter(~odd), today, expected)
    told = sure.copy()
    formed, at = _formed(texts.filter(odd)), rest.filter(odd)
    plain = ~contains(formed, _UNFOLDED) & (formed.str.len_chars() <= _LONG)
    _tell(told, at.filter(plain), formed.filter(plain), today, expected)
    left = pl.Series(told[rest.to_numpy()] == NOT_MINE)
    forms = texts.scatter(odd.arg_true(), formed)
    asking.prose(told, rest.filter(left), forms.filter(left))
    return asking.rest(values, sure=sure, told=told)


def _formed(texts: pl.Series) -> pl.Series:
    """Return the detection form of texts, but for quotes within quotes."""
    if not len(texts):
        return texts
    folded = fold_all(texts).str.replace_many(list(DASHES), _TO_HYPHEN)
    return fold_all(folded.str.strip_chars(OUTER_QUOTES))


def _tell(
    codes: Codes,
    rest: pl.Series,
    texts: pl.Series,
    today: dt.date,
    expected: Sequence[Kind],
) -> None:
    """Write into `codes`, at the positions of `rest`, what lanes tell of texts."""
    words = ~contains(texts, _SENTENCE)
    rest, texts = rest.filter(words), texts.filter(words)
    for lane in _in_order(expected):
        if not len(texts):
            break
        found = lane.codes(texts, today)
        told = pl.Series(found != NOT_MINE)
        codes[rest.to_numpy()] = found
        rest, texts = rest.filter(~told), texts.filter(~told)


class _Asking:
    """Asks the domain rule, and keeps the answers that a code stands for."""

    def __init__(self, today: dt.date) -> None:
        self._today = today
        self._answers = [_answer(kind) for kind in SURE]
        self._known = {answer: code for code, answer in enumerate(self._answers)}

    def each(self, values: pl.Series) -> Detected:
        """Ask of every value."""
        present = values.is_not_null().to_numpy()
        codes = np.where(present, NOT_MINE, 0).astype(np.int16)
        return self.rest(values, sure=codes, told=codes.copy())

    def prose(self, told: Codes, rest: pl.Series, texts: pl.Series) -> None:
        """Write what gates tell of texts; ask of each what they leave in doubt."""
        tellable = ~contains(texts, _QUOTED) & (texts.str.len_chars() <= _LONG)
        rest, texts = rest.filter(tellable), texts.filter(tellable)
        if len(texts) <= _FEW:
            return
        found = read_prose(texts)
        codes, open_at = found.codes, np.flatnonzero(found.codes == NOT_MINE)
        asked = texts.gather(open_at).to_list()
        masks: Masks = found.masks[open_at]
        for at, text, mask in zip(open_at, asked, masks.tolist(), strict=True):
            codes[at] = self._code(ask(text, mask, today=self._today))
        told[rest.to_numpy()] = codes

    def rest(self, values: pl.Series, *, sure: Codes, told: Codes) -> Detected:
        """Ask of every distinct value that is not told yet.

        `sure` are the codes where the whole value has a plain form; `told` more.
        """
        codes = told
        asked = np.flatnonzero(codes == NOT_MINE)
        cache: dict[str, int] = {}
        for position, value in zip(asked, values.gather(asked).to_list(), strict=True):
            if value not in cache:
                cache[value] = self._code(detect(value, today=self._today))
            codes[position] = cache[value]
        return Detected(codes, tuple(self._answers), sure)

    def _code(self, found: Detection) -> int:
        answer = (found.kinds, found.valid)
        if answer not in self._known:
            self._known[answer] = len(self._answers)
            self._answers.append(answer)
        return self._known[answer]


def _answer(kind: Kind | None) -> tuple[tuple[Kind, ...], bool | None]:
    if kind is None:
        return (), None
    return (kind,), True if kind in CHECKED_KINDS else None


def _in_order(expected: Sequence[Kind]) -> list[Lane]:
    first = [lane for lane in LANES if lane.serves & set(expected)]
    return first + [lane for lane in LANES if lane not in first]
