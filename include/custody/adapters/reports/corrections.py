"""Renders the correction list as a workbook that a sender can work through.

Every cell is text or a number; text that a spreadsheet could take for a formula
gets an apostrophe, full-width look-alikes included (CSV injection, OWASP).
"""

import io
from collections.abc import Iterator

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from custody.domain.language import Text
from custody.domain.report import Report

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_HEADER = (
    Text("行", "Row"),
    Text("字段", "Field"),
    Text("问题", "Problem"),
    Text("要求", "Demand"),
)
_WIDTHS = {"A": 10, "B": 36, "C": 40, "D": 64}


def render_corrections(report: Report) -> bytes:
    """Return the .xlsx: one line per problem, in both languages."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("更正清单 Corrections")
    for column, width in _WIDTHS.items():
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A2"
    header = [WriteOnlyCell(sheet, value=_both(text)) for text in _HEADER]
    for cell in header:
        cell.font = Font(bold=True)
    sheet.append(header)
    for line in _lines(report):
        cells = [WriteOnlyCell(sheet, value=value) for value in line]
        for cell in cells[1:]:
            cell.data_type = "s"
        sheet.append(cells)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _lines(report: Report) -> Iterator[tuple[int, str, str, str]]:
    for problem in report.problems:
        yield (
            problem.row,
            neutralise(_both(problem.field)),
            neutralise(_both(problem.problem)),
            neutralise(_both(problem.demand)),
        )


def neutralise(text: str) -> str:
    """Return the text with an apostrophe where a spreadsheet would calculate."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _both(text: Text) -> str:
    return text.zh if text.zh == text.en else f"{text.zh} {text.en}"
