"""Delimited text with quotes: strict RFC 4180, every fault placed.

A row of a wrong width or with a quote inside an unquoted cell is a fault of
that row.  Where the end of a row is itself in doubt (text after a closing
quote, a quote never closed, a lone CR) the file is refused: what follows could
be anybody's guess, and rows must not be made up or swallowed (threats 2.4).
Blank lines at the end are no rows; blank lines between rows are faults, unless
the layout has one column only.

Rows that end with CR are read with CR and LF changed for one another, and what
is kept of them is changed back.
"""

from dataclasses import dataclass, field
from typing import NoReturn

from custody.adapters.readers.assembly import Assembly
from custody.adapters.readers.grammar import (
    QUOTE,
    QUOTED,
    end_of_first_row,
    end_of_rows,
    first_stray,
    row_ends,
    unquote,
)
from custody.adapters.readers.headers import (
    HEADER_ROW,
    declared_header,
    read_header,
)
from custody.adapters.readers.limits import MAX_ROW_CHARS
from custody.adapters.readers.table import Table
from custody.columns.blocks import RowFault
from custody.domain.sources import Layout, Source
from custody.errors import DeliveryError

SWAPPED = str.maketrans("\r\n", "\n\r")
_MIN_WINDOW = 256  # characters


@dataclass(slots=True)
class QuotedReading:
    """One file on its way: the text that is not yet rows, and the next row.

    `window` bounds how much text is looked at in one go.  It shrinks at a fault
    and doubles after clean text, so that a file of nothing but faults costs
    about as much as one of none.
    """

    layout: Layout
    source: Source
    row: int
    text: str = ""
    start: int = 0
    window: int = MAX_ROW_CHARS
    begun: bool = False
    table: Table | None = None
    assembly: Assembly = field(init=False)

    def __post_init__(self) -> None:
        """Begin to assemble at the first row."""
        self.assembly = Assembly(self.row)

    def refuse(
        self, reason: str, upto: str, *, byte: int | None = None, cell: bool = False
    ) -> NoReturn:
        """Refuse the file at the row in which the text `upto` ends.

        `upto` begins where the next row begins; `cell`: its column is told too.
        """
        ended = row_ends(upto)
        if self.table is None and self.layout.header:
            ended -= 1  # the header is still to come
        column = self._column(upto) if cell and ended >= 0 else None
        row = HEADER_ROW if ended < 0 else self.row + ended
        raise DeliveryError(reason, row=row, column=column, byte=byte)

    def _column(self, upto: str) -> str | None:
        """Return the column of the cell in which a text ends."""
        outside = QUOTED.join(upto.split(QUOTE)[0::2])
        row = outside.rpartition("\n")[2]
        return self._named_table("").column(row.count(self.layout.delimiter))

    def refuse_after(self, text: str, reason: str, *, byte: int | None) -> NoReturn:
        """Refuse the file behind a text, unless something in it is refused first."""
        if text:
            self.take(text)
        self.refuse(reason, self.left(), byte=byte)

    def left(self) -> str:
        """Return the text that is not yet rows."""
        return self.text[self.start :]

    def take(self, text: str) -> None:
        """Add text and turn every whole row into cells."""
        self.begun = True
        self.text = self.left() + text
        self.start = 0
        while self._advance():
            pass
        if len(self.text) - self.start > MAX_ROW_CHARS:
            self.refuse("row_too_long", "")

    def end(self) -> None:
        """Read the last row, which may lack its row end."""
        if not self.begun:
            raise DeliveryError("empty_file")
        if not self.text.endswith("\n"):
            self.take("\n")
        left = self.left()
        if left:
            self.refuse("unclosed_quote", left[: left.rindex(QUOTE)], cell=True)

    def _advance(self) -> bool:
        """Consume rows from the text; whether to call again at once."""
        # A text cut at a row end holds no half delimiter and no half row end.
        cut = self.text.rfind("\n", self.start, self.start + self.window) + 1
        parts = self.text[self.start : cut].split(QUOTE) if cut else [""]
        stray = first_stray(parts, self.layout.delimiter)
        if stray is None:
            read = self._read(end_of_rows(parts))
            return self._widen() or read
        quote_at = self.start + stray.at
        if stray.reason != "stray_quote":
            self._read(end_of_rows(parts[: stray.piece]))  # first what is wrong first
            self.refuse(stray.reason, self.text[self.start : quote_at], cell=True)
        self.window = _MIN_WINDOW
        self._read(end_of_rows(parts[: stray.piece + 1]))
        self._skip_faulty_row(quote_at)
        return True

    def _widen(self) -> bool:
        """Look at more text, if there is more; whether there is."""
        more = self.start + self.window < len(self.text)
        self.window = min(self.window * 2, MAX_ROW_CHARS)
        return more and self.window < MAX_ROW_CHARS

    def _skip_faulty_row(self, quote_at: int) -> None:
        """Step over the row with the stray quote; its end is in the text."""
        if self.table is None and self.layout.header:
            self.refuse("stray_quote", "")
        end = self.text.index("\n", quote_at) + 1
        begin, self.start = self.start, end
        column = self._column(self.text[begin:quote_at])
        raw = self._own_ends(self.text[begin:end]).encode()
        fault = RowFault(self.row, column, "stray_quote", raw)
        self._named_table("").fault_row(fault)
        self._count(self.row + 1)

    def _read(self, length: int) -> bool:
        """Read well-formed whole rows from the front of the text, if any."""
        if not length:
            return False
        rows = self.text[self.start : self.start + length]
        self.start += length
        if self.table is None:
            header = end_of_first_row(rows.split(QUOTE)) if self.layout.header else 0
            self._named_table(rows[:header])
            rows = rows[header:]
        if rows:
            lines, cells = unquote(rows.split(QUOTE))
            plain = self._with_plain_row_ends(lines).split("\n")
            plain.pop()
            cells = [self._own_ends(cell) for cell in cells] if self.swapped else cells
            self._count(self._named_table("").read(plain, cells, self.row))
        return True

    @property
    def swapped(self) -> bool:
        """Whether rows end with CR, so that CR and LF are changed for one another."""
        return self.layout.row_end == "\r"

    def _own_ends(self, text: str) -> str:
        return text.translate(SWAPPED) if self.swapped else text

    def _count(self, next_row: int) -> None:
        self.row = next_row
        self.assembly.count(next_row)

    def _named_table(self, header: str) -> Table:
        """Return the table; made at its first use, of the header or the policy."""
        if self.table is not None:
            return self.table
        columns = (
            read_header(self._header_cells(header), self.source)
            if self.layout.header
            else declared_header(self.source)
        )
        self.table = Table(columns, self.layout.delimiter, self.assembly)
        return self.table

    def _header_cells(self, header: str) -> list[str]:
        line, cells = unquote(header.split(QUOTE))
        line = self._with_plain_row_ends(line).removesuffix("\n")
        quoted = iter(cells)
        return [
            next(quoted) if cell == QUOTED else cell
            for cell in line.split(self.layout.delimiter)
        ]

    def _with_plain_row_ends(self, lines: str) -> str:
        if "\r" not in lines:
            return lines
        plain = lines.replace("\r\n", "\n")
        if self.swapped:
            self.refuse("lone_lf", lines[: lines.index("\r")])
        if "\r" in plain:
            self.refuse("lone_cr", plain[: plain.index("\r")])
        return plain
