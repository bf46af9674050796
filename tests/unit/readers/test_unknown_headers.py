"""The header cell of an undeclared column goes along with it, and shows nowhere."""

import io
from collections.abc import Sequence

import openpyxl
import pytest

from custody.columns.blocks import RawBlock
from custody.domain.sources import Layout
from custody.errors import DeliveryError
from tests.builders.readers import CSV, JSONL, XLSX, blocks

SECRET = "13800138000"
"""A header cell that is a value: the first row of a file without header."""


def book(*rows: Sequence[object]) -> bytes:
    """Return a workbook of one sheet."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


FILES = {
    "csv": (CSV, f'a, {SECRET} ,b,\n1,"x",2,y\n'.encode()),
    "jsonl": (JSONL, f'{{"a":1,"b":2," {SECRET}":"x","":"y"}}\n'.encode()),
    "xlsx": (XLSX, book(["a", f" {SECRET}", "b", "c"], ["1", "x", "2", "y"])),
}


def read(name: str) -> RawBlock:
    """Return the one block of a file."""
    layout, content = FILES[name]
    (block,) = blocks(content, ("a", "b"), layout)
    return block


@pytest.mark.parametrize("name", FILES)
def test_the_header_goes_along_with_the_column(name: str) -> None:
    block = read(name)

    column = "?3" if name == "jsonl" else "?2"
    assert block.unknown[column] == SECRET
    assert block.cells[column].to_list() == ["x"]


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_an_empty_header_is_none(name: str) -> None:
    block = read(name)

    assert block.cells["?4"].to_list() == ["y"]
    assert "?4" not in block.unknown


@pytest.mark.parametrize("name", FILES)
def test_the_header_names_no_column_and_is_not_printed(name: str) -> None:
    block = read(name)

    assert SECRET not in "".join(block.cells.columns)
    assert SECRET not in repr(block)


def test_a_declared_column_is_no_unknown_one() -> None:
    (block,) = blocks(b"a,b\n1,2\n", ("a", "b"))

    assert not block.unknown


def test_every_block_of_a_file_says_so() -> None:
    """Keys that a JSONL file names late are in the blocks from then on."""
    content = b'{"a":1}\n' * 70_000 + b'{"late":1}\n'

    first, *_, last = blocks(content, ("a", "b"), JSONL)

    assert not first.unknown
    assert last.unknown == {"?3": "late"}


@pytest.mark.parametrize(
    ("layout", "content"),
    [
        (CSV, f"a,{SECRET},{SECRET},b\n1,2,3,4\n"),
        (CSV, f"a,{SECRET}\n1,2\n"),
        (CSV, f'a,b,"{SECRET}\n1,2,3\n'),
    ],
)
def test_a_refusal_quotes_no_header(layout: Layout, content: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        list(blocks(content.encode(), ("a", "b"), layout))

    assert SECRET not in str(caught.value)
