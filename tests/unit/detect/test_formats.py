"""The format of an unknown file is told by its content, whatever its name."""

import datetime as dt
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from openpyxl import Workbook
from typer.testing import CliRunner

from custody.adapters.readers.unknown import open_unknown
from custody.application.classify import classify_table
from custody.application.source import draft_source, view_columns
from custody.cli.main import app
from custody.domain.kinds import Kind
from custody.domain.sources import FileFormat
from custody.errors import DeliveryError
from tests.builders import people

TODAY = dt.date(2026, 11, 23)
HEAD = ("客户名称", "电话", "数量")


def _rows(count: int = 30) -> list[tuple[str, str, int]]:
    rng = people.chance(1)
    return [(people.company_name(rng), people.mobile(rng), 7) for _ in range(count)]


def _jsonl(folder: Path) -> Path:
    path = folder / "file.txt"
    lines = [json.dumps(dict(zip(HEAD, row, strict=True))) for row in _rows()]
    path.write_text("\n".join(lines) + "\n\n", "utf-8")
    return path


def _xlsx(folder: Path) -> Path:
    path, book = folder / "file.dat", Workbook()
    for row in (HEAD, *_rows()):
        book.worksheets[0].append(list(row))
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("make", "told"), [(_jsonl, FileFormat.JSONL), (_xlsx, FileFormat.XLSX)]
)
def test_each_format_gives_the_same_columns(
    tmp_path: Path, make: Callable[[Path], Path], told: FileFormat
) -> None:
    result = classify_table(open_unknown(make(tmp_path)), today=TODAY)

    names = [column.name for column in result.columns]
    assert result.table.format is told
    assert (names, result.rows) == (list(HEAD), 30)
    assert result.columns[1].accepted == {Kind.PHONE: 30}
    assert result.columns[2].choices == {"7"}


@pytest.mark.parametrize("make", [_jsonl, _xlsx])
def test_the_commands_read_each_format(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    file = str(make(tmp_path))

    for command in (
        ("classify", file, "--json"),
        ("source", "check", file),
        ("source", "propose", file),
    ):
        result = CliRunner().invoke(app, command, env={"CUSTODY_LANG": "en"})

        assert result.exit_code == 0, result.stderr
        assert "phone" in result.stdout


@pytest.mark.parametrize(
    ("make", "layout"),
    [
        (_jsonl, {"format": "jsonl", "encoding": "utf-8"}),
        (_xlsx, {"format": "xlsx", "header": True}),
    ],
)
def test_a_draft_says_the_format(
    tmp_path: Path, make: Callable[[Path], Path], layout: dict[str, object]
) -> None:
    result = classify_table(open_unknown(make(tmp_path)), today=TODAY)
    views = view_columns(result, fields=(), declared={})

    drafted = yaml.safe_load(draft_source(result, views))["layout"]

    assert drafted == layout


def test_keys_that_come_later_are_columns_too(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text('{"a": "1"}\n{"b": null, "a": 2}\n', "utf-8")

    result = classify_table(open_unknown(file), today=TODAY)

    assert [(c.name, c.present, c.missing) for c in result.columns] == [
        ("a", 2, 0),
        ("b", 0, 2),
    ]


def test_what_cannot_be_read_is_told_by_its_place(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text('{"a": "1"}\n{"a": CANARY}\n', "utf-8")

    with pytest.raises(DeliveryError, match="malformed_json at row 2") as caught:
        open_unknown(file)

    assert "CANARY" not in str(caught.value)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("rows.csv", "a,b\n")

    with pytest.raises(DeliveryError, match="not_a_workbook"):
        open_unknown(file)
