"""Which reader a layout asks for."""

from custody.adapters.readers.delimited import DelimitedReader
from custody.adapters.readers.jsonl import JsonLinesReader
from custody.adapters.readers.parquet import ParquetReader
from custody.adapters.readers.workbook import WorkbookReader
from custody.application.ports import Reader
from custody.domain.sources import FileFormat, Layout

_READERS: dict[FileFormat, type[Reader]] = {
    FileFormat.CSV: DelimitedReader,
    FileFormat.JSONL: JsonLinesReader,
    FileFormat.XLSX: WorkbookReader,
    FileFormat.PARQUET: ParquetReader,
}


def reader_of(layout: Layout) -> Reader:
    """Return the reader of a layout's format."""
    return _READERS[layout.format]()
