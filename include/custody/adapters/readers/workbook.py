"""Excel forms (.xlsx): one sheet, cells as text, no formula, no surprises.

The zip is judged before anything of it is unpacked.  Formulas and error cells
are faults of their row: what they would show is not what was delivered.  Dates
become ISO text, whole numbers their digits; a number that Excel keeps only to
15 digits shows as such (`4.40308199901101E+17`) and is flagged by the facts.
"""

import contextlib
import datetime as dt
import io
import itertools
import json
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from custody.adapters.readers import limits
from custody.adapters.readers.assembly import Assembly, frame_of, frame_rows
from custody.adapters.readers.headers import (
    HEADER_ROW,
    Header,
    check_width,
    declared_header,
    holds_all,
    read_header,
)
from custody.adapters.readers.zips import judge_zip
from custody.columns.blocks import RawBlock, RowFault
from custody.domain.headers import tidy
from custody.domain.language import Text
from custody.domain.sources import Layout, Source
from custody.errors import ConfigurationError, DeliveryError

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

_WHOLE_DIGITS = 10**15  # below it a float holds every whole number Excel shows

Cells = list[str | None]
_NO_DEFUSED = Text(
    "openpyxl 缺少 defusedxml：请安装", "openpyxl runs without defusedxml: install it"
)


class WorkbookReader:
    """Port `Reader` for `FileFormat.XLSX`."""

    def blocks(
        self, stream: BinaryIO, layout: Layout, source: Source, *, first_row: int
    ) -> Iterator[RawBlock]:
        """Yield blocks; DeliveryError when the file as a whole is unreadable.

        Reads the declared sheet, else the first visible one; hidden sheets are
        not looked at.  The header is the first of the first 20 rows that names
        every declared column; rows count from below it.
        """
        content = stream.read(limits.MAX_XLSX_BYTES + 1)
        judge_zip(content)
        book = _open(content)
        rows = _rows(book, layout)
        named = layout.header
        header = _find_header(rows, source) if named else declared_header(source)
        yield from _blocks(rows, header, first_row)


def texts(stream: BinaryIO, layout: Layout) -> Iterator[list[str]]:
    """Yield the rows of the chosen sheet as text, the header like any other.

    A formula or an error counts as the text it stands with; DeliveryError when
    the file as a whole is unreadable.
    """
    content = stream.read(limits.MAX_XLSX_BYTES + 1)
    judge_zip(content)
    for row in _rows(_open(content), layout):
        yield [_text(cell)[0] or "" for cell in row]


def _open(content: bytes) -> "Workbook":
    import openpyxl  # noqa: PLC0415 - half a second that other formats need not pay

    if not openpyxl.DEFUSEDXML:
        raise _NO_DEFUSED.as_error(ConfigurationError)
    book = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # their text may hold values
        with contextlib.suppress(Exception):  # hostile XML makes a parser raise any
            book = openpyxl.load_workbook(
                io.BytesIO(content), read_only=True, keep_links=False
            )
    if book is None:
        raise DeliveryError("not_a_workbook")
    return book


def _rows(book: "Workbook", layout: Layout) -> Iterator[Sequence[Any]]:
    """Yield the rows of the chosen sheet as openpyxl cells."""
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    chosen = [s for s in visible if layout.sheet is None or s.title == layout.sheet]
    if not chosen:
        raise DeliveryError("missing_sheet")
    sheet: Any = chosen[0]
    sheet.reset_dimensions()  # the stated ones may lie
    rows = iter(sheet.iter_rows())
    for number in itertools.count(1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # their text may hold values
            row, broken = _next(rows)
        if broken:
            raise DeliveryError("not_a_workbook")
        if row is None:
            return
        if number > limits.MAX_SHEET_ROWS:
            raise DeliveryError("too_many_rows", row=number)
        check_width(len(row))
        yield row


def _next(rows: Iterator[Sequence[Any]]) -> tuple[Sequence[Any] | None, bool]:
    try:
        return next(rows, None), False
    except Exception:  # noqa: BLE001 - a parser of hostile XML raises anything
        return None, True


def _find_header(rows: Iterator[Sequence[Any]], source: Source) -> Header:
    first: list[str] = []
    for _, row in zip(range(limits.MAX_HEADER_SEARCH_ROWS), rows, strict=False):
        cells = ["" if cell.value is None else str(cell.value) for cell in row]
        while cells and not tidy(cells[-1]):
            cells.pop()  # formatted, empty: no column
        if holds_all(cells, source):
            return read_header(cells, source)
        first = first or [cell for cell in cells if cell]
    if not first:
        raise DeliveryError("empty_file")
    read_header(first, source)  # names the first column that is missing
    raise DeliveryError("missing_column", row=HEADER_ROW)


def _blocks(
    rows: Iterator[Sequence[Any]], header: Header, first_row: int
) -> Iterator[RawBlock]:
    assembly, names = Assembly(first_row), header.names
    assembly.name(names, header.unknown)
    kept: list[Cells] = []
    numbers: list[int] = []
    blank: list[int] = []
    most = frame_rows(len(names))
    for row, cells in enumerate(rows, start=first_row):
        assembly.count(row + 1)
        texts, fault = _texts(cells, names, row)
        if fault is None and not any(texts):
            blank.append(row)
            continue
        assembly.fault([RowFault(n, None, "blank_row", b"") for n in blank])
        blank = []
        if fault is not None:
            assembly.fault((fault,))
            continue
        kept.append(texts)
        numbers.append(row)
        if len(kept) >= most:
            assembly.add(_frame(names, kept, numbers))
            kept, numbers = [], []
            yield from assembly.full()
    assembly.add(_frame(names, kept, numbers))
    yield from assembly.rest()


def _frame(names: Sequence[str], kept: Sequence[Cells], numbers: Sequence[int]) -> Any:  # noqa: ANN401 - a polars frame; the type would drag the import up
    columns = [[cells[n] for cells in kept] for n in range(len(names))]
    return frame_of(names, columns, numbers)


def _texts(
    cells: Sequence[Any], names: Sequence[str], row: int
) -> tuple[Cells, RowFault | None]:
    """Return the cells as text, padded to the width, and the row's first fault."""
    texts: Cells = []
    fault: tuple[str, str | None] | None = None
    for position, cell in enumerate(cells):
        column = names[position] if position < len(names) else None
        text, reason = _text(cell)
        if column is None and text:
            reason = reason or "long_row"
        if reason is not None and fault is None:
            fault = (reason, column)
        texts.append(text)
    if fault is None:
        return (texts + [None] * len(names))[: len(names)], None
    raw = json.dumps(texts, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return [], RowFault(row, fault[1], fault[0], raw)


def _text(cell: Any) -> tuple[str | None, str | None]:  # noqa: ANN401 - openpyxl's read-only cells share no type
    """Return the text of a cell and why it cannot be taken, if so."""
    value, kind = cell.value, getattr(cell, "data_type", "n")
    if value is None:
        return None, None
    text = _plain(value)
    if kind == "f":
        return text, "formula"
    if kind == "e":
        return text, "error_cell"
    if len(text) > limits.MAX_FIELD_CHARS:
        return text, "field_too_long"
    return text, None


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < _WHOLE_DIGITS
        return str(int(value)) if whole else repr(value).upper()
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time.min
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
