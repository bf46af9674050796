"""Expectations on the values of one field, as Boolean expressions.

Each function takes the value expression (text, null when missing) and returns
whether the value agrees; a null stays null, as GX leaves missing values out.
"""

from collections.abc import Callable
from functools import reduce

import polars as pl

from custody.columns.rule_types import arguments
from custody.columns.rule_types.formats import is_dated
from custody.domain.expectations import Expectation

Compile = Callable[[pl.Expr, Expectation], pl.Expr]


def _in_set(value: pl.Expr, expectation: Expectation) -> pl.Expr:
    arguments.allow_only(expectation, ("column", "value_set"))
    return value.is_in(arguments.texts(expectation, "value_set"))


def _not_in_set(value: pl.Expr, expectation: Expectation) -> pl.Expr:
    return ~_in_set(value, expectation)


def _match_regex(value: pl.Expr, expectation: Expectation) -> pl.Expr:
    arguments.allow_only(expectation, ("column", "regex"))
    written = arguments.text(expectation, "regex")
    return value.str.contains(arguments.pattern(expectation, written))


def _not_match_regex(value: pl.Expr, expectation: Expectation) -> pl.Expr:
    return ~_match_regex(value, expectation)


def _match_regex_list(value: pl.Expr, expectation: Expectation) -> pl.Expr:
    arguments.allow_only(expectation, ("column", "regex_list", "match_on"))
    matches = _matches(value, expectation)
    match_on = arguments.choice(expectation, "match_on", ("any", "all"), default="any")
    if match_on == "any":
        return reduce(lambda one, other: one | other, matches)
    return reduce(lambda one, other: one & other, matches)


def _not_match_regex_list(value: pl.Expr, expectation: Expectation) -> pl.Expr:
    arguments.allow_only(expectation, ("column", "regex_list"))
    matches = _matches(value, expectation)
    return ~reduce(lambda one, other: one | other, matches)


def _matches(value: pl.Expr, expectation: Expectation) -> list[pl.Expr]:
    return [
        value.str.contains(arguments.pattern(expectation, written))
        for written in arguments.texts(expectation, "regex_list")
    ]


def _lengths_between(value: pl.Expr, expectation: Expectation) -> pl.Expr:
    names = ("column", "min_value", "max_value", "strict_min", "strict_max")
    arguments.allow_only(expectation, names)
    return _within(value.str.len_chars(), expectation)


def _lengths_equal(value: pl.Expr, expectation: Expectation) -> pl.Expr:
    arguments.allow_only(expectation, ("column", "value"))
    length = arguments.number(expectation, "value")
    if length is None:
        raise expectation.refuse("argument value is a number")
    return value.str.len_chars() == length


def _between(value: pl.Expr, expectation: Expectation) -> pl.Expr:
    """Compare as numbers with number bounds, as text (ISO dates) with texts.

    Text that is no finite number fails a number bound.
    """
    names = ("column", "min_value", "max_value", "strict_min", "strict_max")
    arguments.allow_only(expectation, names)
    stated = [
        bound
        for name in ("min_value", "max_value")
        if (bound := expectation.kwargs.get(name)) is not None
    ]
    if stated and all(isinstance(bound, str) for bound in stated):
        return _within_texts(value, expectation)
    amount = value.cast(pl.Float64, strict=False)
    agrees = amount.is_finite() & _within(amount, expectation)
    return pl.when(value.is_not_null()).then(agrees.fill_null(value=False))


def _within(amount: pl.Expr, expectation: Expectation) -> pl.Expr:
    low, high, strict_low, strict_high = arguments.bounds(expectation)
    agrees = []
    if low is not None:
        agrees.append(amount > low if strict_low else amount >= low)
    if high is not None:
        agrees.append(amount < high if strict_high else amount <= high)
    return reduce(lambda one, other: one & other, agrees)


def _within_texts(value: pl.Expr, expectation: Expectation) -> pl.Expr:
    agrees = []
    if expectation.kwargs.get("min_value") is not None:
        low = pl.lit(arguments.text(expectation, "min_value"))
        strict = arguments.flag(expectation, "strict_min")
        agrees.append(value > low if strict else value >= low)
    if expectation.kwargs.get("max_value") is not None:
        high = pl.lit(arguments.text(expectation, "max_value"))
        strict = arguments.flag(expectation, "strict_max")
        agrees.append(value < high if strict else value <= high)
    return reduce(lambda one, other: one & other, agrees)


def _strftime(value: pl.Expr, expectation: Expectation) -> pl.Expr:
    arguments.allow_only(expectation, ("column", "strftime_format"))
    written = arguments.text(expectation, "strftime_format")
    return is_dated(value, expectation, written)


SINGLE: dict[str, Compile] = {
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": _not_in_set,
    "expect_column_values_to_match_regex": _match_regex,
    "expect_column_values_to_not_match_regex": _not_match_regex,
    "expect_column_values_to_match_regex_list": _match_regex_list,
    "expect_column_values_to_not_match_regex_list": _not_match_regex_list,
    "expect_column_value_lengths_to_be_between": _lengths_between,
    "expect_column_value_lengths_to_equal": _lengths_equal,
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_match_strftime_format": _strftime,
}
"""The compiled types on one field, by their GX name."""
