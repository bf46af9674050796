"""Expectations that only the whole file can answer: uniqueness.

Each block leaves a 64-bit fingerprint per row and rule, keyed by a number drawn
for this one pass and dropped with it; the values themselves are not kept.  Two
different values share a fingerprint once in 2^64: among a million rows, one
false alarm in some 40 million passes, and never a duplicate overlooked.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import polars as pl

from custody.columns.rule_types import arguments
from custody.columns.rule_types.several import columns_of_list, ignored_in_list
from custody.domain.expectations import Expectation

VERDICTS = pl.Enum(["pass", "fail"])
"""What a rule leaves of a value; null where it has nothing to say."""


class WholeRule(Protocol):
    """A whole-file rule: its column, and the text whose repetition fails."""

    @property
    def name(self) -> str:
        """Return the fact column."""

    @property
    def expression(self) -> pl.Expr:
        """Return the text that must be unique, null where the row is left out."""


class WholeFile:
    """Collects fingerprints block by block; 8 bytes a row and rule, and the row.

    It is the one part of sealing that grows with the file: 16 MB a million rows and
    one rule, and as much again for a moment when the file has ended.
    """

    def __init__(self, rules: Sequence[WholeRule], *, key: int) -> None:
        """Take the rules and a random key of 64 bits, drawn for this pass only."""
        self._rules = tuple(rules)
        self._key = key
        self._blocks: list[pl.DataFrame] = []

    def feed(self, values: pl.DataFrame) -> None:
        """Keep the fingerprints of one block: `row` and the fields."""
        self.keep(fingerprints(values, self._rules, key=self._key))

    def keep(self, block: pl.DataFrame) -> None:
        """Keep the `fingerprints` of one block, made with the same rules and key."""
        self._blocks.append(block)

    def finish(self) -> pl.DataFrame | None:
        """Return `row` and pass, fail or null per rule; None without rules or rows."""
        if not self._rules or not self._blocks:
            return None
        kept = pl.concat(self._blocks, rechunk=False)
        self._blocks.clear()
        return kept.select("row", *(_once(kept[rule.name]) for rule in self._rules))


def fingerprints(
    values: pl.DataFrame, rules: Sequence[WholeRule], *, key: int
) -> pl.DataFrame:
    """Return `row` and a keyed number of 64 bits per whole-file rule.

    Equal in every process of one version of Polars.
    """
    return values.select("row", *(_fingerprint(rule, key) for rule in rules))


def _fingerprint(rule: WholeRule, key: int) -> pl.Expr:
    text = rule.expression
    return pl.when(text.is_not_null()).then(text.hash(key)).alias(rule.name)


def _once(numbers: pl.Series) -> pl.Expr:
    """Return the verdicts; sorted, for a table of all numbers takes far more room."""
    column, in_order = pl.col(numbers.name), numbers.drop_nulls().sort()
    repeated = in_order.filter(in_order == in_order.shift()).unique()
    verdict = (
        pl.when(column.is_not_null())
        .then(
            pl.when(column.is_in(repeated.implode()))
            .then(pl.lit("fail"))
            .otherwise(_PASS)
        )
        .otherwise(None)
    )
    return verdict.cast(VERDICTS).alias(numbers.name)


_PASS = pl.lit("pass")


def _unique(expectation: Expectation) -> pl.Expr:
    arguments.allow_only(expectation, ("column",))
    return pl.col(arguments.text(expectation, "column"))


def _compound_unique(expectation: Expectation) -> pl.Expr:
    """Join the fields with their lengths, so that no two rows read alike."""
    arguments.allow_only(expectation, ("column_list", "ignore_row_if"))
    parts = []
    for name in columns_of_list(expectation):
        length = pl.col(name).str.len_bytes().cast(pl.String)
        part = pl.concat_str(length, pl.lit(":"), pl.col(name))
        parts.append(part.fill_null("-"))
    return pl.when(~ignored_in_list(expectation)).then(pl.concat_str(parts))


WHOLE: dict[str, Callable[[Expectation], pl.Expr]] = {
    "expect_column_values_to_be_unique": _unique,
    "expect_compound_columns_to_be_unique": _compound_unique,
}
"""The compiled whole-file types, by their GX name."""
