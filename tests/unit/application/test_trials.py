"""A suite tried on a file answers as at intake; what is in the file stays there."""

from pathlib import Path

import pytest

from custody.adapters.readers.choose import reader_of
from custody.adapters.readers.unknown import open_unknown
from custody.application.trials import (
    Trial,
    fields_of_header,
    try_on_header,
    try_on_source,
)
from custody.columns.facts import BlockExaminer, build_plan
from custody.columns.rules import compile_suite
from custody.domain.levels import Level
from custody.domain.verdict import Answer
from custody.errors import DeliveryError
from tests.builders.deliveries import DAY
from tests.builders.expectations import NO_RULES, asks, suite_of
from tests.builders.policies import policy_of, source
from tests.fakes.checks import CountingQuality
from tests.fakes.workroom import json_lines

UNIQUE = asks("expect_column_values_to_be_unique", column="name")
LETTERS = asks("expect_column_values_to_match_regex", column="name", regex="^[a-z]+$")


def file_of(folder: Path, text: str) -> Path:
    """Write a file."""
    path = folder / "rows.csv"
    path.write_text(text, encoding="utf-8")
    return path


def by_header(path: Path, *expectations: dict[str, object]) -> Trial:
    """Try these expectations under the names of the file's header."""
    table = open_unknown(path)
    suite = compile_suite(
        suite_of(*expectations), fields=fields_of_header(table), custom_rules=NO_RULES
    )
    return try_on_header(suite, table=table, quality=CountingQuality(), key=7)


def answers(trial: Trial) -> list[Answer]:
    """Return what was answered, in the suite's order."""
    return [finding.answer for finding in trial.findings]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["ann", "bob", ""], [Answer.PASSED, Answer.PASSED]),
        (["ann", "ann", "bob"], [Answer.FAILED, Answer.PASSED]),
        (["ann", "Bob", "eve"], [Answer.PASSED, Answer.FAILED]),
    ],
)
def test_rules_on_a_row_and_on_the_whole_file_are_answered(
    tmp_path: Path, names: list[str], expected: list[Answer]
) -> None:
    """An empty cell is missing: it fails nothing."""
    lines = "".join(f"{name},open\n" for name in names)
    path = file_of(tmp_path, f"name,state\n{lines}")

    trial = by_header(path, UNIQUE, LETTERS)

    assert trial.rows == 3
    assert answers(trial) == expected


def test_rows_count_through_all_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rows that are alike are found wherever they stand."""
    monkeypatch.setattr("custody.application.tables.BLOCK_CELLS", 4)
    lines = "".join(f"{name},open\n" for name in ("ann", "bob", "eve", "dan", "ann"))

    trial = by_header(file_of(tmp_path, f"name,state\n{lines}"), UNIQUE, LETTERS)

    assert trial.rows == 5
    assert answers(trial) == [Answer.FAILED, Answer.PASSED]


def test_whatever_a_header_names_is_treated_as_highly_sensitive(tmp_path: Path) -> None:
    """Nobody has said yet what the columns are."""
    table = open_unknown(file_of(tmp_path, "name,state\nann,open\n"))

    fields = fields_of_header(table)

    assert [(one.name, one.level) for one in fields] == [
        ("name", Level.HIGH),
        ("state", Level.HIGH),
    ]


@pytest.mark.parametrize("text", ["1,2\n3,4\n", "name,name\nann,bob\n"])
def test_a_file_whose_columns_have_no_name_of_their_own_is_refused(
    tmp_path: Path, text: str
) -> None:
    table = open_unknown(file_of(tmp_path, text))

    with pytest.raises(DeliveryError, match="no_header"):
        fields_of_header(table)


def test_a_sources_file_is_read_and_normalised_as_at_intake(tmp_path: Path) -> None:
    """The phone stands there as people write it, and the rule asks of its one form."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(json_lines(3) + b"{\n")
    one = source()
    policy = policy_of(one)
    suite = compile_suite(
        suite_of(
            asks(
                "expect_column_values_to_match_regex",
                column="phone",
                regex=r"^\+86[0-9]{11}$",
            ),
            asks("expect_column_values_to_be_unique", column="resident_id"),
        ),
        fields=policy.fields,
        custom_rules=NO_RULES,
    )
    plan = build_plan(one, policy, today=DAY, rules=suite.rules)

    trial = try_on_source(
        [suite],
        path=path,
        source=one,
        reader=reader_of(one.layout),
        examiner=BlockExaminer(plan, key=7),
        quality=CountingQuality(),
    )

    assert trial.rows == 3
    assert answers(trial) == [Answer.PASSED, Answer.PASSED]
