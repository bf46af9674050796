"""Reading the arguments of an authored expectation, refusing what is not known.

An argument that is left out of the compiled form would change what a check
means without a word, so every one that is not known is refused by name.
"""

from collections.abc import Iterable

import polars as pl

from custody.domain.expectations import Expectation

_ALWAYS = frozenset({"mostly"})
_TABLE_WIDE = "expect_table_"


def allow_only(expectation: Expectation, names: Iterable[str]) -> None:
    """Refuse any argument beside `names` (row conditions among them)."""
    allowed = frozenset(names)
    if not expectation.type.startswith(_TABLE_WIDE):
        allowed |= _ALWAYS
    for name, value in expectation.kwargs.items():
        if name not in allowed:
            raise expectation.refuse(f"argument {name} has no compiled form")
        if isinstance(value, dict):
            raise expectation.refuse(f"argument {name} is no plain value")


def text(expectation: Expectation, name: str) -> str:
    """Return a text argument that must be there."""
    value = expectation.kwargs.get(name)
    if isinstance(value, str) and value:
        return value
    raise expectation.refuse(f"argument {name} is a text")


def texts(expectation: Expectation, name: str) -> tuple[str, ...]:
    """Return a list of texts, never empty: an empty set asks for nothing."""
    value = expectation.kwargs.get(name)
    if isinstance(value, list) and value:
        found = tuple(item for item in value if isinstance(item, str))
        if len(found) == len(value):
            return found
    raise expectation.refuse(f"argument {name} is a list of texts; values are text")


def choice(
    expectation: Expectation, name: str, allowed: tuple[str, ...], *, default: str
) -> str:
    """Return one of the allowed words, the default when not stated."""
    value = expectation.kwargs.get(name, default)
    if isinstance(value, str) and value in allowed:
        return value
    raise expectation.refuse(f"argument {name} is one of {', '.join(allowed)}")


def flag(expectation: Expectation, name: str) -> bool:
    """Return a yes-or-no argument, no when not stated."""
    value = expectation.kwargs.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise expectation.refuse(f"argument {name} is true or false")


def number(expectation: Expectation, name: str) -> float | int | None:
    """Return a number, None when not stated."""
    value = expectation.kwargs.get(name)
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise expectation.refuse(f"argument {name} is a number")


def pattern(expectation: Expectation, written: str) -> str:
    """Return a regular expression that the engine knows, else refuse it.

    Look-around and back references have no form in linear time (Rust's regex).
    """
    try:
        pl.Series([""]).str.contains(written, strict=True)
    except pl.exceptions.ComputeError:
        raise expectation.refuse(
            "the regular expression has no compiled form:"
            " look-around and back references are not known"
        ) from None
    return written


def bounds(
    expectation: Expectation,
) -> tuple[float | int | None, float | int | None, bool, bool]:
    """Return (min, max, strict min, strict max); at least one bound is stated."""
    low, high = number(expectation, "min_value"), number(expectation, "max_value")
    if low is None and high is None:
        raise expectation.refuse("min_value or max_value is stated")
    if low is not None and high is not None and low > high:
        raise expectation.refuse("min_value is not above max_value")
    return low, high, flag(expectation, "strict_min"), flag(expectation, "strict_max")
