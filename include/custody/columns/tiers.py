"""Value tiers of a whole block: the fast twin of `domain.tiers.value_tier`."""

from collections.abc import Callable

import polars as pl

from custody.columns.mapping import map_distinct, matches
from custody.domain.fields import ValueTiers
from custody.domain.normalising import amount_of
from custody.domain.tiers import (
    AMOUNT,
    HIGH,
    LOW,
    MEDIUM,
    TIERS,
    amount_tier,
    standing_of,
)

_PLAIN = "[0-9]{1,15}(?:[.][0-9]+)?"

TIER = pl.Enum(TIERS)


def tier_column(values: pl.DataFrame, tiers: ValueTiers) -> pl.Series:
    """Return the tier of each row by its yearly amount and standing (R11-R13)."""
    amounts = _of_amounts(values, tiers)
    known = _asked(values, tiers.standing_field, lambda text: standing_of(text, tiers))
    told = pl.DataFrame([amounts.alias("amount"), known.alias("standing")])
    answers = [
        pl.col("amount")
        if branch == AMOUNT
        else pl.when(pl.col("standing") == branch).then(
            pl.lit(dict(tiers.branches)[branch])
        )
        for branch in tiers.precedence
    ]
    tier = pl.coalesce(*answers, pl.lit(LOW)).cast(TIER)
    return told.select(tier.alias("record__tier"))["record__tier"]


def _of_amounts(values: pl.DataFrame, tiers: ValueTiers) -> pl.Series:
    """Return the tier of plain amounts by whole yuan; others are asked singly."""
    if tiers.amount_field not in values.columns:
        return _nothing(values.height)
    column = values[tiers.amount_field]
    plain = matches(column, _PLAIN)
    amount = pl.col("amount").str.split_exact(".", 1)
    yuan = amount.struct.field("field_0").cast(pl.Int64)
    rest = pl.col("amount").str.contains("[.]0*[1-9]")
    tier = (
        pl.when((yuan > tiers.x_yuan) | ((yuan == tiers.x_yuan) & rest))
        .then(pl.lit(HIGH))
        .when(yuan >= tiers.y_yuan)
        .then(pl.lit(MEDIUM))
        .otherwise(pl.lit(LOW))
    )
    at = plain.arg_true()
    told = column.gather(at).alias("amount").to_frame().select(tier.alias("tier"))
    odd = pl.DataFrame([column.set(plain, None).alias(tiers.amount_field)])
    singly = _asked(odd, tiers.amount_field, lambda text: _of_amount(text, tiers))
    return singly.scatter(at, told["tier"])


def _of_amount(text: str, tiers: ValueTiers) -> str | None:
    amount = amount_of(text)
    return None if amount is None else amount_tier(amount, tiers)


def _asked(
    values: pl.DataFrame, name: str, rule: Callable[[str], str | None]
) -> pl.Series:
    if name not in values.columns:
        return pl.Series([None] * values.height, dtype=pl.String)
    column = values[name]
    answers = map_distinct(column.drop_nulls(), rule, pl.String)
    return _nothing(values.height).scatter(column.is_not_null().arg_true(), answers)


def _nothing(height: int) -> pl.Series:
    return pl.Series([None] * height, dtype=pl.String)
