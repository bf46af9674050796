"""Expectations that GX runs as they are: on facts, or on the shape of the table.

An expectation on a fact column (`resident_id__fact`, `record__level`, …) is
about facts and needs no compiling; presence of a field is the presence of its
fact; row counts and field names are those of the table.
"""

from collections.abc import Callable

from custody.columns.rule_types import arguments
from custody.domain.expectations import Expectation

FACT_SUFFIXES = ("__fact", "__kinds", "__declared", "__detected", "__sealed")
RECORD_FACTS = ("contact", "record__level", "record__tier", "record__verdict")

_SETS = (
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_not_be_in_set",
)
PRESENCE = (
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_be_null",
)


def field_of_fact(column: str) -> str | None:
    """Return the field of a fact column, "" for a fact of the record, else None."""
    if column in RECORD_FACTS:
        return ""
    for suffix in FACT_SUFFIXES:
        if column.endswith(suffix):
            return column.removesuffix(suffix)
    return None


def check_fact(expectation: Expectation) -> None:
    """Refuse whatever is not presence or a set on a fact column."""
    if expectation.type in PRESENCE:
        arguments.allow_only(expectation, ("column",))
    elif expectation.type in _SETS:
        arguments.allow_only(expectation, ("column", "value_set"))
        arguments.texts(expectation, "value_set")
    else:
        raise expectation.refuse("facts take presence and set expectations only")


def _row_count(expectation: Expectation) -> None:
    names = ("min_value", "max_value", "strict_min", "strict_max")
    arguments.allow_only(expectation, names)
    arguments.bounds(expectation)


def _row_count_equal(expectation: Expectation) -> None:
    arguments.allow_only(expectation, ("value",))
    if arguments.number(expectation, "value") is None:
        raise expectation.refuse("argument value is a number")


def _columns_match(expectation: Expectation) -> None:
    arguments.allow_only(expectation, ("column_set", "exact_match"))
    arguments.texts(expectation, "column_set")
    if "exact_match" in expectation.kwargs:
        arguments.flag(expectation, "exact_match")


def _column_exists(expectation: Expectation) -> None:
    arguments.allow_only(expectation, ("column",))
    arguments.text(expectation, "column")


TABLE: dict[str, Callable[[Expectation], None]] = {
    "expect_table_row_count_to_be_between": _row_count,
    "expect_table_row_count_to_equal": _row_count_equal,
    "expect_table_columns_to_match_set": _columns_match,
    "expect_column_to_exist": _column_exists,
}
"""The table-wide types and how their arguments are checked, by their GX name."""
