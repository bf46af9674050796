"""Dates and times by format: what Python's `strptime` takes, as an expression.

Great Expectations asks `datetime.strptime` for each value.  The same language
is written here as one regular expression (CPython `_strptime`) and, for the
day, the length of the month, so that no value meets a Python loop.  Digits are
ASCII: the normalised text has no others.
"""

import re

import polars as pl

from custody.domain.expectations import Expectation

_DIRECTIVES = {
    "Y": r"(?P<Y>[0-9]{4})",
    "m": r"(?P<m>1[0-2]|0[1-9]|[1-9])",
    "d": r"(?P<d>3[0-1]|[1-2][0-9]|0[1-9]|[1-9]| [1-9])",
    "H": r"(?P<H>2[0-3]|[0-1][0-9]|[0-9])",
    "M": r"(?P<M>[0-5][0-9]|[0-9])",
    "S": r"(?P<S>[0-5][0-9]|[0-9])",
    "f": r"(?P<f>[0-9]{1,6})",
    "%": "%",
}
_FEBRUARY = 2
_SHORT_MONTHS = (4, 6, 9, 11)
_UNSTATED_YEAR = 1900  # what strptime fills in


def is_dated(column: pl.Expr, expectation: Expectation, written: str) -> pl.Expr:
    """Return whether each value is parsed by the format, null where null."""
    language, stated = _regular_expression(expectation, written)
    groups = column.str.extract_groups(language)
    whole = column.str.extract(language, 0) == column
    found = whole.fill_null(value=False)
    if "d" in stated:
        found &= _part(groups, "d", stated) <= _days_in_month(groups, stated)
    if "Y" in stated:
        found &= _part(groups, "Y", stated) > 0
    return pl.when(column.is_not_null()).then(found.fill_null(value=False))


def _regular_expression(
    expectation: Expectation, written: str
) -> tuple[str, tuple[str, ...]]:
    """Return the language of a format and its directives, in order."""
    parts, stated = [], []
    for token in re.findall(r"%.?|\s+|[^%\s]+", written):
        if token.isspace():
            parts.append(r"\s+")
        elif not token.startswith("%"):
            parts.append(re.escape(token))
        elif (letter := token[1:]) in _DIRECTIVES and letter not in stated:
            parts.append(_DIRECTIVES[letter])
            stated += [] if letter == "%" else [letter]
        else:
            raise expectation.refuse(f"directive {token} has no compiled form")
    if not stated:
        raise expectation.refuse("strftime_format has no directive")
    return "(?i)^" + "".join(parts), tuple(stated)


def _part(groups: pl.Expr, letter: str, stated: tuple[str, ...]) -> pl.Expr:
    if letter not in stated:
        return pl.lit(_UNSTATED_YEAR if letter == "Y" else 1)
    digits = groups.struct.field(letter).str.strip_chars()
    return digits.cast(pl.Int32, strict=False)


def _days_in_month(groups: pl.Expr, stated: tuple[str, ...]) -> pl.Expr:
    year, month = _part(groups, "Y", stated), _part(groups, "m", stated)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return (
        pl.when(month == _FEBRUARY)
        .then(pl.when(leap).then(29).otherwise(28))
        .when(month.is_in(_SHORT_MONTHS))
        .then(30)
        .otherwise(31)
    )
