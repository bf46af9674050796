"""Dialects and encodings that policy names: read as declared, or refused by place."""

import codecs
import dataclasses
from pathlib import Path

import pytest

from custody.domain.sources import FileFormat, Layout
from custody.errors import DeliveryError
from tests.builders.readers import CSV, HEADERLESS, JSONL, read

AB = ("名称", "电话")
ROWS = [
    {"row": 1, "名称": "示例甲", "电话": "一"},
    {"row": 2, "名称": "㐀乙", "电话": "二"},
]
TEXT = "名称,电话\n示例甲,一\n㐀乙,二\n"
EXPORT = Layout(
    format=FileFormat.CSV,
    delimiter="+|",
    row_end="&|\n",
    quoting=False,
    header=False,
)
WIDE = ("a", "b", "c", "d")


def layout(**changes: object) -> Layout:
    """Return a delimited layout that differs from the plain one."""
    return dataclasses.replace(CSV, **changes)  # type: ignore[arg-type] # by name


def refusal(content: bytes, names: tuple[str, ...], how: Layout) -> str:
    """Return how a file as a whole is refused."""
    with pytest.raises(DeliveryError) as caught:
        read(content, names, how)
    return str(caught.value)


# --- encodings ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "content"),
    [
        ("utf-8", TEXT.encode()),
        ("utf-8", codecs.BOM_UTF8 + TEXT.encode()),
        ("utf-8-sig", TEXT.encode()),
        ("utf-16", codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")),
        ("utf-16", codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")),
        ("utf-16-le", TEXT.encode("utf-16-le")),
        ("utf-16-le", codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")),
        ("utf-16-be", TEXT.encode("utf-16-be")),
        ("utf-16-be", codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")),
        ("gb18030", TEXT.encode("gb18030")),
        ("gbk", TEXT.encode("gb18030")),
    ],
)
@pytest.mark.parametrize("step", [1, 3, 1 << 20])
def test_a_declared_encoding_is_read_with_and_without_its_mark(
    declared: str, content: bytes, step: int
) -> None:
    """Four-byte characters of GB 18030 too (㐀), however the bytes arrive."""
    rows, faults = read(content, AB, layout(encoding=declared), step=step)

    assert rows == ROWS
    assert faults == []


@pytest.mark.parametrize("declared", ["big5", "cp950"])
def test_big5_is_read_as_cp950(declared: str) -> None:
    """F9D6 (碁) is CP950's; strict Big5 does not know it."""
    content = "名稱,電話\n宏碁恒,一\n".encode("cp950") + b"\xf9\xd6,x\n"

    rows, _ = read(content, ("名稱", "電話"), layout(encoding=declared))

    assert [row["名稱"] for row in rows] == ["宏碁恒", "碁"]


def test_gb18030_maps_vertical_punctuation_as_the_standard_of_2022() -> None:
    """Python's codec gives a private use character for A6D9."""
    rows, _ = read(
        b"\xa6\xd9,x\n", ("a", "b"), layout(encoding="gb18030", header=False)
    )

    assert rows[0]["a"] == "\ufe10"
    assert b"\xa6\xd9".decode("gb18030") == "\ue78d"


@pytest.mark.parametrize(
    ("declared", "content", "place"),
    [
        # UTF-8 in front of the cut: a character's last byte is missing.
        ("utf-8", TEXT.encode()[:-3], "bad_encoding at row 2, byte 35"),
        ("utf-8", TEXT.encode("gb18030"), "bad_encoding at row 0, byte 0"),
        (
            "utf-8",
            TEXT.encode() + "丙,三\n".encode("gbk"),
            "bad_encoding at row 3, byte",
        ),
        ("utf-8", codecs.BOM_UTF16_LE, "wrong_encoding at row 0, byte 0"),
        ("gb18030", codecs.BOM_UTF8 + TEXT.encode(), "wrong_encoding at row 0, byte 0"),
        ("cp1252", codecs.BOM_UTF8 + b"a,b\n", "wrong_encoding at row 0, byte 0"),
        ("utf-16", TEXT.encode("utf-16-le"), "bad_encoding at row 0, byte 0"),
        ("utf-16-le", codecs.BOM_UTF16_BE, "wrong_encoding at row 0, byte 0"),
        ("utf-16-le", b"1,2\n".decode().encode("utf-16-be"), "wrong_encoding at row 0"),
        ("utf-16-be", b"1,2\n".decode().encode("utf-16-le"), "wrong_encoding at row 0"),
        ("utf-16-le", TEXT.encode("utf-16-le")[:-1], "bad_encoding at row 2, byte"),
        ("gb18030", TEXT.encode("gb18030") + b"\xff", "bad_encoding at row 3, byte 30"),
        ("gb18030", TEXT.encode("gb18030") + b"\x81", "bad_encoding at row 3, byte 30"),
    ],
)
@pytest.mark.parametrize("step", [1, 1 << 20])
def test_bytes_of_another_encoding_are_found_and_placed(
    declared: str, content: bytes, place: str, step: int
) -> None:
    """Row and byte; an odd length of UTF-16 and a cut-off character are such."""
    with pytest.raises(DeliveryError) as caught:
        read(content, AB, layout(encoding=declared), step=step)

    assert str(caught.value).startswith(place)


@pytest.mark.parametrize("declared", ["gb18030", "cp950", "cp1252"])
def test_lines_of_utf8_in_an_older_encoding_are_found(declared: str) -> None:
    """Twin: the codec itself decodes the line into other characters."""
    plain = "a,b\n"
    content = plain.encode() + "甲乙丙丁戊己庚辛,1\n".encode()
    content.decode(declared, errors="ignore")

    with pytest.raises(DeliveryError) as caught:
        read(content, ("a", "b"), layout(encoding=declared))

    assert str(caught.value) == "wrong_encoding at row 1, byte 4"
    assert "甲乙丙丁".encode().decode("gb18030") == "鐢蹭箼涓欎竵"


@pytest.mark.parametrize(
    ("declared", "written"), [("gb18030", "cp950"), ("cp950", "gb18030")]
)
def test_the_two_double_byte_encodings_are_not_mistaken(
    declared: str, written: str
) -> None:
    """Each decodes the other's files; the wrong one is refused, the right one read."""
    text = "上市公司名稱,住址電話\n台灣水泥工業股份有限公司,台北市中山北路二段一號\n"
    other = "上市公司名称,地址电话\n北京建材工业股份有限公司,北京市海淀区中关村大街\n"
    content = (text if written == "cp950" else other).encode(written)
    names = tuple(content.decode(written).split("\n")[0].split(","))

    place = refusal(content, names, layout(encoding=declared))
    rows, _ = read(content, names, layout(encoding=written))

    assert place == "wrong_encoding at row 0, byte 0"
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 500, "old_excel_or_password"),
        (b"PK\x03\x04" + b"x" * 500, "not_text"),
        (b"PAR1" + b"x" * 500, "not_text"),
    ],
    ids=["old_excel", "zip", "parquet"],
)
@pytest.mark.parametrize("how", [CSV, JSONL], ids=["csv", "jsonl"])
def test_what_is_no_text_is_told_by_name(
    content: bytes, reason: str, how: Layout
) -> None:
    """An old .xls under the name of a .csv is no wrong encoding."""
    assert refusal(content, AB, how) == f"{reason} at byte 0"


# --- separators and row ends ----------------------------------------------------


@pytest.mark.parametrize("step", [1, 2, 1 << 20])
def test_separators_and_row_ends_of_several_characters(step: int) -> None:
    """Quotes and line feeds are characters of a cell there."""
    content = b'1+|<x y="z">+|a\nb&|\n2+|c|d+e&f+|"&|\n'

    rows, faults = read(content, ("a", "b", "c"), EXPORT, step=step)

    assert [tuple(row.values()) for row in rows] == [
        (1, "1", '<x y="z">', "a\nb"),
        (2, "2", "c|d+e&f", '"'),
    ]
    assert faults == []


def test_a_row_that_lacks_its_own_row_end_is_cut_off() -> None:
    """A file cut in its last row must not pass for a whole one."""
    whole = b"1+|2&|\n3+|4&|\n"

    kept, _ = read(whole[:-1], ("a", "b"), EXPORT)
    place = refusal(whole[:-4], ("a", "b"), EXPORT)

    assert len(kept) == 2
    assert place == "cut_off_row at row 2"


def test_a_row_end_missed_between_two_rows_is_a_long_row() -> None:
    rows, faults = read(b"1+|2&|\n3+|4\n5+|6&|\n7+|8&|\n", ("a", "b"), EXPORT)

    assert [row["row"] for row in rows] == [1, 3]
    assert [(fault.row, fault.reason) for fault in faults] == [(2, "long_row")]


def test_a_header_may_stand_above_an_export_without_quotes() -> None:
    how = dataclasses.replace(EXPORT, header=True)

    rows, _ = read(b"a+|x&|\n1+|2&|\n", ("a",), how)

    assert rows == [{"row": 1, "a": "1", "?2": "2"}]


@pytest.mark.parametrize("step", [1, 1 << 20])
def test_rows_may_end_with_cr_where_policy_says_so(step: int) -> None:
    """Line feeds inside quotes stay what they are, and so do CRs."""
    content = b'a,b\r1,"x\ny"\r2,"x\r\ny"\r3,z'

    rows, faults = read(content, ("a", "b"), layout(row_end="\r"), step=step)

    assert [row["b"] for row in rows] == ["x\ny", "x\r\ny", "z"]
    assert faults == []


def test_line_feeds_in_a_file_of_cr_are_refused_and_the_other_way_round() -> None:
    cr, lf = layout(row_end="\r"), CSV

    assert refusal(b"a,b\r1,2\n3,4\r", ("a", "b"), cr) == "lone_lf at row 1"
    assert refusal(b"a,b\r\n1,2\r\n", ("a", "b"), cr) == "lone_lf at row 1"
    assert refusal(b"a,b\n1,2\r3,4\n", ("a", "b"), lf) == "lone_cr at row 1"


# --- preambles --------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 1 << 20])
def test_lines_above_the_header_are_skipped_as_policy_says(step: int) -> None:
    """Quotes have no meaning in them."""
    content = '客户 "报表,"\n\n名称,电话\n示例甲,一\n㐀乙,二\n'.encode()

    rows, _ = read(content, AB, layout(skip_lines=2), step=step)

    assert rows == ROWS


def test_lines_above_the_header_that_policy_does_not_name_are_refused() -> None:
    """With a header it is missed, without one the lines are short rows."""
    content = b"report of 2026\na,b\n1,2\n"

    place = refusal(content, ("a", "b"), CSV)
    _, faults = read(content, ("a", "b"), HEADERLESS)

    assert place == "missing_column at row 0, column a"
    assert [(fault.row, fault.reason) for fault in faults] == [(1, "short_row")]


def test_a_file_that_ends_within_its_preamble_is_empty() -> None:
    assert refusal(b"one\ntwo", ("a",), layout(skip_lines=2)) == "empty_file"


# --- faults are placed --------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'a,b,c,d\n1,2,"3,4\n5,6,7,8\n', "unclosed_quote at row 1, column c"),
        (b'a,b,c,d\n1,"2"x,3,4\n', "text_after_quote at row 1, column b"),
        (b"a,b,c,a\n1,2,3,4\n", "duplicate_column at row 0, column a"),
        (b"a,b,c\n1,2,3\n", "missing_column at row 0, column d"),
    ],
)
def test_a_fault_of_the_whole_file_tells_row_and_column(
    content: bytes, place: str
) -> None:
    assert refusal(content, WIDE, CSV) == place


@pytest.mark.parametrize(
    ("content", "row"),
    [
        # Two missing quotes, rows apart, make one cell of all between them.
        (b'a,b,c,d\n1,2,3,"4\n5,6,7,8\n9,10,11,12"\n', 1),
        (b'a,b,c,d\n0,0,0,"x\ny"\n1,2,3,"4\n5,6,7,8"\n', 2),
        (b'a,b,c,d\n1,"2\n5,6,7,8\n9,10",11,12\n', 1),
    ],
)
def test_rows_swallowed_by_a_quoted_cell_are_found(content: bytes, row: int) -> None:
    """Each of these files is well formed by RFC 4180, and has rows too few."""
    place = refusal(content, WIDE, CSV)

    assert place.startswith(f"swallowed_rows at row {row}, column ")


def test_a_quoted_text_of_several_lines_is_no_swallowed_row() -> None:
    content = b'a,b,c,d\n1,"line one,\nline two, of it\nend",3,4\n'

    rows, faults = read(content, WIDE, CSV)

    assert (len(rows), faults) == (1, [])


@pytest.mark.parametrize("how", [HEADERLESS, EXPORT])
def test_a_nul_in_front_of_bytes_that_do_not_decode_is_told_first(how: Layout) -> None:
    """Found by fuzzing: NUL stands for a quoted cell inside the reader."""
    assert refusal(b"1,\x00\n2,\xff\n", ("a", "b"), how).startswith("nul at row 1")


def test_padding_is_left_to_the_normaliser() -> None:
    """A reader changes no cell: U+3000 and the TAB before a tax id come along."""
    rows, _ = read("名称,电话\n　示例　,\t12345678\n".encode(), AB)

    assert rows == [{"row": 1, "名称": "　示例　", "电话": "\t12345678"}]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "columns", "how", "rows"),
    [
        ("aw_Store.csv", 6, EXPORT, 701),
        ("aw_PersonPhone.csv", 4, EXPORT, 19_972),
        ("aw_EmailAddress.csv", 5, EXPORT, 19_972),
        ("aw_Customer.csv", 7, layout(delimiter="\t", header=False), 19_820),
        ("aw_CreditCard.csv", 6, layout(delimiter="\t", header=False), 19_118),
        ("aw_Address.csv", 9, layout(delimiter="\t", header=False), 19_614),
        (
            "tw_mops_listed_companies_4col_noheader_utf8.csv",
            4,
            layout(header=False),
            1_041,
        ),
        (
            "tw_mops_listed_companies_big5.csv",
            39,
            layout(encoding="big5", skip_lines=1, header=False),
            1_041,
        ),
        ("telco_customer_churn.csv", 21, layout(skip_lines=1, header=False), 7_043),
    ],
)
def test_real_files_of_other_dialects_lose_no_row(
    shared: Path, name: str, columns: int, how: Layout, rows: int
) -> None:
    content = (shared / "data" / "intake" / name).read_bytes()

    found, faults = read(content, [str(n) for n in range(columns)], how)

    assert (len(found), faults) == (rows, [])
