"""A file of unknown layout as a table: its content tells the format (R20-R23).

For looking at a file before it has a source.  Nothing is faulted cell by cell:
the first row that cannot be read ends the look, by its place (R64).
"""

import io
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from custody.adapters.readers import jsonl, limits, parquet, workbook
from custody.adapters.readers.headers import check_width
from custody.adapters.readers.zips import OLD_EXCEL
from custody.application.tables import SAMPLE_LINES, Table, open_table
from custody.domain.headers import kept_header, tidy
from custody.domain.sniffing import looks_like_header
from custody.domain.sources import FileFormat, Layout
from custody.errors import DeliveryError

_ZIP = b"PK\x03\x04"
_OBJECT = b"{"
_MARK = b"\xef\xbb\xbf"
_JSON = Layout(format=FileFormat.JSONL)
_SHEET = Layout(format=FileFormat.XLSX)


def open_unknown(path: Path) -> Table:
    """Return the file as a table; DeliveryError when it cannot be read.

    A zip is a workbook, Parquet says so itself, a first line that is a JSON object
    makes JSON lines (UTF-8, RFC 8259), anything else is delimited text.
    """
    with path.open("rb") as file:
        head = file.read(limits.READ_BYTES)
    if head.startswith((_ZIP, OLD_EXCEL)):
        return _sheet(path)
    if head.startswith((parquet.MAGIC, parquet.ENCRYPTED)):
        return _parquet(path)
    if head.removeprefix(_MARK).lstrip().startswith(_OBJECT):
        return _objects(path)
    return open_table(path)


def _objects(path: Path) -> Table:
    """Return JSON lines; the columns are the keys, in order of their first coming."""
    keys: dict[str, None] = {}
    for cells in _dicts(path):
        keys.update(dict.fromkeys(cells))
        check_width(len(keys))
    return Table(
        path=path,
        encoding=_JSON.encoding,
        delimiter="",
        header=True,
        names=tuple(kept_header(key) for key in keys),
        width=len(keys),
        rows=partial(_object_rows, path, tuple(keys)),
        format=FileFormat.JSONL,
    )


def _object_rows(path: Path, keys: tuple[str, ...]) -> Iterator[list[str]]:
    yield list(keys)
    for cells in _dicts(path):
        yield [cells.get(key, "") for key in keys]


def _dicts(path: Path) -> Iterator[dict[str, str]]:
    with path.open("rb") as stream:
        for row, line in enumerate(jsonl.lines(stream, _JSON, 1), start=1):
            if line.strip():
                yield jsonl.cells_of(line, row)


def _parquet(path: Path) -> Table:
    """Return Parquet, whose columns always have names."""
    with path.open("rb") as stream:
        names = next(parquet.texts(stream))
    return Table(
        path=path,
        encoding="",
        delimiter="",
        header=True,
        names=tuple(map(tidy, names)),
        width=len(names),
        rows=partial(_parquet_rows, path),
        format=FileFormat.PARQUET,
    )


def _parquet_rows(path: Path) -> Iterator[list[str]]:
    with path.open("rb") as stream:
        yield from parquet.texts(stream)


def _sheet(path: Path) -> Table:
    """Return the first visible sheet, from its first row that is not blank."""
    first = list(islice(_sheet_rows(path), SAMPLE_LINES))
    if not first:
        raise DeliveryError("empty_file")
    header = looks_like_header(first)
    return Table(
        path=path,
        encoding="",
        delimiter="",
        header=header,
        names=tuple(map(tidy, first[0])) if header else (),
        width=max(map(len, first)),
        rows=partial(_sheet_rows, path),
        format=FileFormat.XLSX,
    )


def _sheet_rows(path: Path) -> Iterator[list[str]]:
    with path.open("rb") as file:
        content = file.read(limits.MAX_XLSX_BYTES + 1)
    for cells in workbook.texts(io.BytesIO(content), _SHEET):
        while cells and not tidy(cells[-1]):
            cells.pop()  # formatted, empty: no column
        if any(cells):
            yield cells
