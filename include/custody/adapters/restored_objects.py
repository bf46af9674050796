"""Objects of a medium, read back: the digest first, then age, then the rows.

What is decrypted is sealed values and wrapped keys still; it lies in the work folder
for a moment, as when it was written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow.parquet as pq

from custody.adapters import durable
from custody.adapters.age_box import decrypt_stream
from custody.adapters.data_objects import DATA_OBJECT_SCHEMA
from custody.adapters.scratch import scratch_folder
from custody.application.ports import Offsite
from custody.domain.language import Text
from custody.errors import EvidenceError

ROWS_PER_FRAME = 8_192
"""Rows held in memory at a time, whatever the size of an object."""

_CHUNK = 1024 * 1024
_WORK = "the work folder"
_OTHER_COLUMNS = Text(
    "{medium}：{path} 的列与应有不符", "{medium}: {path} has other columns"
)
_OTHER_BYTES = Text(
    "{medium}：{path} 不是当时写入的内容",
    "{medium}: {path} is not what was written there",
)
_MISSING = Text("{medium}：{path} 缺失", "{medium}: {path} is missing")


class AgeObjectReader:
    """Implements `StoredRows`."""

    def __init__(self, medium: Offsite, *, identity: str, work: Path) -> None:
        """Take the medium, its age identity, and the work folder."""
        self._medium = medium
        self._identity = identity
        self._work = work

    def frames(self, path: str, sha256: str) -> Iterator[pl.DataFrame]:
        """Yield the rows of a data object in frames of bounded size."""
        with self.opened(path, sha256) as content:
            file = pq.ParquetFile(content)
            if file.schema_arrow.remove_metadata() != DATA_OBJECT_SCHEMA:
                raise _OTHER_COLUMNS.as_error(
                    EvidenceError, medium=self._medium.name, path=path
                )
            for batch in file.iter_batches(batch_size=ROWS_PER_FRAME):
                frame = pl.from_arrow(batch)
                if isinstance(frame, pl.DataFrame):  # what Arrow's types do not say
                    yield frame

    @contextmanager
    def opened(self, path: str, sha256: str) -> Iterator[BinaryIO]:
        """Open what is sealed in an object; nothing else is decrypted before."""
        with scratch_folder(self._work) as folder:
            sealed, plain = folder / "object.age", folder / "object"
            with durable.world(_WORK), sealed.open("wb") as out:
                self._fetch(path, out)
            if durable.sha256_of(sealed) != sha256:
                raise _OTHER_BYTES.as_error(
                    EvidenceError, medium=self._medium.name, path=path
                )
            with (
                durable.world(_WORK),
                sealed.open("rb") as content,
                plain.open("wb") as out,
            ):
                decrypt_stream(content, out, identity=self._identity)
            sealed.unlink()
            with plain.open("rb") as content:
                yield content

    def _fetch(self, path: str, out: BinaryIO) -> None:
        try:
            with self._medium.open(path) as content:
                while piece := content.read(_CHUNK):
                    out.write(piece)
        except KeyError:
            raise _MISSING.as_error(
                EvidenceError, medium=self._medium.name, path=path
            ) from None
