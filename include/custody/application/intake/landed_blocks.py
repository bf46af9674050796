"""The blocks of one landed file: what is parsed is what was admitted, to the byte."""

import io
from collections.abc import Iterator
from typing import BinaryIO, cast

from custody.application.intake.pinned import PinnedFile, PinnedStream
from custody.application.ports import Landing, Reader
from custody.columns.blocks import RawBlock
from custody.domain.delivery import DeliveryKey, ManifestFile
from custody.domain.sources import FileFormat, Source
from custody.errors import DeliveryError

READ_BYTES = 1024 * 1024


def landed_blocks(
    landing: Landing,
    key: DeliveryKey,
    file: ManifestFile,
    *,
    reader: Reader,
    source: Source,
    first_row: int,
) -> Iterator[RawBlock]:
    """Stream a file by the source's layout, hashing what is parsed.

    DeliveryError `file_digest` when it is not the admitted one, `row_count` when
    the manifest states another number of rows: its tail was lost or swallowed.
    """
    rows = 0
    with landing.open(key, file.name) as landed:
        stream, pinned = _pinned(landed, file, source.layout.format)
        for block in reader.blocks(stream, source.layout, source, first_row=first_row):
            rows += block.cells.height + len(block.faults)
            yield block
        if pinned is not None:
            pinned.finish()
    if file.rows is not None and rows != file.rows:
        raise DeliveryError("row_count", row=first_row + rows)


def _pinned(
    landed: BinaryIO, file: ManifestFile, form: FileFormat
) -> tuple[BinaryIO, PinnedStream | None]:
    """Return what to parse: read forwards once, or anywhere where a format must."""
    if form is FileFormat.PARQUET:
        anywhere = cast("io.RawIOBase", PinnedFile(landed, file))
        return cast("BinaryIO", io.BufferedReader(anywhere, READ_BYTES)), None
    pinned = PinnedStream(landed, file)
    stream = cast("BinaryIO", io.BufferedReader(pinned, READ_BYTES))
    if form is FileFormat.XLSX:
        return io.BytesIO(stream.read()), pinned  # a zip is read from its end
    return stream, pinned
