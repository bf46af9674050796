"""Checking reads facts, leaves a report, and moves the delivery once."""

import dataclasses
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import openpyxl
import polars as pl
import pytest

from custody.adapters.reports.writer import SelfContainedReports
from custody.application.intake.check import CheckDelivery
from custody.columns.rules import CompiledSuite, compile_suite
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.outcome import Tally
from custody.domain.sources import SourceColumn
from tests.builders.deliveries import MOMENT, delivery_record
from tests.builders.expectations import NO_RULES, asks, suite_of
from tests.builders.policies import policy_of, source
from tests.fakes.checks import CountingQuality
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.reports import FakeReports
from tests.fakes.staging import FakeStaging

COLUMNS = (
    SourceColumn(name="customer_name", field="customer_name"),
    SourceColumn(name="phone", field="phone"),
)
POLICY = policy_of(source(columns=COLUMNS))


class FixedClock:
    def now(self) -> dt.datetime:
        return MOMENT


def suite(severity: str = "critical") -> CompiledSuite:
    asked = asks("expect_column_values_to_match_regex", column="phone", regex="x")
    delivered = [f for f in POLICY.fields if f.name in {"customer_name", "phone"}]
    return compile_suite(
        suite_of({**asked, "severity": severity}),
        fields=delivered,
        custom_rules=NO_RULES,
    )


def facts(*verdicts: str | None, first: int = 1) -> pl.DataFrame:
    rows = len(verdicts)
    return pl.DataFrame(
        {
            "row": range(first, first + rows),
            "handle": [bytes([first + n]) * 16 for n in range(rows)],
            "customer_name": ["valid"] * rows,
            "phone": ["valid"] * rows,
            "contact": ["valid"] * rows,
            "phone__rule1": verdicts,
            "record__level": ["medium"] * rows,
            "record__tier": ["low"] * rows,
            "record__verdict": ["load"] * rows,
        },
        schema_overrides={"row": pl.Int64, "phone__rule1": pl.String},
    )


@dataclass
class Bench:
    check: CheckDelivery
    book: FakeDeliveryBook
    reports: FakeReports


def bench(
    *blocks: pl.DataFrame,
    severity: str = "critical",
    whole: bool = True,
    tally: Tally | None = None,
    state: DeliveryState = DeliveryState.SEALED,
) -> Bench:
    book, reports = FakeDeliveryBook(MOMENT), FakeReports()
    record = delivery_record(state, tally=tally)
    book.records[record.key.delivery_id] = record
    suites: Callable[[object], tuple[CompiledSuite, ...]] = lambda _: (  # noqa: E731
        suite(severity),
    )
    check = CheckDelivery(
        policy=POLICY,
        book=book,
        staging=FakeStaging(*blocks, whole=whole),
        reports=reports,
        quality=CountingQuality(),
        writer=SelfContainedReports(ZoneInfo("Asia/Shanghai")),
        suites=suites,
        clock=FixedClock(),
    )
    return Bench(check, book, reports)


DELIVERY = delivery_record().key.delivery_id


def corrections_of(it: Bench) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(it.reports.kept[DELIVERY].corrections))
    return list(book.worksheets[0].iter_rows(min_row=2, values_only=True))


def test_a_good_delivery_is_checked_and_leaves_its_report() -> None:
    it = bench(facts("pass", "pass"))

    assert it.check(DELIVERY) == "checked"

    assert it.book.records[DELIVERY].state is DeliveryState.CHECKED
    assert it.reports.kept[DELIVERY].summary["verdict"] == "passed"
    assert it.book.entries[-1].kind == "checked"


def test_a_failed_critical_check_holds_every_readable_row() -> None:
    it = bench(
        facts("pass", "fail"),
        facts("pass", first=3),
        tally=Tally(read=5, quarantined=2),
    )

    assert it.check(DELIVERY) == "held"

    record = it.book.records[DELIVERY]
    assert record.tally == Tally(read=5, quarantined=2, held=3)
    assert record.tally.conserves
    assert record.reasons == ("failed_critical:invented[1]",)


@pytest.mark.parametrize("severity", ["warning", "info"])
def test_what_is_not_critical_does_not_hold(severity: str) -> None:
    it = bench(facts("fail"), severity=severity)

    assert it.check(DELIVERY) == "checked"


def test_an_unknown_column_holds_when_policy_says_so() -> None:
    unknown = facts("pass").with_columns(pl.lit("unchecked").alias("?3"))
    it = bench(unknown)

    assert it.check(DELIVERY) == "held"

    assert it.book.records[DELIVERY].reasons == ("unknown_column:?3",)
    assert "位置".encode() in it.reports.kept[DELIVERY].page


def test_the_unknown_columns_fact_holds_too() -> None:
    unknown = facts("pass").with_columns(pl.lit("valid").alias("unknown_columns"))
    it = bench(unknown)

    assert it.check(DELIVERY) == "held"

    assert it.book.records[DELIVERY].reasons == ("unknown_column:?",)


def test_the_correction_list_tells_what_each_row_verdict_rests_on() -> None:
    told = facts("pass", "fail").with_columns(
        pl.Series("record__reasons", ["phone:malformed,contact:missing", ""])
    )
    it = bench(told, severity="info")

    it.check(DELIVERY)

    assert corrections_of(it) == [
        (1, "phone", "格式不对 malformed", "可后补 optional"),
        (
            1,
            "联系方式（电话、邮箱或地址） contact (phone, e-mail or address)",
            "缺失 missing",
            "必填 mandatory",
        ),
        (
            2,
            "phone",
            "不符合要求 does not meet the demand",
            "符合 x（提示） matches x (info)",
        ),
    ]


def test_late_facts_are_joined_to_their_rows() -> None:
    early = facts("pass", "pass").drop("phone__rule1")
    late = pl.DataFrame(
        {"row": [2, 1], "phone__rule1": ["fail", "pass"]},
        schema={"row": pl.Int64, "phone__rule1": pl.String},
    )
    it = bench(early, late)

    it.check(DELIVERY)

    assert [line[0] for line in corrections_of(it)] == [2]


def test_emptied_staging_asks_for_sealing_again() -> None:
    it = bench(facts("pass"), whole=False)

    assert it.check(DELIVERY) == "staging_lost"

    assert not it.reports.kept


def test_staging_that_another_runs_load_cleared_is_not_lost() -> None:
    it = bench(facts("pass"))
    record = it.book.records[DELIVERY]

    class Cleared(FakeStaging):
        def whole(self, delivery_id: DeliveryId) -> bool:
            loaded = dataclasses.replace(record, state=DeliveryState.LOADED)
            it.book.records[delivery_id] = loaded
            return False

    late = dataclasses.replace(it.check, staging=Cleared())

    assert late(DELIVERY) == "loaded"
    assert not it.reports.kept


def test_a_second_run_moves_nothing() -> None:
    it = bench(facts("pass"))
    it.check(DELIVERY)

    assert it.check(DELIVERY) == "checked"

    assert len(it.book.entries) == 1


def test_a_delivery_that_is_not_sealed_is_left_alone() -> None:
    it = bench(facts("pass"), state=DeliveryState.LOADED)

    assert it.check(DELIVERY) == "loaded"

    assert not it.reports.kept
