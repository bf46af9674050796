"""Stand-ins for what `check_delivery` needs; invented."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

import polars as pl

from custody.application.ports import Basis, CheckReport, StagingWriter
from custody.columns.rules import CompiledSuite
from custody.domain.delivery import DeliveryId, DeliveryKey
from custody.domain.verdict import Answer, Finding


class FakeStaging:
    """Staged facts of one delivery, as the blocks that were written."""

    def __init__(self, *blocks: pl.DataFrame, whole: bool = True) -> None:
        """Keep the blocks; `whole` false plays a crash of the database."""
        self._blocks = blocks
        self._whole = whole

    def restage(
        self, key: DeliveryKey, *, basis: Basis = Basis.LANDED
    ) -> AbstractContextManager[StagingWriter]:
        """Refuse: checking stages nothing."""
        raise NotImplementedError(key, basis)

    def facts(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield the staged facts."""
        assert delivery_id
        yield from self._blocks

    def whole(self, delivery_id: DeliveryId) -> bool:
        """Tell whether staging survived."""
        assert delivery_id
        return self._whole

    def sealed_rows(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Refuse: checking opens nothing."""
        raise NotImplementedError(delivery_id)


class FakeReports:
    """Reports in a dict."""

    def __init__(self, *past: Mapping[str, float]) -> None:
        """Start with the rates of past deliveries."""
        self.kept: dict[DeliveryId, CheckReport] = {}
        self._past = past

    def put(self, delivery_id: DeliveryId, report: CheckReport) -> None:
        """Store or replace."""
        self.kept[delivery_id] = report

    def get(self, delivery_id: DeliveryId) -> CheckReport | None:
        """Return the report."""
        return self.kept.get(delivery_id)

    def rates(self, source_id: str, *, last: int) -> tuple[Mapping[str, float], ...]:
        """Return the past rates, the newest `last` of them."""
        assert source_id
        return self._past[-last:]


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
