"""Every bad file of other people ends in its verdict: rows, or a reason and place."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from custody.errors import DeliveryError
from tests.builders.bad_input import DERIVED, FOO, FORM, SPECTRUM, TEST_DATA, WIDE
from tests.builders.readers import CSV, HEADERLESS, JSONL, read

pytestmark = pytest.mark.shared


def _verdict(
    content: bytes, columns: Sequence[str] | int, *, names_header: bool
) -> tuple[str, list[dict[str, object]]]:
    """Return what happens to a file in one line, and its rows without numbers."""
    headerless = isinstance(columns, int) and not names_header
    names = [str(n) for n in range(columns)] if isinstance(columns, int) else columns
    try:
        rows, faults = read(content, names, HEADERLESS if headerless else CSV)
    except DeliveryError as error:
        return str(error), []
    places = [
        str(DeliveryError(fault.reason, row=fault.row, column=fault.column))
        for fault in faults
    ]
    for row in rows:
        del row["row"]
    return "; ".join([f"{len(rows)} rows", *places]), rows


@pytest.mark.parametrize("name", SPECTRUM)
def test_csv_spectrum(shared: Path, name: str) -> None:
    """Twelve files with the values that their author says."""
    folder = shared / "data" / "bad-input" / "csv-spectrum"
    columns, expected = SPECTRUM[name]

    verdict, rows = _verdict(
        (folder / "csvs" / f"{name}.csv").read_bytes(), columns, names_header=True
    )

    assert verdict == expected
    if ";" not in expected:
        assert rows == json.loads((folder / "json" / f"{name}.json").read_text())


@pytest.mark.parametrize("name", TEST_DATA)
def test_csv_test_data(shared: Path, name: str) -> None:
    """Eighteen good files with their values, and seven `bad-` ones refused."""
    folder = shared / "data" / "bad-input" / "csv-test-data"
    columns, expected = TEST_DATA[name]

    verdict, rows = _verdict(
        (folder / "csv" / f"{name}.csv").read_bytes(), columns, names_header=False
    )

    assert verdict == expected
    twin = folder / "json" / f"{name}.json"
    assert twin.exists() is not name.startswith("bad-")
    if twin.exists():
        values = rows if columns == FOO else [list(row.values()) for row in rows]
        assert values == json.loads(twin.read_text())


@pytest.mark.parametrize("name", DERIVED)
def test_derived_files(shared: Path, name: str) -> None:
    """Each hostile file of the index is read, or refused at its place."""
    content = (shared / "data" / "bad-input" / "derived" / name).read_bytes()
    columns, expected = DERIVED[name]
    if columns == WIDE:
        columns = content.splitlines()[0].decode().split(",")

    verdict, _ = _verdict(content, columns, names_header=True)

    assert verdict == expected


def test_no_file_of_the_suites_is_left_out(shared: Path) -> None:
    """A file that somebody adds has no verdict yet, and says so."""
    folder = shared / "data" / "bad-input"
    index = json.loads((folder / "derived" / "INDEX.json").read_text())

    listed = [
        ({f"csv-spectrum/csvs/{name}.csv" for name in SPECTRUM}, "csv-spectrum"),
        ({f"csv-test-data/csv/{name}.csv" for name in TEST_DATA}, "csv-test-data"),
        ({f"derived/{name}" for name in DERIVED}, "derived"),
    ]

    for names, suite in listed:
        found = {
            str(file.relative_to(folder)) for file in (folder / suite).rglob("*.csv")
        }
        assert found == names
    assert {item["file"] for item in index} == listed[2][0]


@pytest.mark.parametrize("name", DERIVED)
def test_no_message_about_a_hostile_file_holds_one_of_its_cells(
    shared: Path, name: str
) -> None:
    """A message is a reason and a place; a declared column's name is policy's."""
    content = (shared / "data" / "bad-input" / "derived" / name).read_bytes()
    cells = {
        cell.strip(' "\n\r')
        for line in content.decode(errors="replace").splitlines()[1:]
        for cell in line.split(",")
    }

    for layout in (CSV, HEADERLESS, JSONL):
        try:
            _, faults = read(content, FORM, layout)
            messages = [repr(fault) for fault in faults]
        except DeliveryError as error:
            messages = [str(error), repr(error)]
        told = " ".join(messages)
        assert not [cell for cell in cells if len(cell) > 3 and cell in told]


def test_formula_injections_are_kept_as_they_were_written(shared: Path) -> None:
    """The store keeps the bytes (S4); what is exported neutralises them."""
    content = (shared / "data" / "bad-input" / "csv-injection.csv").read_bytes()

    rows, faults = read(content, ("客户名称", "备注", "expected"))

    assert (len(rows), faults) == (16, [])
    assert all(str(row["客户名称"]).startswith("客户") for row in rows)
    assert [row["备注"] for row in rows[:2]] == ["=1+1", "-1+1"]
    assert {str(row["expected"]).split()[0] for row in rows} == {
        "neutralise",
        "benign:",
    }


def test_naughty_strings_come_back_from_csv_and_json_lines(shared: Path) -> None:
    """Strings that break programs are text like any other (S4)."""
    file = shared / "data" / "bad-input" / "blns" / "blns.json"
    strings = json.loads(file.read_text())
    quoted = [text.replace('"', '""') for text in strings]
    as_csv = "text,n\n" + "".join(f'"{text}",1\n' for text in quoted)
    as_lines = "".join(json.dumps({"text": text}) + "\n" for text in strings)

    from_csv, csv_faults = read(as_csv.encode(), ("text", "n"))
    from_lines, line_faults = read(as_lines.encode(), ("text",), JSONL)

    assert [row["text"] for row in from_csv] == strings
    assert [row["text"] for row in from_lines] == strings
    assert (csv_faults, line_faults) == ([], [])


def test_naughty_strings_as_a_raw_file_lose_no_line(shared: Path) -> None:
    """Unquoted, a line is a row or a fault of its own, or the file is refused."""
    content = (shared / "data" / "bad-input" / "blns" / "blns.txt").read_bytes()

    with pytest.raises(DeliveryError) as caught:
        read(content, ("text",), HEADERLESS)

    assert str(caught.value).startswith(caught.value.reason)
    assert caught.value.row is not None
