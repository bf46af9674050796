"""The report is one page that loads nothing, runs nothing and shows no value."""

import base64
import dataclasses
import datetime as dt
import hashlib
import io
import re
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from custody.adapters.reports.corrections import neutralise, render_corrections
from custody.adapters.reports.page import render_page
from custody.domain.language import Text
from custody.domain.report import Chart, CheckLine, Problem, Report, Share
from custody.domain.report_words import demand_of
from custody.domain.verdict import Answer, DeliveryVerdict, Finding
from tests.builders.deliveries import DAY, MOMENT
from tests.builders.expectations import asks, suite_of

ZONE = ZoneInfo("Asia/Shanghai")


def report_of(label: str = "电话", problems: int = 1) -> Report:
    (expectation,) = suite_of(
        asks("expect_column_values_to_match_regex", column="phone", regex="<b>")
    ).expectations
    finding = Finding(
        expectation=expectation, answer=Answer.FAILED, checked=1000, unexpected=3
    )
    field = Text(label, "phone")
    return Report(
        delivery_id="website/2026-11-23/1",
        source=Text("官网", "Website"),
        business_date=DAY,
        made_at=MOMENT,
        verdict=DeliveryVerdict.HELD,
        reasons=("failed_critical:invented[1]",),
        rows=1000,
        quarantined=2,
        charts=(
            Chart(
                name="level",
                title=Text("级别", "Level"),
                shares=(
                    Share(code="high", label=Text("高", "High"), rows=250),
                    Share(code="low", label=Text("低", "Low"), rows=750),
                ),
            ),
        ),
        checks=(
            CheckLine(finding=finding, fields=field, demand=demand_of(expectation)),
        ),
        drifts=(),
        problems=tuple(
            Problem(
                row=row,
                handle="0a1b2c",
                field=field,
                problem=Text("格式不对", "malformed"),
                demand=Text("必填", "mandatory"),
            )
            for row in range(1, problems + 1)
        ),
        problem_total=problems,
        policy_digest="33" * 32,
    )


def page_of(report: Report) -> str:
    return render_page(report, zone=ZONE).decode()


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = page_of(report_of())

    assert not re.search(r"https?:|//[a-z]|<script|<link|<img|<iframe|url\(", page)
    assert not re.search(r"<[^>]+\s(on\w+|style)\s*=", page)
    assert "default-src 'none'" in page


def test_the_style_is_allowed_by_its_hash_only() -> None:
    page = page_of(report_of())

    (style,) = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}'" in page


def test_authored_text_is_escaped() -> None:
    page = page_of(report_of(label="<img src=x>"))

    assert "&lt;img src=x&gt;" in page
    assert "&lt;b&gt;" in page


def test_every_text_stands_in_both_languages() -> None:
    page = page_of(report_of())

    assert page.count('lang="zh"') == page.count('lang="en"') > 20
    assert "挂起" in page
    assert "Held for a steward" in page


def test_the_page_shows_local_time() -> None:
    moment = dt.datetime(2026, 11, 23, 20, 30, tzinfo=dt.UTC)

    page = page_of(dataclasses.replace(report_of(), made_at=moment))

    assert "2026-11-24 04:30" in page


def test_long_lists_are_cut_on_the_page_and_whole_in_the_workbook() -> None:
    report = report_of(problems=300)

    page = page_of(report)
    book = openpyxl.load_workbook(io.BytesIO(render_corrections(report)))

    assert page.count("<code>0a1b2c</code>") == 200
    assert book.worksheets[0].max_row == 301


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", " ="]
)
def test_nothing_in_the_workbook_calculates(start: str) -> None:
    report = report_of(label=f"{start}HYPERLINK(1)")

    book = openpyxl.load_workbook(io.BytesIO(render_corrections(report)))
    cell = book.worksheets[0]["B2"]

    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")


def test_harmless_text_is_left_alone() -> None:
    assert neutralise("电话 Phone") == "电话 Phone"
