"""A stand-in for Great Expectations, for tests of what is done with findings."""

from collections.abc import Sequence

import polars as pl

from custody.columns.rules import CompiledSuite
from custody.domain.verdict import Answer, Finding


class CountingQuality:
    """Answers row rules by counting, without Great Expectations."""

    def run(
        self, facts: pl.DataFrame, suites: Sequence[CompiledSuite]
    ) -> tuple[Finding, ...]:
        """Return a finding per check: failed when any row says fail."""
        return tuple(
            Finding(
                expectation=check.authored,
                answer=(
                    Answer.FAILED
                    if facts.select(
                        (pl.col(column).cast(pl.String) == "fail").any()
                        for column in check.columns
                        if column in facts.columns
                    ).sum_horizontal()[0]
                    else Answer.PASSED
                ),
                column=check.columns[0],
                checked=facts.height,
            )
            for suite in suites
            for check in suite.checks
        )
