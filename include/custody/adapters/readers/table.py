"""Well-formed lines to columns: widths, cell lengths and blank lines are judged here.

Quoted cells stand as NUL in the lines and come beside them, in order, so that
splitting at row ends and delimiters is exact.  A quoted cell that holds whole
rows refuses the file: two quotes that miss their other half, rows apart, make
one well-formed cell of everything between them.
"""

from collections.abc import Iterator, Sequence
from typing import NoReturn

from custody.adapters.readers.assembly import Assembly, frame_of
from custody.adapters.readers.grammar import QUOTED, requote
from custody.adapters.readers.headers import Header
from custody.adapters.readers.limits import MAX_FIELD_CHARS
from custody.columns.blocks import RowFault
from custody.errors import DeliveryError

_SURE_WIDTH = 4  # columns from which a line of that many cells is no chance


class Table:
    """Turns lines into frames of a fixed set of columns."""

    def __init__(self, header: Header, delimiter: str, assembly: Assembly) -> None:
        """Take the columns in file order and where the frames go."""
        self._names = header.names
        self._delimiter = delimiter
        self._assembly = assembly
        assembly.name(header.names, header.unknown)
        self._blank: list[int] = []  # blank rows that may be the end of the file

    def column(self, position: int) -> str | None:
        """Return the column at a position from 0; None when there is none."""
        return self._names[position] if position < len(self._names) else None

    def read(self, lines: Sequence[str], cells: Sequence[str], row: int) -> int:
        """Add rows, given without their ends; return the next row.

        DeliveryError `swallowed_rows` when a quoted cell holds rows.
        """
        following = row + len(lines)
        marks = len(self._names) - 1
        delimiter = self._delimiter
        good: Sequence[int] = range(len(lines))
        if any(map(self._is_of_rows, cells)):
            self._refuse_swallowed(lines, cells, row)
        bad = [n for n, line in enumerate(lines) if line.count(delimiter) != marks]
        if bad or _too_long(lines, cells):
            good, lines, cells = self._sift(lines, cells, row)
        elif lines:
            self._place_blanks()
        if lines:
            columns = self._columns(lines, cells)
            rows = (
                range(row, row + len(good))
                if isinstance(good, range)
                else [row + n for n in good]
            )
            self._assembly.add(frame_of(self._names, columns, rows))
        return following

    def fault_row(self, fault: RowFault) -> None:
        """Add a row that cannot be read."""
        self._place_blanks()
        self._assembly.fault((fault,))

    def _is_of_rows(self, cell: str) -> bool:
        """Whether a quoted cell has a line of just as many cells as a row."""
        if "\n" not in cell or len(self._names) < _SURE_WIDTH:
            return False
        marks = len(self._names) - 1
        inner = cell.split("\n")[1:]
        return any(line.count(self._delimiter) == marks for line in inner)

    def _refuse_swallowed(
        self, lines: Sequence[str], cells: Sequence[str], row: int
    ) -> NoReturn:
        quoted = iter(cells)
        for number, line in enumerate(lines):
            for position, part in enumerate(line.split(self._delimiter)):
                if part == QUOTED and self._is_of_rows(next(quoted)):
                    column = self.column(position)
                    raise DeliveryError(
                        "swallowed_rows", row=row + number, column=column
                    )
        raise DeliveryError("swallowed_rows", row=row)

    def _columns(self, lines: Sequence[str], cells: Sequence[str]) -> list[list[str]]:
        flat = self._delimiter.join(lines).split(self._delimiter)
        if cells:
            places = (n for n, cell in enumerate(flat) if cell == QUOTED)
            for place, cell in zip(places, cells, strict=True):
                flat[place] = cell
        width = len(self._names)
        return [flat[column::width] for column in range(width)]

    def _sift(
        self, lines: Sequence[str], cells: Sequence[str], row: int
    ) -> tuple[list[int], list[str], list[str]]:
        """Part good rows from faulty ones; numbers, lines and quoted cells of good."""
        numbers: list[int] = []
        good: list[str] = []
        kept: list[str] = []
        quoted = iter(cells)
        for number, line in enumerate(lines):
            own = _take(quoted, line.count(QUOTED))
            if not line and len(self._names) > 1:
                self._blank.append(row + number)
                continue
            fault = self._fault(line, own)
            self._place_blanks()
            if fault is None:
                numbers.append(number)
                good.append(line)
                kept.extend(own)
                continue
            reason, column = fault
            raw = requote(line, own).encode()
            self._assembly.fault((RowFault(row + number, column, reason, raw),))
        return numbers, good, kept

    def _fault(self, line: str, own: Sequence[str]) -> tuple[str, str | None] | None:
        """Return reason and column of a faulty line; None for a good one."""
        parts = line.split(self._delimiter)
        if len(parts) != len(self._names):
            return ("short_row" if len(parts) < len(self._names) else "long_row"), None
        quoted = iter(own)
        for name, part in zip(self._names, parts, strict=True):
            cell = next(quoted) if part == QUOTED else part
            if len(cell) > MAX_FIELD_CHARS:
                return "field_too_long", name
        return None

    def _place_blanks(self) -> None:
        """Rows follow the blank ones: these are faults, not the end of the file."""
        if self._blank:
            faults = [RowFault(row, None, "blank_row", b"") for row in self._blank]
            self._blank = []
            self._assembly.fault(faults)


def _take(cells: Iterator[str], count: int) -> list[str]:
    return [next(cells) for _ in range(count)]


def _too_long(lines: Sequence[str], cells: Sequence[str]) -> bool:
    return (
        max(map(len, lines), default=0) > MAX_FIELD_CHARS
        or max(map(len, cells), default=0) > MAX_FIELD_CHARS
    )
