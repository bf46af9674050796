"""Side by side: 25 checks on facts, and the same 25 on values, in GX.

The facts path is measured with all it costs: compiling the rules' columns in
Polars, whole-file uniqueness, handing dictionaries over, and GX itself.  The
values path is GX's fastest way with a result that tells counts.  Importing GX
is left out of both.  Run: `python benchmarks/check.py [ROWS]`; the last line is
one JSON object.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import great_expectations as gx  # noqa: TID253 - measured here
import polars as pl

from custody.adapters.quality.great_expectations import GreatExpectations
from custody.columns.rules import (
    CompiledSuite,
    WholeFile,
    compile_suite,
    row_rules,
    whole_file_rules,
)
from custody.domain.expectations import parse_suite
from custody.domain.fields import Field
from custody.domain.levels import Level

BLOCK = 65_536
NAMES = ("customer_id", "name", "phone", "email", "day", "kind", "city", "note")


def expectations() -> list[dict[str, object]]:
    """Return 25 ordinary checks: presence, sets, patterns, lengths, uniqueness."""
    asked: list[tuple[str, dict[str, object]]] = []
    for name in NAMES:
        asked.append(("expect_column_values_to_not_be_null", {"column": name}))
        asked.append(
            (
                "expect_column_value_lengths_to_be_between",
                {"column": name, "min_value": 1, "max_value": 40},
            )
        )
    for name, regex in (
        ("customer_id", r"^C\d{8}$"),
        ("phone", r"^\+861\d{10}$"),
        ("email", r"^[^@\s]+@[^@\s]+$"),
        ("day", r"^\d{4}-\d{2}-\d{2}$"),
        ("name", r"^\S+$"),
    ):
        asked.append(
            ("expect_column_values_to_match_regex", {"column": name, "regex": regex})
        )
    asked += [
        ("expect_column_values_to_be_unique", {"column": "customer_id"}),
        (
            "expect_column_values_to_be_in_set",
            {"column": "kind", "value_set": ["new", "old", "lost"]},
        ),
        (
            "expect_column_values_to_not_be_in_set",
            {"column": "city", "value_set": ["nowhere"]},
        ),
        ("expect_table_row_count_to_be_between", {"min_value": 1}),
    ]
    return [
        {"type": kind, "kwargs": {"mostly": 0.9, **kwargs}}
        if kind.startswith("expect_column")
        else {"type": kind, "kwargs": kwargs}
        for kind, kwargs in asked
    ]


def invented(rows: int) -> pl.DataFrame:
    """Return an invented file; one phone in a hundred is wrong, some missing."""
    n = pl.int_range(0, rows, eager=True).alias("n")
    number = pl.col("n").cast(pl.String).str.zfill(8)
    return pl.DataFrame(n).select(
        (pl.col("n") + 1).alias("row"),
        pl.concat_str(pl.lit("C"), number).alias("customer_id"),
        pl.concat_str(pl.lit("公司"), number).alias("name"),
        pl.when(pl.col("n") % 100 == 0)
        .then(pl.lit("none"))
        .when(pl.col("n") % 33 == 0)
        .then(None)
        .otherwise(pl.concat_str(pl.lit("+86138"), number))
        .alias("phone"),
        pl.concat_str(pl.lit("u"), number, pl.lit("@example.cn")).alias("email"),
        pl.lit("2026-11-23").alias("day"),
        pl.when(pl.col("n") % 2 == 0)
        .then(pl.lit("new"))
        .otherwise(pl.lit("old"))
        .alias("kind"),
        pl.concat_str(pl.lit("city"), pl.col("n") % 300).alias("city"),
        pl.lit("-").alias("note"),
    )


def sealing_pass(values: pl.DataFrame, suite: CompiledSuite) -> pl.DataFrame:
    """Return the facts of a file, block by block, as the sealing task makes them."""
    tokens = pl.Enum(["unchecked"])
    whole = WholeFile(whole_file_rules([suite]), key=11)
    rules = [rule.expression for rule in row_rules([suite])]
    blocks = []
    for block in values.iter_slices(BLOCK):
        whole.feed(block)
        present = [
            pl.when(pl.col(name).is_not_null())
            .then(pl.lit("unchecked"))
            .cast(tokens)
            .alias(name)
            for name in NAMES
        ]
        blocks.append(block.select("row", *present, *rules))
    facts: pl.DataFrame = pl.concat(blocks)
    late = whole.finish()
    return facts if late is None else facts.join(late, on="row", how="left")


def on_facts(values: pl.DataFrame, suite: CompiledSuite) -> list[int | None]:
    """Check by facts; return unexpected counts."""
    findings = GreatExpectations().run(sealing_pass(values, suite), [suite])
    return [finding.unexpected for finding in findings]


def on_values(values: pl.DataFrame, asked: list[dict[str, object]]) -> list[int | None]:
    """Check the values in GX on pandas; return unexpected counts."""
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("v").add_dataframe_asset("v")
    frame = values.drop("row").to_pandas()
    batch = asset.add_batch_definition_whole_dataframe("v").get_batch(
        {"dataframe": frame}
    )
    suite = gx.ExpectationSuite(
        name="v",
        expectations=[{**one, "meta": {"n": n}} for n, one in enumerate(asked)],
    )
    validated: Any = batch.validate(suite, result_format="BASIC")
    ordered = sorted(
        validated.to_json_dict()["results"],
        key=lambda one: one["expectation_config"]["meta"]["n"],
    )
    return [one["result"].get("unexpected_count") for one in ordered]


def timed(work: Callable[[], list[int | None]]) -> tuple[float, list[int | None]]:
    """Return the better of two runs in seconds, and the counts."""
    best = float("inf")
    for _ in range(2):
        start = time.perf_counter()
        counts = work()
        best = min(best, time.perf_counter() - start)
    return best, counts


def main() -> None:
    """Measure both ways, prove that they agree, print one JSON line."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    asked = expectations()
    suite = compile_suite(
        parse_suite({"name": "bench", "expectations": asked}, file="bench.json"),
        fields=[
            Field(name=name, label_zh=name, label_en=name, level=Level.LOW)
            for name in NAMES
        ],
        custom_rules={},
    )
    values = invented(rows)
    facts_seconds, facts_counts = timed(lambda: on_facts(values, suite))
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    values_seconds, values_counts = timed(lambda: on_values(values, asked))
    assert facts_counts == values_counts
    print(f"{len(asked)} checks on {rows} rows: facts {facts_seconds:.2f} s,")
    print(f"values {values_seconds:.2f} s")
    print(
        json.dumps(
            {
                "name": "check",
                "rows": rows,
                "ratio": round(facts_seconds / values_seconds, 3),
                "against": "Great Expectations on the values (pandas, BASIC)",
                "peak_mib": peak_mib,
            }
        )
    )


if __name__ == "__main__":
    main()
