"""Delimited text without quoting, as databases export it: marks alone divide it.

Separator and row end may have several characters (`+|` and `&|` with a line
feed); a quote, and a line feed that is not the row end, are characters of a cell.
With a row end of its own the last row must have it too: what follows the last
one is a row cut off.
"""

from typing import NoReturn

from custody.adapters.readers.assembly import Assembly
from custody.adapters.readers.headers import HEADER_ROW, declared_header, read_header
from custody.adapters.readers.limits import MAX_ROW_CHARS
from custody.adapters.readers.table import Table
from custody.domain.sources import Layout, Source
from custody.errors import DeliveryError


class PlainReading:
    """One file on its way: the text that is not yet rows, and the next row."""

    def __init__(self, layout: Layout, source: Source, row: int) -> None:
        """Begin at the number of the file's first row."""
        self._layout = layout
        self._source = source
        self._row = row
        self._end = layout.row_end or "\n"
        self._text = ""
        self._begun = False
        self._table: Table | None = None
        self.assembly = Assembly(row)

    def take(self, text: str) -> None:
        """Add text and turn every whole row into cells."""
        self._begun = True
        *lines, self._text = (self._text + text).split(self._end)
        if lines:
            self._read(lines)
        if len(self._text) > MAX_ROW_CHARS:
            self._refuse("row_too_long")

    def end(self) -> None:
        """Read the last row, which may lack a plain row end."""
        if not self._begun:
            raise DeliveryError("empty_file")
        own = self._layout.row_end
        if own and not self._text.strip("\r\n"):
            return
        if own and not f"{self._text}\n".endswith(own):
            self._refuse("cut_off_row")
        if self._text:
            self.take("\n")

    def refuse_after(self, text: str, reason: str, *, byte: int | None) -> NoReturn:
        """Refuse the file behind a text, unless something in it is refused first."""
        if text:
            self.take(text)
        self._refuse(reason, byte=byte)

    def _refuse(self, reason: str, *, byte: int | None = None) -> NoReturn:
        ahead = self._table is None and self._layout.header
        raise DeliveryError(reason, row=HEADER_ROW if ahead else self._row, byte=byte)

    def _read(self, lines: list[str]) -> None:
        if not self._layout.row_end:
            lines = [line.removesuffix("\r") for line in lines]
        if self._table is None:
            lines = self._name(lines)
        if self._table is not None and lines:
            self._row = self._table.read(lines, (), self._row)
            self.assembly.count(self._row)

    def _name(self, lines: list[str]) -> list[str]:
        """Make the table, of the header or the policy; return the rows."""
        columns = declared_header(self._source)
        if self._layout.header:
            head, *lines = lines
            columns = read_header(head.split(self._layout.delimiter), self._source)
        self._table = Table(columns, self._layout.delimiter, self.assembly)
        return lines
