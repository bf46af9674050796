"""What the facts of a delivery add up to: counts, rates and rows to mend.

Row numbers and handles come from here and never from GX, which does not know
them (design idea 1).
"""

from collections.abc import Iterable, Sequence

import polars as pl

from custody.domain.facts import Token

SHORT_HANDLE = 12
"""Hex digits of a handle that are shown: enough to find a row in a delivery."""

RULE = "rule"
REASONS = "record__reasons"
UNKNOWN = "unknown_columns"
"""The fact that a block had columns which policy does not know."""

_OTHERS = frozenset({"row", "handle", "contact", UNKNOWN})
_GOOD = (Token.VALID, Token.UNCHECKED)
_PROBLEMS = {
    "row": pl.Int64,
    "handle": pl.String,
    "field": pl.String,
    "code": pl.String,
    "rule": pl.String,
}


def gather(blocks: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return all staged facts as one frame, ordered by row.

    Late facts, which only the whole file could tell, are blocks without
    `record__verdict`; they are joined to their rows.
    """
    by_row: list[pl.DataFrame] = []
    late: list[pl.DataFrame] = []
    for block in blocks:
        (by_row if "record__verdict" in block.columns else late).append(block)
    if not by_row:
        return pl.DataFrame(schema={"row": pl.Int64})
    facts: pl.DataFrame = pl.concat(by_row, how="diagonal_relaxed")
    for block in late:
        facts = facts.join(block, on="row", how="left", validate="1:1")
    return facts.sort("row")


def token_columns(facts: pl.DataFrame) -> list[str]:
    """Return the columns named after a field; they hold tokens."""
    return [n for n in facts.columns if "__" not in n and n not in _OTHERS]


def unknown_columns(facts: pl.DataFrame) -> tuple[str, ...]:
    """Return the columns that policy does not know: `?<position>`, or `?`.

    The position is told when the facts name it.
    """
    named = tuple(n for n in token_columns(facts) if n.startswith("?"))
    if named or UNKNOWN not in facts.columns:
        return named
    return ("?",) if facts[UNKNOWN].count() else ()


def count_by(facts: pl.DataFrame, column: str) -> dict[str, int]:
    """Return rows by code; rows without one count under the empty code."""
    if column not in facts.columns:
        return {}
    counted = facts.select(pl.col(column).cast(pl.String).fill_null("")).to_series()
    return dict(counted.value_counts().sort(column).iter_rows())


def token_rates(facts: pl.DataFrame) -> dict[str, float]:
    """Return the share of rows that are valid, and missing, by field."""
    if not facts.height:
        return {}
    counts: dict[str, int] = {}
    for name in token_columns(facts):
        token = facts[name].cast(pl.String)
        counts[f"{name}:valid"] = token.filter(token.is_in(_GOOD)).len()
        counts[f"{name}:missing"] = token.null_count()
    return {name: round(rows / facts.height, 6) for name, rows in counts.items()}


def find_problems(facts: pl.DataFrame, *, rules: Sequence[str]) -> pl.DataFrame:
    """Return row, handle (short), field, code and rule, ordered by row.

    `code` is one of `record__reasons` (`missing`, a token, `minor`), on which
    the row's verdict rests, or `rule` with the failed rule's fact column.
    """
    found = [_reasons(facts)] if REASONS in facts.columns else []
    found += [_failed(facts, rule) for rule in rules if rule in facts.columns]
    found = [frame for frame in found if frame.height]
    if not found:
        return pl.DataFrame(schema=_PROBLEMS)
    return pl.concat(found).sort("row", maintain_order=True)


def _reasons(facts: pl.DataFrame) -> pl.DataFrame:
    """Return what the row verdicts rest on, a line for each reason."""
    told = facts.filter(pl.col(REASONS).cast(pl.String).fill_null("") != "")
    apart = told.with_columns(
        pl.col(REASONS).cast(pl.String).str.split(",").alias(REASONS)
    ).explode(REASONS)
    parts = pl.col(REASONS).str.split_exact(":", 1).struct
    return _problem(apart, parts.field("field_0"), code=parts.field("field_1"))


def _failed(facts: pl.DataFrame, rule: str) -> pl.DataFrame:
    failed = facts.filter(pl.col(rule).cast(pl.String) == "fail")
    field = pl.lit(rule.partition("__rule")[0])
    return _problem(failed, field, code=pl.lit(RULE), rule=rule)


def _problem(
    facts: pl.DataFrame, field: pl.Expr, *, code: pl.Expr, rule: str | None = None
) -> pl.DataFrame:
    handle = pl.lit(None, dtype=pl.String)
    if "handle" in facts.columns:
        handle = pl.col("handle").bin.encode("hex").str.head(SHORT_HANDLE)
    return facts.select(
        pl.col("row").cast(pl.Int64),
        handle.fill_null("").alias("handle"),
        field.alias("field"),
        code.alias("code"),
        pl.lit(rule, dtype=pl.String).alias("rule"),
    )
