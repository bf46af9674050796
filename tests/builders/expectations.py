"""Authored expectations and the facts they leave, for tests; invented."""

from collections.abc import Mapping

import polars as pl

from custody.columns.rules import (
    CompiledSuite,
    CustomRule,
    WholeFile,
    compile_suite,
    row_rules,
    whole_file_rules,
)
from custody.domain.expectations import Suite, parse_suite
from custody.domain.fields import Field, Normaliser
from custody.domain.levels import Level

NO_RULES: Mapping[str, CustomRule] = {}

FIELDS = tuple(
    Field(
        name=name,
        label_zh=name,
        label_en=name,
        level=Level.LOW,
        normaliser=Normaliser.AMOUNT if name == "amount" else Normaliser.TEXT,
    )
    for name in ("name", "phone", "day", "amount")
)


def suite_of(*expectations: dict[str, object], name: str = "invented") -> Suite:
    """Return a suite of these expectations."""
    document = {"name": name, "expectations": list(expectations)}
    return parse_suite(document, file=f"{name}.json")


def asks(kind: str, **kwargs: object) -> dict[str, object]:
    """Return one expectation as it stands in a suite file."""
    return {"type": kind, "kwargs": kwargs}


def compiled(
    *expectations: dict[str, object], rules: Mapping[str, CustomRule] = NO_RULES
) -> CompiledSuite:
    """Return the compiled suite of these expectations over FIELDS."""
    return compile_suite(suite_of(*expectations), fields=FIELDS, custom_rules=rules)


def values(**columns: list[str | None]) -> pl.DataFrame:
    """Return a values frame of FIELDS; what is not given is missing."""
    height = max(len(column) for column in columns.values())
    nothing: list[str | None] = [None] * height
    return pl.DataFrame(
        {
            "row": range(1, height + 1),
            **{field.name: columns.get(field.name, nothing) for field in FIELDS},
        },
        schema={"row": pl.Int64, **{field.name: pl.String for field in FIELDS}},
    )


def facts_of(frame: pl.DataFrame, suite: CompiledSuite) -> pl.DataFrame:
    """Return what the sealing pass leaves of a values frame: tokens and rules."""
    whole = WholeFile(whole_file_rules([suite]), key=7)
    whole.feed(frame)
    late = whole.finish()
    facts = frame.select(
        "row",
        *(
            pl.when(pl.col(field.name).is_not_null())
            .then(pl.lit("unchecked"))
            .alias(field.name)
            for field in FIELDS
        ),
        *(rule.expression for rule in row_rules([suite])),
        pl.lit("load").alias("record__verdict"),
        pl.lit("low").alias("record__level"),
        pl.lit("low").alias("record__tier"),
        pl.lit("valid").alias("contact"),
    )
    return facts if late is None else facts.join(late, on="row", how="left")


def verdicts(frame: pl.DataFrame, expectation: dict[str, object]) -> list[str | None]:
    """Return what one value expectation leaves in each row."""
    suite = compiled(expectation)
    (rule,) = suite.rules
    return facts_of(frame, suite)[rule.name].cast(pl.String).to_list()
