"""Each value expectation has one compiled form; what has none is refused."""

import polars as pl
import pytest

from custody.columns.rules import WholeFile, compile_suite, compile_suites
from custody.errors import PolicyError
from tests.builders.expectations import (
    FIELDS,
    NO_RULES,
    asks,
    compiled,
    facts_of,
    suite_of,
    values,
    verdicts,
)

P, F = "pass", "fail"
N: str | None = None  # left out

ONE_FIELD: list[tuple[str, dict[str, object], list[str | None], list[str | None]]] = [
    (
        "expect_column_values_to_be_in_set",
        {"value_set": ["a", "b"]},
        ["a", "c", None],
        [P, F, N],
    ),
    (
        "expect_column_values_to_not_be_in_set",
        {"value_set": ["c"]},
        ["a", "c", None],
        [P, F, N],
    ),
    (
        "expect_column_values_to_match_regex",
        {"regex": r"^\d+$"},
        ["12", "1x", None],
        [P, F, N],
    ),
    (
        "expect_column_values_to_not_match_regex",
        {"regex": "x"},
        ["12", "1x", None],
        [P, F, N],
    ),
    (
        "expect_column_values_to_match_regex_list",
        {"regex_list": ["^a", "^b"]},
        ["b1", "c1", None],
        [P, F, N],
    ),
    (
        "expect_column_values_to_match_regex_list",
        {"regex_list": ["^a", "1$"], "match_on": "all"},
        ["a1", "a2", None],
        [P, F, N],
    ),
    (
        "expect_column_values_to_not_match_regex_list",
        {"regex_list": ["^a", "^b"]},
        ["c", "bb", None],
        [P, F, N],
    ),
    (
        "expect_column_value_lengths_to_be_between",
        {"min_value": 2, "max_value": 3},
        ["中文", "文", "abcd", None],
        [P, F, F, N],
    ),
    (
        "expect_column_value_lengths_to_be_between",
        {"min_value": 2, "strict_min": True},
        ["abc", "ab", None],
        [P, F, N],
    ),
    (
        "expect_column_value_lengths_to_equal",
        {"value": 2},
        ["中文", "文", None],
        [P, F, N],
    ),
    (
        "expect_column_values_to_be_between",
        {"min_value": 0, "max_value": 10},
        ["9.5", "10", "-1", "x", "nan", "inf", None],
        [P, P, F, F, F, F, N],
    ),
    (
        "expect_column_values_to_be_between",
        {"max_value": 10, "strict_max": True},
        ["9", "10", None],
        [P, F, N],
    ),
    (
        "expect_column_values_to_be_between",
        {"min_value": "2026-01-01", "strict_min": True, "max_value": "2026-12-31"},
        ["2026-01-02", "2026-01-01", "2027-01-01", None],
        [P, F, F, N],
    ),
    (
        "expect_column_values_to_match_strftime_format",
        {"strftime_format": "%Y-%m-%d"},
        ["2024-02-29", "2026-02-29", "2026-1-3", "2026-13-01", "", None],
        [P, F, P, F, F, N],
    ),
    (
        "expect_column_values_to_be_unique",
        {},
        ["a", "b", "a", None, None],
        [F, P, F, N, N],
    ),
]


@pytest.mark.parametrize(("kind", "kwargs", "given", "expected"), ONE_FIELD)
def test_one_bad_value_turns_its_rule_red(
    kind: str,
    kwargs: dict[str, object],
    given: list[str | None],
    expected: list[str | None],
) -> None:
    found = verdicts(values(name=given), asks(kind, column="name", **kwargs))

    assert found == expected


PAIRS: list[tuple[str, dict[str, object], list[str | None]]] = [
    ("expect_column_pair_values_to_be_equal", {}, [P, F, F, F, N]),
    (
        "expect_column_pair_values_to_be_equal",
        {"ignore_row_if": "either_value_is_missing"},
        [P, F, F, N, N],
    ),
    (
        "expect_column_pair_values_to_be_equal",
        {"ignore_row_if": "neither"},
        [P, F, F, F, F],
    ),
    ("expect_column_pair_values_a_to_be_greater_than_b", {}, [F, F, P, F, N]),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"or_equal": True},
        [P, F, P, F, N],
    ),
    (
        "expect_column_pair_values_to_be_in_set",
        {"value_pairs_set": [["a", "b"], ["b", None]]},
        [F, P, F, P, N],
    ),
]


@pytest.mark.parametrize(("kind", "kwargs", "expected"), PAIRS)
def test_pairs_agree_row_by_row(
    kind: str, kwargs: dict[str, object], expected: list[str | None]
) -> None:
    frame = values(name=["a", "a", "b", "b", None], phone=["a", "b", "a", None, None])

    found = verdicts(frame, asks(kind, column_A="name", column_B="phone", **kwargs))

    assert found == expected


def test_amounts_are_compared_as_numbers() -> None:
    frame = values(amount=["9", "10"], name=["x", "x"])
    asked = asks(
        "expect_column_pair_values_a_to_be_greater_than_b",
        column_A="amount",
        column_B="amount",
        or_equal=True,
    )

    assert verdicts(frame, asked) == [P, P]


def test_fields_of_one_row_differ() -> None:
    frame = values(
        name=["a", "a", "a", None], phone=["b", "a", None, None], day=["c", "c", "c", N]
    )
    asked = asks(
        "expect_select_column_values_to_be_unique_within_record",
        column_list=["name", "phone", "day"],
    )

    assert verdicts(frame, asked) == [P, F, P, N]


def test_compound_keys_are_unique_and_do_not_run_together() -> None:
    frame = values(
        name=["a", "ab", "a", "a", None, None], phone=["bc", "c", "bc", None, None, "x"]
    )
    asked = asks("expect_compound_columns_to_be_unique", column_list=["name", "phone"])

    assert verdicts(frame, asked) == [F, P, F, P, N, P]


def test_uniqueness_reaches_over_blocks() -> None:
    suite = compiled(asks("expect_column_values_to_be_unique", column="name"))
    whole = WholeFile(suite.rules, key=1)

    whole.feed(values(name=["a", "b"]))
    whole.feed(values(name=["c", "a"]).with_columns(pl.col("row") + 2))
    late = whole.finish()

    assert late is not None
    assert late.rows() == [(1, "fail"), (2, "pass"), (3, "pass"), (4, "fail")]


def test_a_fingerprint_depends_on_the_key_of_its_pass() -> None:
    suite = compiled(asks("expect_column_values_to_be_unique", column="name"))
    kept = []
    for key in (1, 2):
        whole = WholeFile(suite.rules, key=key)
        whole.feed(values(name=["a"]))
        kept.append(whole._blocks[0][suite.rules[0].name].item())

    assert kept[0] != kept[1]
    assert isinstance(kept[0], int)


def test_a_teams_own_rule_is_one_function() -> None:
    suite = compiled(
        asks("custody_rule", column="name", rule="short"),
        rules={"short": lambda value: value.str.len_chars() < 3},
    )

    facts = facts_of(values(name=["ab", "abc", None]), suite)

    assert facts["name__rule1"].to_list() == [P, F, N]


REFUSED: list[tuple[dict[str, object], str]] = [
    (asks("expect_column_mean_to_be_between", column="amount", min_value=1), "mean"),
    (
        asks("expect_column_values_to_match_like_pattern", column="name"),
        "match_like_pattern",
    ),
    (
        asks(
            "expect_column_values_to_match_regex",
            column="name",
            regex="a",
            row_condition="name==1",
            condition_parser="pandas",
        ),
        "row_condition",
    ),
    (
        asks("expect_column_values_to_match_regex", column="name", regex="(?=a)"),
        "look-around",
    ),
    (
        asks("expect_column_values_to_be_in_set", column="name", value_set=[1]),
        "values are text",
    ),
    (
        asks("expect_column_values_to_be_in_set", column="name", value_set=[]),
        "value_set",
    ),
    (asks("expect_column_values_to_not_be_null", column="nme"), "nme"),
    (
        asks(
            "expect_column_values_to_match_regex",
            column="name__fact",
            regex="valid",
        ),
        "facts take presence and set",
    ),
    (
        asks("expect_column_values_to_be_unique", column="record__level"),
        "facts take presence and set",
    ),
    (asks("custody_rule", column="name", rule="nobody"), "nobody"),
    (
        asks(
            "expect_column_values_to_match_strftime_format",
            column="day",
            strftime_format="%d %B %Y",
        ),
        "%B",
    ),
    (
        asks(
            "expect_column_values_to_be_between",
            column="amount",
            min_value={"$PARAMETER": "x"},
        ),
        "plain value",
    ),
    (asks("expect_table_row_count_to_be_between"), "min_value"),
    (asks("expect_column_to_exist", column="name", column_index=1), "column_index"),
]


@pytest.mark.parametrize(("expectation", "named"), REFUSED)
def test_what_has_no_compiled_form_is_refused_by_name(
    expectation: dict[str, object], named: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        compiled(expectation)

    assert refused.value.file == "invented.json"
    assert str(expectation["type"]) in refused.value.key
    assert named in str(refused.value)


def test_a_rule_that_answers_no_boolean_is_refused() -> None:
    with pytest.raises(PolicyError, match="yes or no"):
        compiled(
            asks("custody_rule", column="name", rule="length"),
            rules={"length": lambda value: value.str.len_chars()},
        )


def test_gx_is_given_rules_and_facts_only() -> None:
    suite = compiled(
        {
            **asks(
                "expect_column_values_to_match_regex",
                column="phone",
                regex="secret",
                mostly=0.9,
            ),
            "severity": "warning",
            "meta": {"notes": {"zh": "电话", "en": "phone"}},
        },
        asks("expect_column_values_to_not_be_null", column="name"),
    )

    document = suite.gx_suite_json

    assert document["expectations"] == [
        {
            "type": "expect_column_values_to_be_in_set",
            "kwargs": {
                "column": "phone__rule1",
                "value_set": ["pass"],
                "mostly": 0.9,
            },
            "severity": "warning",
            "meta": {
                "suite": "invented",
                "position": 1,
                "authored_type": "expect_column_values_to_match_regex",
                "mostly": 0.9,
                "notes": {"zh": "电话", "en": "phone"},
            },
        },
        {
            "type": "expect_column_values_to_not_be_null",
            "kwargs": {"column": "name__fact"},
            "severity": "critical",
            "meta": {
                "suite": "invented",
                "position": 2,
                "authored_type": "expect_column_values_to_not_be_null",
                "mostly": 1.0,
                "notes": {},
            },
        },
    ]


def test_suites_of_one_source_never_share_a_rule_name() -> None:
    asked = asks("expect_column_values_to_be_unique", column="name")

    suites = compile_suites(
        [suite_of(asked, name="one"), suite_of(asked, asked, name="two")],
        fields=FIELDS,
        custom_rules=NO_RULES,
    )

    names = [rule.name for suite in suites for rule in suite.rules]
    assert names == ["name__rule1", "name__rule2", "name__rule3"]


def test_a_known_field_that_is_not_delivered_leaves_no_rule() -> None:
    suite = compile_suite(
        suite_of(asks("expect_column_values_to_be_unique", column="passport")),
        fields=FIELDS,
        known=["passport"],
        custom_rules=NO_RULES,
    )

    assert suite.rules == ()
    assert suite.checks[0].absent
