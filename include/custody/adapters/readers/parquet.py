"""Parquet: row group by row group, every cell as text by the rule of `cells.py`.

The footer is judged before anything is unpacked: its size, the number of rows,
groups and columns, the types, and by `parquet_pages.py` what groups and pages claim.
Nested columns, raw bytes and types without one plain spelling refuse the file
at their column.  Text is never taken for valid UTF-8 because a writer says so.
Dictionaries are measured before they are spread over their rows, so that one
long value and a million references make no memory.
"""

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import polars as pl

from custody.adapters.readers import limits
from custody.adapters.readers.assembly import Assembly, frame_rows
from custody.adapters.readers.headers import HEADER_ROW, read_header
from custody.adapters.readers.parquet_cells import cells_of, is_plain, is_text
from custody.adapters.readers.parquet_pages import TAIL, judge_pages, read_footer
from custody.adapters.readers.thrift import Struct
from custody.columns.blocks import RawBlock, RowFault
from custody.domain.sources import Layout, Source
from custody.errors import DeliveryError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData, ParquetFile

MAGIC, ENCRYPTED = b"PAR1", b"PARE"
_THRIFT_TEXT, _THRIFT_ITEMS = 16 * 1024 * 1024, 2_000_000
_DEEPEST = 64  # levels of nesting while the schema is parsed
_PAGE_BUFFER = 1024 * 1024  # bytes; a column chunk is read in such pieces


class ParquetReader:
    """Port `Reader` for `FileFormat.PARQUET`; the stream is seekable."""

    def blocks(
        self,
        stream: BinaryIO,
        layout: Layout,  # noqa: ARG002 - the port's; Parquet describes itself
        source: Source,
        *,
        first_row: int,
    ) -> Iterator[RawBlock]:
        """Yield blocks; DeliveryError when the file as a whole is unreadable."""
        file, groups = _open(stream)
        header = read_header(_names(file), source)
        _judge(file, header.names)
        judge_pages(stream, groups, size=stream.seek(0, 2))
        assembly = Assembly(first_row)
        assembly.name(header.names, header.unknown)
        row = first_row
        for batch in _batches(file, len(header.names), row):
            frame, faults = _frame(batch, header.names, row)
            row += batch.num_rows
            assembly.count(row)
            assembly.fault(faults)
            assembly.add(frame)
            yield from assembly.full()
        yield from assembly.rest()


def texts(stream: BinaryIO) -> Iterator[list[str]]:
    """Yield the column names, then each row as text; DeliveryError as the reader."""
    file, groups = _open(stream)
    names = _names(file)
    places = [f"column {at}" for at in range(1, len(names) + 1)]
    _judge(file, places)
    judge_pages(stream, groups, size=stream.seek(0, 2))
    yield names
    row = 1
    for batch in _batches(file, len(names), row):
        frame, faults = _frame(batch, places, row)
        if faults:
            raise DeliveryError(faults[0].reason, row=faults[0].row)
        row += batch.num_rows
        for cells in frame.drop("row").iter_rows():
            yield [cell or "" for cell in cells]


def _open(stream: BinaryIO) -> tuple["ParquetFile", list[Struct]]:
    """Return the file with its footer parsed, by PyArrow and by us, or refuse it."""
    groups = read_footer(stream, _judge_ends(stream))
    reason, row = "not_parquet", None
    with contextlib.suppress(Exception):  # hostile bytes; the text holds what it read
        try:
            return _parsed(stream), groups
        except UnicodeDecodeError:  # a column's name
            reason, row = "bad_encoding", HEADER_ROW
    raise DeliveryError(reason, row=row)


def _parsed(stream: BinaryIO) -> "ParquetFile":
    """Parse the footer; whatever PyArrow raises at hostile bytes leaves."""
    from pyarrow import PythonFile, parquet  # noqa: PLC0415 - others need not pay

    stream.seek(0)
    plain = parquet.ParquetFile(
        PythonFile(stream, mode="r"),
        thrift_string_size_limit=_THRIFT_TEXT,
        thrift_container_size_limit=_THRIFT_ITEMS,
        schema_depth_limit=_DEEPEST,
        pre_buffer=False,
        buffer_size=_PAGE_BUFFER,
        page_checksum_verification=True,
        arrow_extensions_enabled=False,
    )
    fields = [field for field in plain.schema_arrow if is_text(field.type)]
    return parquet.ParquetFile(
        PythonFile(stream, mode="r"),
        metadata=plain.metadata,
        read_dictionary=[name for one in fields if (name := _name(one)) is not None],
        pre_buffer=False,
        buffer_size=_PAGE_BUFFER,
        page_checksum_verification=True,
        arrow_extensions_enabled=False,
    )


def _judge_ends(stream: BinaryIO) -> int:
    """Refuse by magic and by the stated size of the footer; return the file's size."""
    size = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(len(MAGIC))
    stream.seek(max(size - TAIL, 0))
    tail = stream.read(TAIL)
    if not size:
        raise DeliveryError("empty_file")
    if ENCRYPTED in {head, tail[4:]}:
        raise DeliveryError("parquet_encrypted")
    footer = int.from_bytes(tail[:4], "little")
    whole = head == MAGIC == tail[4:] and footer + TAIL + len(MAGIC) <= size
    if not whole:
        raise DeliveryError("not_parquet")
    if footer > limits.MAX_PARQUET_FOOTER_BYTES:
        raise DeliveryError("parquet_bomb", byte=size - TAIL)
    return size


def _names(file: "ParquetFile") -> list[str]:
    """Return the columns' names; what is no text in UTF-8 refuses the file there."""
    names: list[str] = []
    for at, field in enumerate(file.schema_arrow, start=1):
        name = _name(field)
        if name is None:
            raise DeliveryError("bad_encoding", row=HEADER_ROW, column=str(at))
        names.append(name)
    return names


def _name(field: "pa.Field[Any]") -> str | None:
    """Return a column's name, None when its bytes are no UTF-8."""
    with contextlib.suppress(UnicodeDecodeError):
        return str(field.name)
    return None


def _judge(file: "ParquetFile", names: Sequence[str]) -> None:
    """Refuse what the footer says, before anything is unpacked."""
    found: FileMetaData = file.metadata
    if found.num_rows > limits.MAX_ROWS:
        raise DeliveryError("too_many_rows", row=limits.MAX_ROWS)
    if found.num_row_groups > limits.MAX_PARQUET_GROUPS:
        raise DeliveryError("parquet_bomb")
    for field, name in zip(file.schema_arrow, names, strict=True):
        if not is_plain(field.type):
            raise DeliveryError("column_type", row=HEADER_ROW, column=name)


def _batches(file: "ParquetFile", width: int, row: int) -> Iterator["pa.RecordBatch"]:
    """Yield frames of rows in file order; a page that does not unpack is placed."""
    batches = file.iter_batches(batch_size=frame_rows(width), use_threads=False)
    while True:
        batch, broken = _next(batches)
        if broken:
            raise DeliveryError("parquet_damaged", row=row)
        if batch is None:
            return
        row += batch.num_rows
        yield batch


def _next(batches: Iterator[Any]) -> tuple[Any, bool]:
    try:
        return next(batches, None), False
    except DeliveryError:
        raise
    except Exception:  # noqa: BLE001 - a parser of hostile bytes raises anything
        return None, True


def _frame(
    batch: "pa.RecordBatch", names: Sequence[str], row: int
) -> tuple[pl.DataFrame, list[RowFault]]:
    """Return the good rows and the faulty ones of a batch that begins at a row."""
    rows = pl.Series("row", range(row, row + batch.num_rows), dtype=pl.Int64)
    columns: list[pl.Series] = []
    bad: dict[int, tuple[str, str]] = {}
    for name, column in zip(names, batch.columns, strict=True):
        cells, faults = cells_of(column, name, row)
        columns.append(cells.alias(name))
        for place, reason in faults:
            bad.setdefault(place, (reason, name))
    frame = pl.DataFrame([rows, *columns])
    if not bad:
        return frame, []
    faults_of = [
        RowFault(row + at, column, reason, _raw(frame, at))
        for at, (reason, column) in sorted(bad.items())
    ]
    good = [at for at in range(batch.num_rows) if at not in bad]
    return frame[good], faults_of


def _raw(frame: pl.DataFrame, at: int) -> bytes:
    return json.dumps(frame.drop("row").row(at), ensure_ascii=False).encode()
