"""Check: ask the expectations of the facts, write the report, pass or hold.

Reads facts only, never a value (design idea 1).  Severity decides about the
delivery (`domain.verdict`); rows are decided by their facts already.  Running
it twice replaces the report by an equal one and moves the delivery once.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from custody.application.intake.reporting import compose, name_drifts, summarise
from custody.application.ports import (
    CheckReport,
    Clock,
    DeliveryBook,
    DeliveryRecord,
    Entry,
    Reached,
    Reports,
    Staging,
    pass_by,
)
from custody.columns import findings as facts_of
from custody.columns.rule_types.compiled import CompiledSuite
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.outcome import Tally
from custody.domain.policy import Policy
from custody.domain.report import Report
from custody.domain.sources import Source
from custody.domain.verdict import (
    Decision,
    DeliveryVerdict,
    Finding,
    decide,
    find_drifts,
)

RATE_DELIVERIES = 10
"""Past deliveries of the source with which token rates are compared."""


class Quality(Protocol):
    """Runs compiled suites on facts."""

    def run(
        self, facts: pl.DataFrame, suites: Sequence[CompiledSuite]
    ) -> tuple[Finding, ...]:
        """Return one finding per check; never raises for what a check meets."""


class ReportWriter(Protocol):
    """Renders a report for people."""

    def page(self, report: Report) -> bytes:
        """Return one self-contained page in both languages."""

    def corrections(self, report: Report) -> bytes:
        """Return the correction list as a workbook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDelivery:
    """The use case; `suites` compiles what a source is asked."""

    policy: Policy
    book: DeliveryBook
    staging: Staging
    reports: Reports
    quality: Quality
    writer: ReportWriter
    suites: Callable[[Source], Sequence[CompiledSuite]]
    clock: Clock
    reached: Reached = pass_by

    def __call__(self, delivery_id: DeliveryId) -> str:
        """Return `checked`, `held`, `staging_lost` or the state that stands.

        `staging_lost`: a database crash emptied the UNLOGGED staging; make it
        again first (`EnsureStaged`).  What a steward has released is not held
        again for the same reasons.
        """
        record = self.book.find(delivery_id)
        if record is None:
            return "unknown"
        if record.state is not DeliveryState.SEALED:
            return record.state.value
        if not self.staging.whole(delivery_id):
            now = self.book.find(delivery_id) or record  # who loads clears it, too
            lost = now.state is DeliveryState.SEALED
            return "staging_lost" if lost else now.state.value
        source = self.policy.source(record.key.source_id)
        if source is None:
            return "source_not_approved"
        return self._check(record, source)

    def _check(self, record: DeliveryRecord, source: Source) -> str:
        self.reached("check.before")
        facts = facts_of.gather(self.staging.facts(record.key.delivery_id))
        suites = tuple(self.suites(source))
        findings = self.quality.run(facts, suites)
        self.reached("check.after")
        rates = facts_of.token_rates(facts)
        drifts = find_drifts(rates, self._past(record))
        unknown = () if _are_pinned(record) else facts_of.unknown_columns(facts)
        decision = decide(
            findings,
            unknown_columns=unknown if source.unknown_columns == "hold" else (),
            drifts=drifts,
        )
        report = compose(
            record=record,
            source=source,
            policy=self.policy,
            facts=facts,
            checks=tuple(
                zip(
                    (check for suite in suites for check in suite.checks),
                    findings,
                    strict=True,
                )
            ),
            decision=decision,
        )
        report = dataclasses.replace(
            report,
            drifts=name_drifts(drifts, self.policy),
            made_at=self.clock.now(),
        )
        self._store(report, {} if _are_pinned(record) else rates, record)
        return self._move(record, report, decision)

    def _past(self, record: DeliveryRecord) -> tuple[Mapping[str, float], ...]:
        """Return the rates to compare with; a choice of customers has no usual ones."""
        if _are_pinned(record):
            return ()
        return self.reports.rates(record.key.source_id, last=RATE_DELIVERIES)

    def _store(
        self, report: Report, rates: dict[str, float], record: DeliveryRecord
    ) -> None:
        self.reached("report.before")
        self.reports.put(
            record.key.delivery_id,
            CheckReport(
                page=self.writer.page(report),
                corrections=self.writer.corrections(report),
                summary=summarise(report, rates),
            ),
        )
        self.reached("report.after")

    def _move(self, record: DeliveryRecord, report: Report, decision: Decision) -> str:
        held = decision.verdict is DeliveryVerdict.HELD and not _is_released(
            record, decision
        )
        new = DeliveryState.HELD if held else DeliveryState.CHECKED
        entry = Entry(
            kind=new.value,
            subject=record.key.delivery_id,
            body={
                "rows": report.rows,
                "verdict": decision.verdict.value,
                "reasons": list(decision.reasons),
                "policy": self.policy.digest,
            },
        )
        self.reached("checked.before")
        moved = self.book.move(
            record.key.delivery_id,
            (DeliveryState.SEALED,),
            new,
            entry,
            tally=_all_held(record.tally, report.rows) if held else None,
            reasons=decision.reasons,
        )
        self.reached("checked.after")
        if moved:
            return new.value
        winner = self.book.find(record.key.delivery_id)
        return "unknown" if winner is None else winner.state.value


def _are_pinned(record: DeliveryRecord) -> bool:
    """Whether the rows are customers', and what policy does not know holds its row."""
    return record.key.reclassifies


def _is_released(record: DeliveryRecord, decision: Decision) -> bool:
    """Whether a steward let pass each reason before staging had to be made again."""
    return bool(record.released) and set(decision.reasons) <= set(record.released)


def _all_held(tally: Tally, rows: int) -> Tally:
    """Return the tally of a held delivery: it holds all its readable rows."""
    return Tally(
        read=rows + tally.quarantined, quarantined=tally.quarantined, held=rows
    )
