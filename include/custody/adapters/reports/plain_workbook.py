"""Writes rows as a plain workbook: a header, then text in every cell."""

import io
from collections.abc import Mapping, Sequence


def write_workbook(sheet_name: str, rows: Sequence[Mapping[str, str | None]]) -> bytes:
    """Return the .xlsx of one sheet; the first row's keys are the header."""
    from openpyxl import Workbook  # noqa: PLC0415 - slow to import

    book = Workbook(write_only=True)
    sheet = book.create_sheet(sheet_name)
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
