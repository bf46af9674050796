"""Severity decides about the delivery, and nothing else does."""

import pytest

from custody.domain.expectations import Severity
from custody.domain.verdict import (
    Answer,
    DeliveryVerdict,
    Finding,
    decide,
    find_drifts,
)
from tests.builders.expectations import asks, suite_of


def finding(severity: Severity, answer: Answer) -> Finding:
    document = {**asks("expect_x", column="name"), "severity": severity.value}
    (expectation,) = suite_of(document).expectations
    return Finding(expectation=expectation, answer=answer)


@pytest.mark.parametrize(
    ("severity", "answer", "verdict"),
    [
        (Severity.CRITICAL, Answer.FAILED, DeliveryVerdict.HELD),
        (Severity.WARNING, Answer.FAILED, DeliveryVerdict.ATTENTION),
        (Severity.INFO, Answer.FAILED, DeliveryVerdict.PASSED),
        (Severity.CRITICAL, Answer.PASSED, DeliveryVerdict.PASSED),
        (Severity.INFO, Answer.NOT_RUN, DeliveryVerdict.HELD),
    ],
)
def test_severity_decides(
    severity: Severity, answer: Answer, verdict: DeliveryVerdict
) -> None:
    decision = decide([finding(severity, answer)])

    assert decision.verdict is verdict


def test_nothing_asked_is_not_everything_granted() -> None:
    assert decide([]).reasons == ("no_checks",)


def test_a_reason_names_the_check_and_no_value() -> None:
    decision = decide([finding(Severity.CRITICAL, Answer.FAILED)])

    assert decision.reasons == ("failed_critical:invented[1]",)


def test_a_column_that_policy_does_not_know_holds() -> None:
    decision = decide([finding(Severity.INFO, Answer.PASSED)], unknown_columns=["?7"])

    assert decision.verdict is DeliveryVerdict.HELD
    assert decision.reasons == ("unknown_column:?7",)


def test_a_drift_asks_for_attention() -> None:
    drifts = find_drifts({"phone:valid": 0.5}, [{"phone:valid": 0.9}] * 3)

    decision = decide([finding(Severity.INFO, Answer.PASSED)], drifts=drifts)

    assert decision.verdict is DeliveryVerdict.ATTENTION
    assert decision.reasons == ("rate_drift:phone:valid",)


@pytest.mark.parametrize(
    ("now", "past", "drifts"),
    [
        (0.5, [0.9, 0.9], False),  # two deliveries say nothing
        (0.79, [0.9, 0.9, 0.9], True),  # steady past: 10 points
        (0.81, [0.9, 0.9, 0.9], False),
        (0.2, [0.1, 0.9, 0.5, 0.9, 0.1], False),  # restless past: 3 sigma
        (0.85, [0.5, 0.52, 0.48, 0.5], True),
    ],
)
def test_a_rate_drifts_past_both_bounds(
    *, now: float, past: list[float], drifts: bool
) -> None:
    found = find_drifts({"a:valid": now}, [{"a:valid": rate} for rate in past])

    assert bool(found) is drifts
