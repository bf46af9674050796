"""Delimited text is read strictly: every cell text, every fault placed."""

import csv
import dataclasses
import io
import time

import pytest

from custody.errors import ConfigurationError, DeliveryError
from tests.builders.readers import CSV, HEADERLESS, read

ABC = ("a", "b", "c")


def _refusal(content: bytes, *, header: bool = True) -> tuple[str, int | None]:
    with pytest.raises(DeliveryError) as caught:
        read(content, ABC, CSV if header else HEADERLESS)
    return caught.value.reason, caught.value.row


def test_every_cell_stays_the_text_it_was() -> None:
    rows, faults = read(b"a,b,c\n007,NA,440308199901101512\n", ABC)

    assert rows == [{"row": 1, "a": "007", "b": "NA", "c": "440308199901101512"}]
    assert not faults


def test_quotes_delimiters_and_row_ends_inside_quotes_are_content() -> None:
    rows, _ = read(b'a,b,c\r\n"x, y","say ""hi""","two\r\nlines"\r\n', ABC)

    assert rows == [{"row": 1, "a": "x, y", "b": 'say "hi"', "c": "two\r\nlines"}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1,2", "short_row"),
        (b"1,2,3,4", "long_row"),
        (b'1,x"y,3', "stray_quote"),
        (b'1,x"y",3', "stray_quote"),
        (b'"1", "2",3', "stray_quote"),
        (b"", "blank_row"),
        (b"1," + b"x" * 131_073 + b",3", "field_too_long"),
    ],
)
def test_a_faulty_row_is_placed_and_the_others_are_read(
    line: bytes, reason: str
) -> None:
    rows, faults = read(b"a,b,c\n1,2,3\n" + line + b"\n7,8,9\n", ABC)

    assert [(fault.row, fault.reason) for fault in faults] == [(2, reason)]
    assert faults[0].raw.removesuffix(b"\n") == line
    assert [row["row"] for row in rows] == [1, 3]
    assert rows[-1]["c"] == "9"


@pytest.mark.parametrize(
    ("content", "reason", "row"),
    [
        (b"", "empty_file", None),
        (b"\xef\xbb\xbf", "empty_file", None),
        (b"a,b\n1,2\n", "missing_column", 0),
        (b"a,b,c,a\n1,2,3,4\n", "duplicate_column", 0),
        (b'a,"b,c\n1,2,3\n', "unclosed_quote", 0),
        (b'a,b,c\n1,2,3\n4,"5,6\n7,8,9\n', "unclosed_quote", 2),
        (b'a,b,c\n1,"x" y,3\n', "text_after_quote", 1),
        (b"a,b,c\r1,2,3\r", "lone_cr", 0),
        (b"a,b,c\n1,2\r,3\n", "lone_cr", 1),
        (b"a,b,c\n1,\x00,3\n", "nul", 1),
        (b"a,b,c\n1,2,3\n4,\xff,6\n", "bad_encoding", 2),
        (b"a,b,c\n1,2,\xe5\xbc", "bad_encoding", 1),
        (b",".join(b"c%d" % n for n in range(10_001)), "too_many_columns", 0),
    ],
)
def test_a_file_whose_rows_are_in_doubt_is_refused_with_its_place(
    content: bytes, reason: str, row: int | None
) -> None:
    found = _refusal(content)

    assert found == (reason, row)


def test_an_unclosed_quote_swallows_nothing_silently_as_a_lenient_parser_does() -> None:
    """Twin: Python's own reader hands out one row that holds three."""
    content = 'a,b,c\n1,"2,3\n4,5,6\n7,8,9\n'

    lenient = list(csv.reader(io.StringIO(content)))

    assert len(lenient) == 2
    assert "7,8,9" in lenient[1][1]
    assert _refusal(content.encode()) == ("unclosed_quote", 1)


def test_blank_lines_at_the_end_are_no_rows() -> None:
    rows, faults = read(b"a,b,c\n1,2,3\n\n\r\n\n", ABC)

    assert len(rows) == 1
    assert not faults


def test_a_blank_line_of_a_one_column_layout_is_an_empty_cell() -> None:
    rows, faults = read(b"a\n1\n\n3\n", ("a",))

    assert [row["a"] for row in rows] == ["1", "", "3"]
    assert not faults


def test_header_cells_match_without_blanks_and_invisible_marks() -> None:
    content = "\ufeff a\u3000,\ufeffb\u200b, c \r\n1,2,3\r\n".encode()

    rows, _ = read(content, ABC)

    assert rows == [{"row": 1, "a": "1", "b": "2", "c": "3"}]


def test_an_undeclared_column_is_named_by_its_place_only() -> None:
    rows, _ = read(b"a,13800000000,b,c\n1,x,2,3\n", ABC)

    assert rows == [{"row": 1, "a": "1", "?2": "x", "b": "2", "c": "3"}]


def test_the_columns_of_a_file_without_header_are_those_of_policy() -> None:
    rows, faults = read(
        b"1|2|3\n4|5\n", ABC, dataclasses.replace(HEADERLESS, delimiter="|")
    )

    assert rows == [{"row": 1, "a": "1", "b": "2", "c": "3"}]
    assert [(fault.row, fault.reason) for fault in faults] == [(2, "short_row")]


def test_rows_are_numbered_on_through_the_files_of_a_delivery() -> None:
    rows, faults = read(b"a,b,c\n1,2,3\n4,5\n", ABC, first_row=101)

    assert rows[0]["row"] == 101
    assert faults[0].row == 102


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("gbk", "gbk"),
        ("gb18030", "gb18030"),
        ("big5", "cp950"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-8", "utf-8-sig"),
    ],
)
def test_declared_encodings_are_decoded_strictly(encoding: str, written: str) -> None:
    content = "a,b,c\n客,戶,名\n".replace("戶", "名").encode(written, errors="ignore")

    rows, _ = (
        read(content, ABC, dataclasses.replace(CSV, encoding=encoding), step=1)
        if encoding != "utf-16"
        else read(content, ABC, dataclasses.replace(CSV, encoding=encoding))
    )

    assert rows[0]["c"] == "名"


def test_gb18030_characters_that_moved_in_2022_are_not_left_in_private_use() -> None:
    """Traps: Python's codec gives U+E78D for A6D9."""
    content = b"a,b,c\n\xa6\xd9,2,3\n"

    rows, _ = read(content, ABC, dataclasses.replace(CSV, encoding="gb18030"))

    assert rows[0]["a"] == "\ufe10"


@pytest.mark.parametrize("encoding", ["klingon", "rot13"])
def test_an_encoding_that_is_none_is_the_operators_fault(encoding: str) -> None:
    layout = dataclasses.replace(CSV, encoding=encoding)

    with pytest.raises(ConfigurationError):
        read(b"a,b,c\n", ABC, layout)


def test_no_error_and_no_repr_holds_a_value() -> None:
    secret = "CANARY-VALUE"

    _, faults = read(f"a,b,c\n{secret},2\n".encode(), ABC)
    with pytest.raises(DeliveryError) as caught:
        read(f'a,b,c\n"{secret}"x,2,3\n'.encode(), ABC)

    assert secret not in repr(faults)
    assert secret not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "content",
    [
        b'a,b,c\n1,"' + b"x,y\n" * 5_000_000,
        b"a,b,c\n1," + b"xxxxy" * 4_000_000,
    ],
)
def test_a_row_without_end_is_refused_before_the_file_is_in_memory(
    content: bytes,
) -> None:
    begun = time.monotonic()

    found = _refusal(content)

    assert found == ("row_too_long", 1)
    assert time.monotonic() - begun < 30
