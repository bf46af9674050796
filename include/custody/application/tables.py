"""An unknown file as blocks of text cells, in constant memory.

Delimited text is read here; other formats bring their rows (`Table.rows`).
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import polars as pl

from custody.domain.sniffing import (
    guess_delimiter,
    guess_encoding,
    looks_like_header,
)
from custody.domain.sources import FileFormat
from custody.errors import DeliveryError

SAMPLE_BYTES = 1_048_576
SAMPLE_LINES = 60
BLOCK_CELLS = 1_000_000
MAX_CELL_CHARACTERS = 131_072


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What was guessed of a file; `names` are its header cells, if it has one.

    `rows` reads the file once more from its begin, the header included if there
    is one; `encoding` and `delimiter` are empty where the format has none.
    """

    path: Path
    encoding: str
    delimiter: str
    header: bool
    names: tuple[str, ...]
    width: int
    rows: Callable[[], Iterator[list[str]]] = field(repr=False)
    format: FileFormat = FileFormat.CSV

    def name(self, position: int) -> str:
        """Return a column's header cell, else `column <n>` (1-based)."""
        named = self.names[position - 1] if position <= len(self.names) else ""
        return named or f"column {position}"

    def blocks(self) -> Iterator[list[pl.Series]]:
        """Yield blocks of columns, the header left out; DeliveryError by place."""
        rows = self.rows()
        if self.header:
            next(rows, None)
        size = max(BLOCK_CELLS // max(self.width, 1), 1)
        while block := list(islice(rows, size)):
            yield _columns(block, self.width)


def open_table(path: Path) -> Table:
    """Guess how delimited text is written.

    DeliveryError `empty_file`, `bad_encoding`.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    if not sample.strip():
        raise DeliveryError("empty_file")
    encoding = guess_encoding(sample)
    if encoding is None:
        raise DeliveryError("bad_encoding")
    lines = list(islice(_lines(path, encoding), SAMPLE_LINES))
    delimiter = guess_delimiter(lines)
    first = list(islice(_rows(path, encoding, delimiter), SAMPLE_LINES))
    header = looks_like_header(first)
    return Table(
        path=path,
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        names=tuple(cell.strip(" \t\u3000\ufeff\u200b") for cell in first[0])
        if header
        else (),
        width=max(map(len, first), default=0),
        rows=partial(_rows, path, encoding, delimiter),
    )


def _lines(path: Path, encoding: str) -> Iterator[str]:
    try:
        with path.open(encoding=encoding, newline="") as file:
            for number, line in enumerate(file, start=1):
                if "\x00" in line:
                    raise DeliveryError("nul_character", row=number)
                yield line
    except UnicodeDecodeError:
        raise DeliveryError("bad_encoding") from None


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows that are not blank; a quote left open is refused."""
    lines = _lines(path, encoding)
    if delimiter == "+|":
        for line in lines:
            yield line.rstrip("\r\n").removesuffix("&|").split("+|")
        return
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise DeliveryError("bad_quoting", row=reader.line_num) from None
        if any(row):
            yield row


def _columns(rows: list[list[str]], width: int) -> list[pl.Series]:
    wide = max(width, *map(len, rows))
    padded = [row + [""] * (wide - len(row)) for row in rows]
    return [
        pl.Series(str(at), column, dtype=pl.String)
        for at, column in enumerate(zip(*padded, strict=True), start=1)
    ]
