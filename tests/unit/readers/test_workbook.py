"""Excel forms are read as text; what computes, hides or explodes is refused."""

import datetime as dt
import io
import zipfile

import openpyxl
import pytest

from custody.adapters.readers import limits
from custody.errors import DeliveryError
from tests.builders.readers import XLSX, read

COLUMNS = ("姓名", "电话", "日期")


def _book(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    hidden = book.create_sheet("hidden", 0)
    hidden.sheet_state = "hidden"
    hidden.append([*COLUMNS, "more"])
    hidden.append(["not", "to be", "read", "!"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _refusal(content: bytes) -> str:
    with pytest.raises(DeliveryError) as caught:
        read(content, COLUMNS, XLSX)
    return caught.value.reason


def test_cells_become_the_text_a_person_meant() -> None:
    content = _book(
        ["登记表"],
        [],
        ["姓名 ", "电话", "日期", None],
        ["张三样", 13800138000, dt.datetime(2024, 1, 2)],  # noqa: DTZ001 - Excel knows no zone
        ["007", 80000.0, True],
        ["NA", 4.40308199901101e17, 0.1],
    )

    rows, faults = read(content, COLUMNS, XLSX)

    assert not faults
    assert [tuple(row.values()) for row in rows] == [
        (1, "张三样", "13800138000", "2024-01-02"),
        (2, "007", "80000", "true"),
        (3, "NA", "4.40308199901101E+17", "0.1"),
    ]


def test_formulas_error_cells_and_cells_beside_the_table_are_faults() -> None:
    content = _book(
        list(COLUMNS),
        ["=1+1", "1", "2"],
        ["#N/A", "1", "2"],
        ["a", "b", "c", "beside"],
        [],
        ["a", "b", "c"],
        [None, ""],
    )

    rows, faults = read(content, COLUMNS, XLSX)

    assert [row["row"] for row in rows] == [5]
    assert [(fault.row, fault.column, fault.reason) for fault in faults] == [
        (1, "姓名", "formula"),
        (2, "姓名", "error_cell"),
        (3, None, "long_row"),
        (4, None, "blank_row"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b"name,phone\n", "not_a_workbook"),
        (b"PK\x03\x04 not really", "not_a_workbook"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), "old_excel_or_password"),
    ],
)
def test_what_is_no_xlsx_is_refused_by_name(content: bytes, reason: str) -> None:
    found = _refusal(content)

    assert found == reason


def test_a_form_without_a_declared_column_is_refused() -> None:
    found = _refusal(_book(["姓名", "日期"], ["a", "b"]))

    assert found == "missing_column"


def _with_part(name: str, content: bytes) -> bytes:
    out = io.BytesIO(_book(list(COLUMNS), ["a", "b", "c"]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twin: with the ratio off the same file is read."""
    content = _with_part("xl/media/bomb.bin", bytes(16 * 1024 * 1024))

    found = _refusal(content)
    monkeypatch.setattr(limits, "MAX_XLSX_RATIO", 10**9)
    rows, _ = read(content, COLUMNS, XLSX)

    assert found == "zip_bomb"
    assert len(rows) == 1


def test_macros_are_refused() -> None:
    found = _refusal(_with_part("xl/vbaProject.bin", b"x"))

    assert found == "macros"


def test_entities_in_the_xml_are_refused() -> None:
    """A billion laughs: defusedxml stands in front of the parser."""
    book = io.BytesIO(_book(list(COLUMNS), ["a", "b", "c"]))
    out = io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == "xl/workbook.xml":
                content = (
                    b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>' + content
                )
            new.writestr(part.filename, content)

    found = _refusal(out.getvalue())

    assert found == "not_a_workbook"
