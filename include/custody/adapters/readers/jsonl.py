"""JSON lines: one object a line, every value as the text it was written with.

A line that is not one flat object is a fault of that row: nested values,
duplicate keys (`json` would keep the last), NaN and Infinity, lone surrogates.
Numbers keep their literal, so that 18 digits and `007.10` stay whole.
"""

import json
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from custody.adapters.readers.assembly import Assembly, frame_of, frame_rows
from custody.adapters.readers.decoding import UndecodableError, pieces
from custody.adapters.readers.headers import check_width, declared_names
from custody.adapters.readers.limits import MAX_FIELD_CHARS, MAX_ROW_CHARS
from custody.columns.blocks import RawBlock, RowFault
from custody.domain.headers import UNKNOWN, kept_header, tidy
from custody.domain.sources import Layout, Source
from custody.errors import DeliveryError

_NUL = "\0"


class JsonLinesReader:
    """Port `Reader` for `FileFormat.JSONL`."""

    def blocks(
        self, stream: BinaryIO, layout: Layout, source: Source, *, first_row: int
    ) -> Iterator[RawBlock]:
        """Yield blocks; DeliveryError when the file as a whole is unreadable.

        Keys that policy does not know become `?<n>`, numbered after the declared
        columns in the order in which the file first names them.
        """
        rows = _Rows(source, first_row)
        for line in lines(stream, layout, first_row):
            rows.add(line)
            yield from rows.assembly.full()
        rows.flush()
        yield from rows.assembly.rest()


def lines(stream: BinaryIO, layout: Layout, first_row: int) -> Iterator[str]:
    """Yield the lines without their ends; place what does not decode."""
    row, pending, begun = first_row, "", False
    undecodable = None
    try:
        for text in pieces(stream, layout.encoding):
            begun = True
            *whole, pending = (pending + text).split("\n")
            for line in whole:
                yield line.removesuffix("\r")
            row += len(whole)
            if len(pending) > MAX_ROW_CHARS:
                raise DeliveryError("row_too_long", row=row)
    except UndecodableError as error:
        row += error.before.count("\n")
        undecodable = (error.reason, error.byte)
    if undecodable is not None:
        raise DeliveryError(undecodable[0], row=row, byte=undecodable[1])
    if not begun:
        raise DeliveryError("empty_file")
    if pending:
        yield pending


def cells_of(line: str, row: int) -> dict[str, str]:
    """Return the cells of one line by tidy key, null as empty.

    DeliveryError with the row when the line is no flat object.
    """
    reason = None
    try:
        pairs = _parse(line)
        cells = {tidy(key): _text(value, None) or "" for key, value in pairs}
        reason = "duplicate_key" if len(cells) != len(pairs) else None
    except _RowError as error:
        reason = error.reason
    if reason is not None:
        raise DeliveryError(reason, row=row)
    return cells


class _RowError(Exception):
    """Why a line is no row: reason code and column."""

    def __init__(self, reason: str, column: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.column = column


class _Rows:
    """Objects on their way into frames."""

    def __init__(self, source: Source, first_row: int) -> None:
        declared = declared_names(source)
        self._names = {tidy(name): name for name in declared}
        self._unknown: dict[str, str] = {}
        self._row = first_row
        self._blank: list[int] = []
        self._kept: list[dict[str, str | None]] = []
        self._numbers: list[int] = []
        self.assembly = Assembly(first_row)
        self.assembly.name(declared, {})

    def add(self, line: str) -> None:
        """Take one line; the row number moves on whatever it holds."""
        row = self._row
        self._row += 1
        self.assembly.count(self._row)
        if not line.strip():
            self._blank.append(row)
            return
        self._place_blanks()
        try:
            cells = self._cells(line)
        except _RowError as error:
            fault = RowFault(row, error.column, error.reason, _raw(line))
            self.assembly.fault((fault,))
            return
        self._kept.append(cells)
        self._numbers.append(row)
        if len(self._kept) >= frame_rows(len(self._names)):
            self.flush()

    def flush(self) -> None:
        """Make a frame of the rows kept so far."""
        names = tuple(self._names.values())
        columns = [[cells.get(name) for cells in self._kept] for name in names]
        self.assembly.name(names, self._unknown)
        self.assembly.add(frame_of(names, columns, self._numbers))
        self._kept, self._numbers = [], []

    def _cells(self, line: str) -> dict[str, str | None]:
        pairs = _parse(line)
        cells: dict[str, str | None] = {}
        for key, value in pairs:
            name = self._names.get(key) or self._name(key)
            cells[name] = _text(value, name)
        if len(cells) != len(pairs):
            raise _RowError("duplicate_key")
        return cells

    def _name(self, key: str) -> str:
        tidied = tidy(key)
        if tidied not in self._names:
            name = self._names[tidied] = f"{UNKNOWN}{len(self._names) + 1}"
            check_width(len(self._names))
            if header := kept_header(tidied):
                self._unknown[name] = header
        return self._names[tidied]

    def _place_blanks(self) -> None:
        """Rows follow the blank lines: these are faults, not the end of the file."""
        if self._blank:
            self.assembly.fault(
                [RowFault(row, None, "blank_row", b"") for row in self._blank]
            )
            self._blank = []


def _raw(line: str) -> bytes:
    return line.encode("utf-8", errors="surrogatepass")


def _refuse_constant(_name: str) -> NoReturn:
    raise _RowError("not_a_number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=tuple,
    parse_int=str,
    parse_float=str,
    parse_constant=_refuse_constant,
)


def _parse(line: str) -> tuple[tuple[str, object], ...]:
    """Return the pairs of one flat object; an object parses to a tuple of pairs."""
    reason = "malformed_json"
    try:
        parsed = _DECODER.decode(line)
    except RecursionError:
        parsed, reason = None, "nested_too_deep"
    except ValueError:
        parsed = None
    if not isinstance(parsed, tuple):
        raise _RowError("not_an_object" if parsed is not None else reason)
    return parsed


def _text(value: object, column: str | None) -> str | None:
    if value is None:
        return None
    if value is True or value is False:
        return "true" if value else "false"
    if not isinstance(value, str):
        raise _RowError("nested_value", column)
    if len(value) > MAX_FIELD_CHARS:
        raise _RowError("field_too_long", column)
    if _NUL in value:
        raise _RowError("nul", column)
    if not value.isascii() and _has_surrogate(value):
        raise _RowError("lone_surrogate", column)
    return value


def _has_surrogate(value: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in value)
