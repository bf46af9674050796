"""Renders a validation report as one self-contained page in both languages.

Everything is in the page: no script, no foreign host, styles allowed by their
hash only.  The language is switched by radio buttons and CSS, so the page works
under the strictest Content-Security-Policy and on paper.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from custody.domain.expectations import Severity
from custody.domain.report import SHOWN_PROBLEMS, Chart, CheckLine, Report, Share
from custody.domain.report_words import ANSWER_WORDS, SEVERITY_WORDS, VERDICT_WORDS
from custody.domain.verdict import Answer

_ORDER = {Answer.NOT_RUN: 0, Answer.FAILED: 1, Answer.PASSED: 2}
_GRAVITY = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
_COLOURS = {
    "load": "#1a7f5a",
    "supplement": "#d99a1c",
    "pending": "#c2502e",
    "high": "#a3324a",
    "medium": "#d99a1c",
    "low": "#3d7ea6",
}
_OTHER_COLOUR = "#8a94a0"
_TEMPLATE = "page.html.j2"
_STYLE = "page.css"


@dataclass(frozen=True, slots=True)
class Arc:
    """One part of a ring chart, in percent of the ring; `start` from the top."""

    share: Share
    colour: str
    percent: float
    start: float


def render_page(report: Report, *, zone: ZoneInfo) -> bytes:
    """Return the page, UTF-8; times are shown in the zone."""
    package = PackageLoader("custody.adapters", "reports")
    environment = Environment(
        loader=package,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, _, _ = package.get_source(environment, _STYLE)
    page = environment.get_template(_TEMPLATE).render(
        report=report,
        style=style,
        style_hash=_csp_hash(style),
        made_at=report.made_at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        verdict=VERDICT_WORDS[report.verdict],
        checks=_gravest_first(report.checks),
        passed=sum(c.finding.answer is Answer.PASSED for c in report.checks),
        charts=[(chart, list(_arcs(chart))) for chart in report.charts],
        shown=report.problems[:SHOWN_PROBLEMS],
        answers=ANSWER_WORDS,
        severities=SEVERITY_WORDS,
        number="{:,}".format,
        percent=_percent,
    )
    return page.encode()


def _csp_hash(style: str) -> str:
    digest = hashlib.sha256(style.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _gravest_first(checks: tuple[CheckLine, ...]) -> list[CheckLine]:
    return sorted(
        checks,
        key=lambda line: (
            _ORDER[line.finding.answer],
            _GRAVITY[line.finding.expectation.severity],
        ),
    )


def _arcs(chart: Chart) -> Iterator[Arc]:
    start = 0.0
    for share in chart.shares:
        percent = 100 * share.rows / chart.rows if chart.rows else 0.0
        colour = _COLOURS.get(share.code, _OTHER_COLOUR)
        yield Arc(share, colour, round(percent, 3), round(start, 3))
        start += percent


def _percent(share: float) -> str:
    """Write a share of 1; never rounded up to a whole that was not reached."""
    whole = 100 * share
    shown = f"{whole:.1f}".removesuffix(".0")
    if share < 1 and shown == "100":
        shown = "99.9"
    return f"{shown}%"
