"""The public suites of good and bad CSV files, each with its verdict."""

import json
from pathlib import Path

import pytest

from custody.errors import DeliveryError
from tests.builders.readers import CSV, HEADERLESS, read

pytestmark = pytest.mark.shared

FOO = ("foo", "bar", "baz")

# RFC 4180 knows no quote inside an unquoted cell; the suite's author is lenient.
STRAY_QUOTES = {"location_coordinates"}

DERIVED = {
    "empty.csv": "empty_file",
    "header_only.csv": "0 rows",
    "utf8_truncated.csv": "bad_encoding",
    "utf16le_nobom.csv": "bad_encoding",
    "nul_bytes.csv": "nul",
    "lone_cr.csv": "lone_cr",
    "padded_headers.csv": "1 rows",
    "unclosed_quote.csv": "unclosed_quote",
    "id_as_float.csv": "1 rows",
    "swapped_columns.csv": "3 rows",
    "wide_5000_cols.csv": "1 rows",
}


def _first_line(content: bytes) -> tuple[str, ...]:
    line = content.splitlines()[0] if content else b"empty"
    text = line.decode("utf-8", errors="replace")
    return tuple(cell.strip(" \u3000\ufeff\u200b") for cell in text.split(","))


def _without_row(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: row[name] for name in row if name != "row"} for row in rows]


def test_csv_spectrum_is_read_as_its_author_says(shared: Path) -> None:
    folder = shared / "data" / "bad-input" / "csv-spectrum"
    files = sorted((folder / "csvs").glob("*.csv"))

    for file in files:
        content = file.read_bytes()
        expected = json.loads((folder / "json" / f"{file.stem}.json").read_text())
        rows, faults = read(content, _first_line(content))
        if file.stem in STRAY_QUOTES:
            assert [fault.reason for fault in faults] == ["stray_quote"]
            continue
        assert _without_row(rows) == expected, file.name
        assert not faults, file.name

    assert len(files) == 12


def test_csv_test_data_good_files_are_read_as_its_author_says(shared: Path) -> None:
    folder = shared / "data" / "bad-input" / "csv-test-data"
    good = [
        file
        for file in sorted((folder / "csv").glob("*.csv"))
        if not file.name.startswith("bad-")
    ]

    for file in good:
        expected = json.loads((folder / "json" / f"{file.stem}.json").read_text())
        content = file.read_bytes()
        if file.name.startswith("header-"):
            rows, faults = read(content, FOO)
            assert _without_row(rows) == expected, file.name
        else:
            names = [str(n) for n in range(len(expected[0]))]
            rows, faults = read(content, names, HEADERLESS)
            cells = [list(row.values()) for row in _without_row(rows)]
            assert cells == expected, file.name
        assert not faults, file.name

    assert len(good) == 18


def test_csv_test_data_bad_files_are_refused(shared: Path) -> None:
    folder = shared / "data" / "bad-input" / "csv-test-data" / "csv"
    bad = sorted(folder.glob("bad-*.csv"))

    for file in bad:
        layout = CSV if "header" in file.name else HEADERLESS
        try:
            _, faults = read(file.read_bytes(), FOO, layout)
        except DeliveryError:
            continue
        assert faults, file.name

    assert len(bad) == 7


@pytest.mark.parametrize("name", sorted(DERIVED))
def test_derived_files_have_the_verdict_of_their_index(shared: Path, name: str) -> None:
    folder = shared / "data" / "bad-input"
    index = json.loads((folder / "derived" / "INDEX.json").read_text())
    content = (folder / "derived" / name).read_bytes()
    names = _first_line(content) if name != "lone_cr.csv" else FOO

    try:
        rows, faults = read(content, names)
        verdict = f"{len(rows)} rows"
        assert not faults
    except DeliveryError as error:
        verdict = error.reason

    assert verdict == DERIVED[name]
    assert {Path(item["file"]).name for item in index} == set(DERIVED)


@pytest.mark.parametrize(
    ("name", "rows", "width"),
    [
        ("northwind_customers.csv", 91, 11),
        ("uk_businesses_rateable.csv", 6823, 7),
        ("telco_customer_churn.csv", 7043, 21),
    ],
)
def test_real_files_lose_no_row(shared: Path, name: str, rows: int, width: int) -> None:
    content = (shared / "data" / "intake" / name).read_bytes()

    found, faults = read(content, _first_line(content))

    assert (len(found), len(found[0]) - 1, len(faults)) == (rows, width, 0)
