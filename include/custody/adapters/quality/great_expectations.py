"""Runs compiled suites in Great Expectations and brings back counts.

GX receives facts only, and of its answer only success and counts are taken:
its messages, lists of unexpected values and tracebacks stay here (traps: raw
values leak in every other result format).  Importing it costs 5 s, so it is
imported when a check runs.
"""

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from custody.adapters.quality.categoricals import categoricals
from custody.columns.findings import token_columns
from custody.columns.rule_types.compiled import (
    CompiledCheck,
    CompiledSuite,
    gx_expectation,
)
from custody.domain.verdict import Answer, Finding

_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
_FACT = "__fact"


class GreatExpectations:
    """Answers every check of every suite, in the order they were written."""

    def run(
        self, facts: pl.DataFrame, suites: Sequence[CompiledSuite]
    ) -> tuple[Finding, ...]:
        """Return one finding per check; what could not run says so, and only that.

        `facts` has the columns of `columns.blocks.Examined.facts`.
        """
        with _quiet():
            fields = token_columns(facts)
            named = facts.rename({name: f"{name}{_FACT}" for name in fields})
            shape = facts.select(fields)
            return tuple(
                finding
                for suite in suites
                for finding in _run_suite(suite, named, shape)
            )


def _run_suite(
    suite: CompiledSuite, facts: pl.DataFrame, shape: pl.DataFrame
) -> Iterator[Finding]:
    on_facts = [check for check in suite.checks if not check.on_shape]
    readable = [c for c in on_facts if c.absent or {*c.columns} <= {*facts.columns}]
    needed = sorted({name for check in readable for name in check.columns})
    answers = _validate(suite.name, readable, categoricals(facts, needed))
    on_shape = [check for check in suite.checks if check.on_shape]
    answers |= _validate(suite.name, on_shape, categoricals(shape, shape.columns))
    for check in suite.checks:
        yield _finding(check, answers.get(check.authored.position))


def _validate(
    name: str, checks: Sequence[CompiledCheck], frame: object
) -> dict[int, Mapping[str, Any]]:
    """Return GX's answers by authored position; none when GX itself breaks."""
    if not checks:
        return {}
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    try:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("facts").add_dataframe_asset("facts")
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch(
            {"dataframe": frame}
        )
        suite = gx.ExpectationSuite(
            name=name, expectations=[gx_expectation(check) for check in checks]
        )
        validated: Any = batch.validate(suite, result_format=_RESULT_FORMAT)
        answers = validated.to_json_dict()["results"]
    except Exception:  # noqa: BLE001 - whatever breaks in GX holds the delivery
        return {}
    return {
        answer["expectation_config"]["meta"]["position"]: answer for answer in answers
    }


def _finding(check: CompiledCheck, answer: Mapping[str, Any] | None) -> Finding:
    column = check.columns[0] if check.columns else None
    if answer is None or _raised(answer["exception_info"]):
        return Finding(expectation=check.authored, answer=Answer.NOT_RUN, column=column)
    result = answer["result"]
    return Finding(
        expectation=check.authored,
        answer=Answer.PASSED if answer["success"] else Answer.FAILED,
        column=column,
        checked=result.get("element_count"),
        missing=result.get("missing_count"),
        unexpected=result.get("unexpected_count"),
        observed=_observed(result, passed=answer["success"]),
    )


def _raised(info: Mapping[str, Any]) -> bool:
    """Tell both shapes apart in which GX reports an exception."""
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(one.get("raised_exception", True) for one in info.values())


def _observed(result: Mapping[str, Any], *, passed: bool) -> str | None:
    """Return a row count, or the field names that differ: never a value."""
    mismatch = result.get("details", {}).get("mismatched")
    if mismatch is not None and not passed:
        return "; ".join(
            f"{word}: {', '.join(map(str, names))}"
            for word, names in sorted(mismatch.items())
        )
    value = result.get("observed_value")
    return str(value) if isinstance(value, int) else None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep GX from talking: its logger prints arguments, its bars reach task logs."""
    logger = logging.getLogger("great_expectations")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)
