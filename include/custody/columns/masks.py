"""Masks of whole columns: the fast twin of `domain.masking.mask` (R30, R31).

Values in a plain form are masked by columns; the rest is asked of the domain rule
once a distinct value.  A property test proves both equal.
"""

from collections.abc import Callable
from functools import partial

import polars as pl

from custody.columns.mapping import map_where, matches
from custody.domain.fields import Mask
from custody.domain.masking import COMPOUND_SURNAMES, HIDDEN, STARS, mask

_HAN_NAME = "[\u4e00-\u9fff]{2,}"
_MOBILE = "(?:[+]?86)?1[3-9][0-9]{9}"
_MAIL = "[A-Za-z0-9._+-]{4,}@[A-Za-z0-9-]+(?:[.][A-Za-z0-9-]+)*"
_LONG_NUMBER = "[0-9]{6}[^@]*$"
_NUMBER = "[0-9A-Za-z]{8,}"
_MOBILE_DIGITS, _TAIL = 11, 4


def mask_column(values: pl.Series, how: Mask, *, natural: pl.Series) -> pl.Series:
    """Return what is shown of each value; null stays null.

    `natural` (no nulls) tells `PARTY_NAME` where the name is a person's.
    """
    if how is Mask.NONE:
        return values
    if how is Mask.PARTY_NAME:
        hidden = mask_column(values.set(~natural, None), Mask.SURNAME, natural=natural)
        return hidden.zip_with(natural, values)
    if how is Mask.HIDDEN:
        return values.set(values.is_not_null(), HIDDEN)
    plain, shown = _PLAIN[how](values)
    rest = values.is_not_null() & ~plain
    rule = partial(mask, how=how, natural_person=True)
    return map_where(shown.zip_with(plain, values), rest, rule)


def _surname(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    first, compound = values.str.slice(0, 1), values.str.slice(0, 2)
    long = (values.str.len_chars() > len("欧阳")).fill_null(value=False)
    known = compound.is_in(list(COMPOUND_SURNAMES)).fill_null(value=False)
    return matches(values, _HAN_NAME), compound.zip_with(known & long, first) + "*"


def _phone(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    number = values.str.tail(_MOBILE_DIGITS)
    shown = number.str.head(3) + STARS + number.str.tail(_TAIL)
    return matches(values, _MOBILE), shown


def _email(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    plain = matches(values, _MAIL)
    long = values.str.contains(_LONG_NUMBER).fill_null(value=False)
    domain = values.str.extract("(@.*)$")
    return plain & ~long, values.str.head(2) + "*" + domain


def _tail(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    return matches(values, _NUMBER), STARS + values.str.tail(_TAIL)


_PLAIN: dict[Mask, Callable[[pl.Series], tuple[pl.Series, pl.Series]]] = {
    Mask.SURNAME: _surname,
    Mask.PHONE: _phone,
    Mask.EMAIL: _email,
    Mask.TAIL: _tail,
}
"""Where a value has the plain form of its mask, and what is then shown of it."""
