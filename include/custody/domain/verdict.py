"""What the findings of a delivery's checks mean for the delivery.

Severity decides, and nothing else: a failed critical check holds the delivery,
a failed warning asks for attention, info is shown (R24-R26).  A check that did
not run holds too, and so does a delivery of which nothing was asked.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.expectations import Expectation, Severity

DRIFT_SIGMAS = 3.0
DRIFT_POINTS = 0.10  # share of rows
DRIFT_DELIVERIES = 3  # fewer past deliveries say nothing about what is usual


class DeliveryVerdict(StrEnum):
    """What the checks lead to for the delivery as a whole."""

    PASSED = "passed"
    ATTENTION = "attention"
    HELD = "held"


class Answer(StrEnum):
    """The answer of one check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer of one authored expectation, in rows; no value of the file.

    `column` is the fact column it ran on, None for a check of the whole table;
    `checked` counts rows, `missing` those without a value, `unexpected` those
    that disagree; `observed` is a row count or a list of field names.
    """

    expectation: Expectation
    answer: Answer
    column: str | None = None
    checked: int | None = None
    missing: int | None = None
    unexpected: int | None = None
    observed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A rate that left its usual range; rates are shares of rows, 0 to 1."""

    name: str  # `<field>:<token>`
    now: float
    usual: float
    allowed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict on a delivery and the stable reason codes it rests on."""

    verdict: DeliveryVerdict
    reasons: tuple[str, ...]


def decide(
    findings: Sequence[Finding],
    *,
    unknown_columns: Sequence[str] = (),
    drifts: Sequence[Drift] = (),
) -> Decision:
    """Return the gravest consequence; `unknown_columns` are those policy holds on."""
    holding = [f"unknown_column:{name}" for name in unknown_columns]
    holding += [reason for finding in findings if (reason := _holding(finding))]
    if not findings:
        holding.append("no_checks")
    if holding:
        return Decision(verdict=DeliveryVerdict.HELD, reasons=tuple(holding))
    warnings = [
        _reason("failed_warning", finding)
        for finding in findings
        if finding.answer is Answer.FAILED
        and finding.expectation.severity is Severity.WARNING
    ]
    warnings += [f"rate_drift:{drift.name}" for drift in drifts]
    if warnings:
        return Decision(verdict=DeliveryVerdict.ATTENTION, reasons=tuple(warnings))
    return Decision(verdict=DeliveryVerdict.PASSED, reasons=())


def find_drifts(
    now: Mapping[str, float], past: Sequence[Mapping[str, float]]
) -> tuple[Drift, ...]:
    """Return the rates farther from their mean than 3 sigma and 10 points.

    Both bounds must be passed, so that neither a very steady past nor a very
    restless one cries wolf; a rate unseen in 3 past deliveries is not judged.
    """
    drifts = []
    for name in sorted(now):
        seen = [rates[name] for rates in past if name in rates]
        if len(seen) < DRIFT_DELIVERIES:
            continue
        usual = math.fsum(seen) / len(seen)
        variance = math.fsum((rate - usual) ** 2 for rate in seen) / len(seen)
        allowed = max(DRIFT_POINTS, DRIFT_SIGMAS * math.sqrt(variance))
        if abs(now[name] - usual) > allowed:
            drifts.append(Drift(name=name, now=now[name], usual=usual, allowed=allowed))
    return tuple(drifts)


def _holding(finding: Finding) -> str | None:
    if finding.answer is Answer.NOT_RUN:
        return _reason("check_could_not_run", finding)
    critical = finding.expectation.severity is Severity.CRITICAL
    if critical and finding.answer is Answer.FAILED:
        return _reason("failed_critical", finding)
    return None


def _reason(code: str, finding: Finding) -> str:
    """Return `code:suite[position]`, which names the check and no value."""
    expectation = finding.expectation
    return f"{code}:{expectation.suite}[{expectation.position}]"
