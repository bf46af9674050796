"""The fact about every value of a field: the fast twin of `check_field`."""

import datetime as dt
from collections.abc import Container

import polars as pl

from custody.columns.detect import Detected
from custody.columns.lanes import SURE
from custody.columns.mapping import map_distinct, matches
from custody.domain.checking import UNCHECKED_KINDS, check_field
from custody.domain.detection import CHECKED_KINDS
from custody.domain.facts import Token
from custody.domain.fields import Field, Normaliser
from custody.domain.kinds import Kind
from custody.domain.normalising import PLAIN_AMOUNT

TOKEN = pl.Enum([token.value for token in Token])


def token_column(
    values: pl.Series,
    field: Field,
    detected: Detected,
    *,
    choices: Container[str] | None,
    today: dt.date,
) -> pl.Series:
    """Return the token of each present value, null where it is missing.

    Whatever detection was sure of by its check is valid without asking again.
    """
    present = values.is_not_null()
    constant = _constant(field, choices)
    if constant is not None:
        return _fill(present, constant)
    tokens = _fill(present, Token.VALID)
    sure = _is_sure(field, detected, choices) | _is_formed(values, field, today)
    asked = (present & ~sure).arg_true()
    if not len(asked):
        return tokens
    answers = map_distinct(
        values.gather(asked),
        lambda value: check_field(field, value, choices=choices, today=today).value,
        TOKEN,
    )
    return tokens.scatter(asked, answers)


def _constant(field: Field, choices: Container[str] | None) -> Token | None:
    if field.values or choices is not None:
        return None
    if field.kinds:
        return Token.UNCHECKED if field.kinds[0] in UNCHECKED_KINDS else None
    formed = field.normaliser in (Normaliser.DATE, Normaliser.AMOUNT)
    return None if formed else Token.UNCHECKED


def _is_sure(
    field: Field, detected: Detected, choices: Container[str] | None
) -> pl.Series:
    checked = bool(field.kinds) and field.kinds[0] in CHECKED_KINDS
    if field.values or choices is not None or not checked:
        return pl.Series([False]).new_from_index(0, len(detected.sure))
    return pl.Series(detected.sure == SURE.index(field.kinds[0]))


def _is_formed(values: pl.Series, field: Field, today: dt.date) -> pl.Series:
    """Return where a date or an amount is plainly right."""
    dated = field.normaliser is Normaliser.DATE
    other_kind = bool(field.kinds) and field.kinds[0] is not Kind.BIRTH_DATE
    formed = dated or (field.normaliser is Normaliser.AMOUNT and not field.kinds)
    if field.values or other_kind or not formed:
        return pl.Series([False]).new_from_index(0, len(values))
    if not dated:
        return matches(values, PLAIN_AMOUNT)
    days = values.str.to_date("%Y-%m-%d", strict=False)
    plain = matches(values, "[0-9]{4}-[0-9]{2}-[0-9]{2}") & days.is_not_null()
    return plain & (days <= today).fill_null(value=False) if field.kinds else plain


def _fill(present: pl.Series, token: Token) -> pl.Series:
    text = pl.Series([token.value], dtype=TOKEN).new_from_index(0, len(present))
    return text.set(~present, None)
