"""Files of unknown layout: refused by place, padded by column, never quoted."""

import datetime as dt
import json
from pathlib import Path

import pytest

from custody.application.classify import Classification, classify_table
from custody.application.source import draft_suite, view_columns
from custody.application.tables import open_table
from custody.domain.expectations import parse_suite
from custody.domain.kinds import Kind
from custody.domain.levels import Level
from custody.errors import DeliveryError
from tests.builders import people
from tests.builders.policies import field

TODAY = dt.date(2026, 11, 23)
FIELDS = (
    field("phone", Level.MEDIUM, kinds=(Kind.PHONE,)),
    field("grade"),
)


def classified(folder: Path, content: str) -> Classification:
    """Classify a file with this content."""
    path = folder / "file.csv"
    path.write_text(content, encoding="utf-8")
    return classify_table(open_table(path), today=TODAY)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b" \n\n", "empty_file"),
        (b"\x00\x00\x01\x02", "bad_encoding"),
    ],
)
def test_what_is_no_text_is_refused(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)

    with pytest.raises(DeliveryError, match=reason):
        open_table(path)


def test_a_nul_behind_the_sample_is_refused_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is guessed by its begin; the rest is not trusted for that."""
    monkeypatch.setattr("custody.application.tables.SAMPLE_BYTES", 8)
    path = tmp_path / "file.csv"
    path.write_bytes(b"a,b\nc,d\ne,\x00\n")

    with pytest.raises(DeliveryError, match="nul_character at row 3"):
        open_table(path)


def test_the_export_of_a_database_with_two_character_marks_is_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("1+|Ann+|a,b&|\n2+|Bob+|c&|\n", encoding="utf-8")

    table = open_table(path)

    assert (table.delimiter, table.width) == ("+|", 3)
    assert list(table.rows()) == [["1", "Ann", "a,b"], ["2", "Bob", "c"]]


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    result = classified(tmp_path, "电话,grade\n\n,\n13900000000,A\n\n")

    assert result.rows == 1


def test_a_column_that_some_blocks_lack_is_missing_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short row is padded; where all are short, the block is narrower."""
    monkeypatch.setattr("custody.application.tables.BLOCK_CELLS", 1)
    monkeypatch.setattr("custody.application.tables.SAMPLE_LINES", 2)
    rng = people.chance(3)
    wide, short = f"{people.mobile(rng)},A,more\n", f"{people.mobile(rng)},B\n"

    result = classified(tmp_path, f"电话,grade\n{short}{wide}{short}")

    told = [(column.present, column.missing) for column in result.columns]
    assert told == [(3, 0), (3, 0), (1, 2)]


def sample(rows: int) -> str:
    """Return a file of phones, one of them wrong, and a grade of a few values."""
    rng = people.chance(4)
    lines = [f"{people.mobile(rng)},{'ABC'[at % 3]}\n" for at in range(rows - 1)]
    return "电话,grade\n" + "".join(lines) + "1390000,A\n"


def test_a_column_is_printed_as_counts_and_no_value(tmp_path: Path) -> None:
    result = classified(tmp_path, sample(60))

    views = view_columns(result, fields=FIELDS, declared={"电话": "phone"})

    told = views[0].as_json()
    assert told["facts"] == {"present": 60, "missing": 0, "valid": 59, "invalid": 1}
    assert (told["name"], told["field"], told["level"]) == ("电话", "phone", "medium")
    assert "1390000" not in json.dumps([view.as_json() for view in views])


@pytest.mark.parametrize(("rows", "closed"), [(60, True), (20, False)])
def test_a_few_values_of_a_low_field_are_drafted_as_a_set_when_rows_are_many(
    tmp_path: Path, rows: int, *, closed: bool
) -> None:
    """A handful of rows proves no closed set."""
    result = classified(tmp_path, sample(rows))
    views = view_columns(result, fields=FIELDS, declared={"grade": "grade"})

    suite = json.dumps(draft_suite(result, views, name="draft"))

    assert ('["A", "B", "C"]' in suite) is closed


def test_a_column_is_drafted_with_its_lengths_and_an_empty_one_not_at_all(
    tmp_path: Path,
) -> None:
    """What nobody filled in proves nothing."""
    rows = "".join(f"A{'x' * (at % 3)},\n" for at in range(9))
    result = classified(tmp_path, f"grade,电话\n{rows}")
    declared = {"grade": "grade", "电话": "phone"}
    views = view_columns(result, fields=FIELDS, declared=declared)

    suite = draft_suite(result, views, name="draft")

    asked = parse_suite(suite, file="draft.json").expectations
    assert {one.kwargs.get("column") for one in asked} == {None, "grade"}
    bounds = asked[-1].kwargs
    assert (bounds["min_value"], bounds["max_value"]) == (1, 3)
