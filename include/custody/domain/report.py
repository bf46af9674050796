"""The validation report 校验报告 as a frozen value: what a steward is shown.

Holds counts, codes, source row numbers and short handles; no value of the file.
How it looks is decided by the adapter that renders it (R25, R26).
"""

import datetime as dt
from dataclasses import dataclass

from custody.domain.language import Text
from custody.domain.verdict import DeliveryVerdict, Drift, Finding

SHOWN_PROBLEMS = 200
"""Problem rows on the page; the correction list has them all."""

LISTED_PROBLEMS = 100_000
"""Lines of the correction list: more than that no sender mends by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One bar of a chart: a stable code, its name, and rows."""

    code: str
    label: Text
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Rows of the delivery by one property; bars in the order to be shown."""

    name: str
    title: Text
    shares: tuple[Share, ...]

    @property
    def rows(self) -> int:
        """Return the rows of all bars."""
        return sum(share.rows for share in self.shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One authored expectation with its answer, as a line of the table."""

    finding: Finding
    fields: Text
    demand: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLine:
    """One rate that left its usual range, under the name of its field."""

    label: Text
    drift: Drift


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend: source row, short handle (hex), field, problem, demand."""

    row: int
    handle: str
    field: Text
    problem: Text
    demand: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the page and the correction list show of one delivery.

    `rows` are those that were read and checked, `quarantined` those unreadable;
    `problem_total` counts problems before any limit cuts the list.
    """

    delivery_id: str
    source: Text
    business_date: dt.date
    made_at: dt.datetime
    verdict: DeliveryVerdict
    reasons: tuple[str, ...]
    rows: int
    quarantined: int
    charts: tuple[Chart, ...]
    checks: tuple[CheckLine, ...]
    drifts: tuple[DriftLine, ...]
    problems: tuple[Problem, ...]
    problem_total: int
    policy_digest: str
