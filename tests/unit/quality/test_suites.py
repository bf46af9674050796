"""A suite file is read strictly: unknown keys and empty suites are refused."""

import json
from pathlib import Path

import pytest

from custody.adapters.policy.loader import load_policy
from custody.adapters.suites import compile_source, read_suite
from custody.domain.expectations import Severity, parse_suite
from custody.errors import PolicyError
from tests.builders.expectations import asks, suite_of

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ([], "suite"),
        ({"name": "a"}, "expectations"),
        ({"name": "a", "expectations": []}, "expectations"),
        ({"name": "", "expectations": [asks("x")]}, "name"),
        ({"name": "a", "expectations": [asks("x")], "extra": 1}, "suite.extra"),
        ({"name": "a", "expectations": [{"kwargs": {}}]}, "expectations[1].type"),
        (
            {"name": "a", "expectations": [{**asks("x"), "severity": "fatal"}]},
            "expectations[1].severity",
        ),
        (
            {"name": "a", "expectations": [asks("x", mostly=1.5)]},
            "expectations[1].kwargs.mostly",
        ),
        (
            {"name": "a", "expectations": [{**asks("x"), "row_condition": "1"}]},
            "expectations[1].row_condition",
        ),
        (
            {
                "name": "a",
                "expectations": [{**asks("x"), "meta": {"notes": {"en": "x"}}}],
            },
            "expectations[1].meta.notes",
        ),
    ],
)
def test_a_wrong_suite_is_refused_with_its_key(document: object, key: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_suite(document, file="wrong.json")

    assert (refused.value.file, refused.value.key) == ("wrong.json", key)


def test_severity_is_critical_unless_stated() -> None:
    (expectation,) = suite_of(asks("expect_x", column="name")).expectations

    assert expectation.severity is Severity.CRITICAL
    assert expectation.mostly == 1.0


def test_a_file_that_is_no_json_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text("{")

    with pytest.raises(PolicyError, match=r"broken\.json"):
        read_suite(file)


def test_the_shipped_suites_compile_for_every_shipped_source() -> None:
    policy = load_policy(ROOT / "include" / "policy")

    for source in policy.sources:
        suites = compile_source(
            source, policy=policy, folder=ROOT / "expectations", custom_rules={}
        )

        assert [suite.name for suite in suites] == [
            "completeness",
            "classification",
            source.source_id,
        ]


def test_shipped_expectations_speak_both_languages() -> None:
    for file in sorted((ROOT / "expectations").rglob("*.json")):
        for expectation in read_suite(file).expectations:
            assert expectation.notes is not None, (file.name, expectation.key)
        json.loads(file.read_text(encoding="utf-8"))
