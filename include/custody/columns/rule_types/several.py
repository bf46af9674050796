"""Expectations on several fields of one row, as Boolean expressions.

`ignore_row_if` has GX's words and defaults; an ignored row is null, so that it
counts neither for nor against.
"""

from collections.abc import Callable
from functools import reduce

import polars as pl

from custody.columns.rule_types import arguments
from custody.domain.expectations import Expectation

Comparable = Callable[[str], pl.Expr]
"""Turns a field name into what is compared: text, or a number for amounts."""

Compile = Callable[[Expectation, Comparable], pl.Expr]

_PAIR_IGNORES = ("both_values_are_missing", "either_value_is_missing", "neither")
_LIST_IGNORES = ("all_values_are_missing", "any_value_is_missing", "never")
_PAIR = ("column_A", "column_B", "ignore_row_if")


def _pair_equal(expectation: Expectation, _: Comparable) -> pl.Expr:
    arguments.allow_only(expectation, _PAIR)
    one, other = _pair(expectation)
    return _unless_ignored(expectation, pl.col(one) == pl.col(other))


def _pair_greater(expectation: Expectation, comparable: Comparable) -> pl.Expr:
    arguments.allow_only(expectation, (*_PAIR, "or_equal"))
    one, other = (comparable(name) for name in _pair(expectation))
    or_equal = arguments.flag(expectation, "or_equal")
    return _unless_ignored(expectation, one >= other if or_equal else one > other)


def _pair_in_set(expectation: Expectation, _: Comparable) -> pl.Expr:
    arguments.allow_only(expectation, (*_PAIR, "value_pairs_set"))
    one, other = _pair(expectation)
    pairs = [
        pl.col(one).eq_missing(pl.lit(first, dtype=pl.String))
        & pl.col(other).eq_missing(pl.lit(second, dtype=pl.String))
        for first, second in _value_pairs(expectation)
    ]
    found = reduce(lambda seen, pair: seen | pair, pairs)
    return _unless_ignored(expectation, found)


def _unique_within(expectation: Expectation, _: Comparable) -> pl.Expr:
    arguments.allow_only(expectation, ("column_list", "ignore_row_if"))
    names = columns_of_list(expectation)
    differ = [
        pl.col(name).ne_missing(pl.col(other))
        for place, name in enumerate(names)
        for other in names[place + 1 :]
    ]
    ignored = ignored_in_list(expectation)
    return pl.when(~ignored).then(reduce(lambda one, two: one & two, differ))


def columns_of_list(expectation: Expectation) -> tuple[str, ...]:
    """Return `column_list`: two or more different fields."""
    names = arguments.texts(expectation, "column_list")
    if len(set(names)) != len(names) or len(names) == 1:
        raise expectation.refuse("column_list names two or more different fields")
    return names


def ignored_in_list(expectation: Expectation) -> pl.Expr:
    """Return which rows `ignore_row_if` leaves out of a list of fields."""
    missing = [pl.col(name).is_null() for name in columns_of_list(expectation)]
    word = arguments.choice(
        expectation, "ignore_row_if", _LIST_IGNORES, default="all_values_are_missing"
    )
    return _ignored(word, missing)


def _pair(expectation: Expectation) -> tuple[str, str]:
    return (
        arguments.text(expectation, "column_A"),
        arguments.text(expectation, "column_B"),
    )


def _unless_ignored(expectation: Expectation, agrees: pl.Expr) -> pl.Expr:
    missing = [pl.col(name).is_null() for name in _pair(expectation)]
    word = arguments.choice(
        expectation, "ignore_row_if", _PAIR_IGNORES, default="both_values_are_missing"
    )
    return pl.when(~_ignored(word, missing)).then(agrees.fill_null(value=False))


def _ignored(word: str, missing: list[pl.Expr]) -> pl.Expr:
    if word in {"neither", "never"}:
        return pl.lit(value=False)
    if word in {"either_value_is_missing", "any_value_is_missing"}:
        return reduce(lambda one, other: one | other, missing)
    return reduce(lambda one, other: one & other, missing)


def _value_pairs(expectation: Expectation) -> list[tuple[str | None, str | None]]:
    pairs = expectation.kwargs.get("value_pairs_set")
    if not isinstance(pairs, list) or not pairs:
        raise expectation.refuse("value_pairs_set is a list of pairs")
    return [_value_pair(expectation, pair) for pair in pairs]


def _value_pair(
    expectation: Expectation, pair: object
) -> tuple[str | None, str | None]:
    match pair:
        case [str() | None as one, str() | None as other]:
            return one, other
    raise expectation.refuse("value_pairs_set holds pairs of texts; values are text")


SEVERAL: dict[str, Compile] = {
    "expect_column_pair_values_to_be_equal": _pair_equal,
    "expect_column_pair_values_a_to_be_greater_than_b": _pair_greater,
    "expect_column_pair_values_to_be_in_set": _pair_in_set,
    "expect_select_column_values_to_be_unique_within_record": _unique_within,
}
"""The compiled types on several fields of one row, by their GX name."""
