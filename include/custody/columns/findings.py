"""What the facts of a delivery add up to: counts, rates and rows to mend.

Row numbers and handles come from here and never from GX, which does not know
them (design idea 1).
"""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from custody.domain.facts import ROW_VERDICTS, Requirement, RowVerdict, Token
from custody.domain.report_words import MISSING

SHORT_HANDLE = 12
"""Hex digits of a handle that are shown: enough to find a row in a delivery."""

RULE = "rule"
_OTHERS = frozenset({"row", "handle", "contact"})
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
    """Return the file columns that policy does not know (`?<position>`)."""
    return tuple(n for n in token_columns(facts) if n.startswith("?"))


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


def find_problems(
    facts: pl.DataFrame,
    *,
    requirements: Mapping[str, Requirement],
    rules: Sequence[str],
) -> pl.DataFrame:
    """Return row, handle (short), field, code and rule, ordered by row.

    `code` is `missing`, a token, or `rule` with the name of the failed rule's
    fact column.  What is a problem, `ROW_VERDICTS` alone decides.
    """
    found = [
        _bad_tokens(facts, field, requirement)
        for field, requirement in requirements.items()
        if field in facts.columns
    ]
    found += [_failed(facts, rule) for rule in rules if rule in facts.columns]
    found = [frame for frame in found if frame.height]
    if not found:
        return pl.DataFrame(schema=_PROBLEMS)
    return pl.concat(found).sort("row", maintain_order=True)


def _bad_tokens(
    facts: pl.DataFrame, field: str, requirement: Requirement
) -> pl.DataFrame:
    bad = [
        MISSING if token is None else token.value
        for (token, asked), verdict in ROW_VERDICTS.items()
        if asked is requirement and verdict is not RowVerdict.LOAD
    ]
    code = pl.col(field).cast(pl.String).fill_null(MISSING)
    return _problem(facts.filter(code.is_in(bad)), field, code=code, rule=None)


def _failed(facts: pl.DataFrame, rule: str) -> pl.DataFrame:
    failed = facts.filter(pl.col(rule).cast(pl.String) == "fail")
    return _problem(failed, rule.partition("__rule")[0], code=pl.lit(RULE), rule=rule)


def _problem(
    facts: pl.DataFrame, field: str, *, code: pl.Expr, rule: str | None
) -> pl.DataFrame:
    handle = pl.lit(None, dtype=pl.String)
    if "handle" in facts.columns:
        handle = pl.col("handle").bin.encode("hex").str.head(SHORT_HANDLE)
    return facts.select(
        pl.col("row").cast(pl.Int64),
        handle.fill_null("").alias("handle"),
        pl.lit(field).alias("field"),
        code.alias("code"),
        pl.lit(rule, dtype=pl.String).alias("rule"),
    )
