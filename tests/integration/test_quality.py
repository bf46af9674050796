"""Great Expectations on facts counts what it counts on values, and keeps none."""

import datetime as dt
import io
import json
import zipfile
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from custody.adapters.quality.great_expectations import GreatExpectations
from custody.adapters.reports.writer import SelfContainedReports
from custody.application.intake.check import CheckDelivery
from custody.columns.rules import compile_suite
from custody.domain.delivery import DeliveryState
from custody.domain.sources import SourceColumn
from custody.domain.verdict import Answer
from tests.builders.deliveries import MOMENT, delivery_record
from tests.builders.expectations import NO_RULES, asks, compiled, facts_of, values
from tests.builders.expectations import suite_of as suite_from
from tests.builders.policies import policy_of, source
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.reports import FakeReports
from tests.fakes.staging import FakeStaging

pytestmark = pytest.mark.integration

FILE = values(
    name=["甲公司", "乙公司", "甲公司", None, "丙", "丁公司有限", "", "甲公司"],
    phone=["+861", "+862", "x", None, "+861", "+8", None, "+861"],
    day=[
        "2026-02-28",
        "2026-02-30",
        None,
        "2026-1-5",
        "05/01/2026",
        "2024-02-29",
        "x",
        None,
    ],
    amount=["1", "20", "-3", None, "7.5", "100", "0", "10"],
)

EXPECTATIONS: list[dict[str, object]] = [
    asks("expect_column_values_to_not_be_null", column="phone", mostly=0.7),
    asks("expect_column_values_to_be_null", column="day", mostly=0.1),
    asks(
        "expect_column_values_to_be_in_set",
        column="name",
        value_set=["甲公司", "乙公司"],
        mostly=0.5,
    ),
    asks("expect_column_values_to_not_be_in_set", column="name", value_set=["丙"]),
    asks("expect_column_values_to_match_regex", column="phone", regex=r"^\+\d+$"),
    asks("expect_column_values_to_not_match_regex", column="phone", regex="x"),
    asks(
        "expect_column_values_to_match_regex_list",
        column="phone",
        regex_list=["1$", "2$"],
    ),
    asks(
        "expect_column_values_to_match_regex_list",
        column="phone",
        regex_list=[r"\+", "1$"],
        match_on="all",
    ),
    asks(
        "expect_column_values_to_not_match_regex_list",
        column="phone",
        regex_list=["1$", "x"],
    ),
    asks(
        "expect_column_value_lengths_to_be_between",
        column="name",
        min_value=2,
        max_value=4,
    ),
    asks("expect_column_value_lengths_to_equal", column="name", value=3, mostly=0.6),
    asks(
        "expect_column_values_to_be_between", column="amount", min_value=0, max_value=20
    ),
    asks(
        "expect_column_values_to_be_between",
        column="amount",
        min_value=0,
        strict_min=True,
        mostly=0.7,
    ),
    asks(
        "expect_column_values_to_match_strftime_format",
        column="day",
        strftime_format="%Y-%m-%d",
    ),
    asks("expect_column_values_to_be_unique", column="name"),
    asks("expect_compound_columns_to_be_unique", column_list=["name", "phone"]),
    asks(
        "expect_compound_columns_to_be_unique",
        column_list=["name", "phone"],
        ignore_row_if="any_value_is_missing",
    ),
    asks("expect_column_pair_values_to_be_equal", column_A="name", column_B="phone"),
    asks(
        "expect_column_pair_values_to_be_equal",
        column_A="name",
        column_B="phone",
        ignore_row_if="either_value_is_missing",
    ),
    asks(
        "expect_column_pair_values_a_to_be_greater_than_b",
        column_A="name",
        column_B="phone",
        ignore_row_if="either_value_is_missing",
    ),
    asks(
        "expect_column_pair_values_to_be_in_set",
        column_A="name",
        column_B="phone",
        value_pairs_set=[["甲公司", "+861"], ["丙", "+861"]],
    ),
    asks(
        "expect_select_column_values_to_be_unique_within_record",
        column_list=["name", "phone", "day"],
    ),
    asks("expect_table_row_count_to_be_between", min_value=1, max_value=5),
    asks("expect_table_row_count_to_equal", value=8),
    asks(
        "expect_table_columns_to_match_set",
        column_set=["name", "phone", "day", "amount"],
    ),
    asks("expect_column_to_exist", column="phone"),
]


def gx_on_values(
    frame: pl.DataFrame, expectations: list[dict[str, object]]
) -> list[Any]:
    """Return what GX itself answers on the values of an invented file."""
    import great_expectations as gx

    typed = frame.drop("row").with_columns(pl.col("amount").cast(pl.Float64))
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("v").add_dataframe_asset("v")
    batch = asset.add_batch_definition_whole_dataframe("v").get_batch(
        {"dataframe": typed.to_pandas().astype({"day": object})}
    )
    suite = gx.ExpectationSuite(
        name="v",
        expectations=[{**one, "meta": {"n": n}} for n, one in enumerate(expectations)],
    )
    result: Any = batch.validate(suite, result_format="BASIC")
    return sorted(
        result.to_json_dict()["results"],
        key=lambda one: one["expectation_config"]["meta"]["n"],
    )


def test_counts_and_verdicts_equal_gx_on_values() -> None:
    suite = compiled(*EXPECTATIONS)

    on_facts = GreatExpectations().run(facts_of(FILE, suite), [suite])
    on_values = gx_on_values(FILE, EXPECTATIONS)

    for finding, answer in zip(on_facts, on_values, strict=True):
        kind = finding.expectation.key
        expected = answer["result"]
        assert not answer["exception_info"].get("raised_exception", True), kind
        assert finding.answer is not Answer.NOT_RUN, kind
        assert (finding.answer is Answer.PASSED) == answer["success"], kind
        if "unexpected_count" in expected:
            assert finding.unexpected == expected["unexpected_count"], kind


def test_a_fact_that_is_not_there_could_not_be_checked() -> None:
    suite = compiled(
        asks("expect_column_values_to_be_unique", column="name"),
        asks("expect_table_row_count_to_equal", value=8),
    )
    facts = facts_of(FILE, suite).drop("name__rule1")

    findings = GreatExpectations().run(facts, [suite])

    assert [one.answer for one in findings] == [Answer.NOT_RUN, Answer.PASSED]


def test_a_field_that_is_not_delivered_is_missing_in_every_row() -> None:
    suite = compile_suite(
        suite_from(
            asks("expect_column_values_to_not_be_null", column="passport"),
            asks("expect_column_values_to_be_unique", column="passport"),
        ),
        fields=(),
        known=["passport"],
        custom_rules=NO_RULES,
    )

    findings = GreatExpectations().run(
        facts_of(FILE, compiled(EXPECTATIONS[0])), [suite]
    )

    assert [one.answer for one in findings] == [Answer.FAILED, Answer.PASSED]


class FixedClock:
    def now(self) -> dt.datetime:
        return MOMENT


def test_no_value_reaches_result_page_workbook_or_summary(
    capfd: pytest.CaptureFixture[str],
) -> None:
    canaries = {"customer_name": "金丝雀甲乙丙", "phone": "+8613800001111"}
    policy = policy_of(
        source(columns=tuple(SourceColumn(name=n, field=n) for n in canaries))
    )
    suite = compile_suite(
        suite_from(
            asks("expect_column_values_to_be_unique", column="customer_name"),
            asks("expect_column_values_to_be_in_set", column="phone", value_set=["1"]),
            asks("expect_column_values_to_match_regex", column="phone", regex="^x"),
        ),
        fields=[field for field in policy.fields if field.name in canaries],
        custom_rules=NO_RULES,
    )
    frame = pl.DataFrame(
        {"row": [1, 2], **{name: [value] * 2 for name, value in canaries.items()}}
    )
    facts = _sealing_pass(frame, suite)
    book, reports = FakeDeliveryBook(MOMENT), FakeReports()
    record = delivery_record(DeliveryState.SEALED)
    book.records[record.key.delivery_id] = record

    outcome = CheckDelivery(
        policy=policy,
        book=book,
        staging=FakeStaging(facts),
        reports=reports,
        quality=GreatExpectations(),
        writer=SelfContainedReports(ZoneInfo("Asia/Shanghai")),
        suites=lambda _: (suite,),
        clock=FixedClock(),
    )(record.key.delivery_id)

    report = reports.kept[record.key.delivery_id]
    out, err = capfd.readouterr()
    left = "\n".join(
        (
            repr(GreatExpectations().run(facts, [suite])),
            report.page.decode(),
            _unzipped(report.corrections),
            json.dumps(report.summary, ensure_ascii=False),
            repr(book.entries),
            out,
            err,
        )
    )
    assert outcome == "held"
    for canary in canaries.values():
        assert canary not in left
    twin = json.dumps(gx_on_canaries(frame), ensure_ascii=False)
    assert canaries["phone"] in twin  # on values GX does write it down


def gx_on_canaries(frame: pl.DataFrame) -> list[Any]:
    """Return GX's answer when it is given the values: the twin of the control."""
    asked = [asks("expect_column_values_to_match_regex", column="phone", regex="^x")]
    return gx_on_values(frame.with_columns(day=None, amount=None), asked)


def _sealing_pass(frame: pl.DataFrame, suite: Any) -> pl.DataFrame:  # noqa: ANN401
    from custody.columns.rules import (  # noqa: PLC0415
        WholeFile,
        row_rules,
        whole_file_rules,
    )

    whole = WholeFile(whole_file_rules([suite]), key=3)
    whole.feed(frame)
    late = whole.finish()
    assert late is not None
    facts = frame.select(
        "row",
        *(pl.lit("malformed").alias(name) for name in ("customer_name", "phone")),
        *(rule.expression for rule in row_rules([suite])),
        pl.lit("load").alias("record__verdict"),
        pl.lit("low").alias("record__level"),
        pl.lit("low").alias("record__tier"),
    )
    return facts.join(late, on="row")


def _unzipped(workbook: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return "".join(
            archive.read(name).decode("utf-8", "replace") for name in archive.namelist()
        )
