"""Per-value rules on whole columns: each distinct value is asked once."""

from collections.abc import Callable

import polars as pl


def map_where(
    values: pl.Series, chosen: pl.Series, rule: Callable[[str], str]
) -> pl.Series:
    """Return the values with the chosen ones replaced by `rule` of themselves.

    `chosen` is a mask without nulls; the rule is called once a distinct value.
    """
    if not chosen.any():
        return values
    positions = chosen.arg_true()
    replaced = map_distinct(values.gather(positions), rule, pl.String)
    return values.scatter(positions, replaced)


def map_distinct(
    values: pl.Series,
    rule: Callable[[str], object],
    dtype: pl.DataType | type[pl.DataType],
) -> pl.Series:
    """Return `rule` of every value, called once a distinct value; no nulls in."""
    distinct = values.unique()
    answers = pl.Series("answer", [rule(v) for v in distinct.to_list()], dtype=dtype)
    table = pl.DataFrame([distinct.alias("value"), answers])
    asked = values.alias("value").to_frame()
    return asked.join(table, on="value", how="left", maintain_order="left")["answer"]


def matches(values: pl.Series, pattern: str) -> pl.Series:
    """Return where a whole value fits a pattern; null fits none."""
    return contains(values, f"^(?:{pattern})$")


def contains(values: pl.Series, pattern: str) -> pl.Series:
    """Return where a value holds a pattern; null holds none."""
    held = pl.col("value").str.contains(pattern).fill_null(value=False)
    return values.alias("value").to_frame().select_seq(held).to_series()
