"""Data objects: Parquet inside age, one object per medium (docs/formats.md).

The Parquet file is written to the work folder first: it holds sealed bytes
only, so it may lie on a disk for a moment; it is removed in every case, what a
killed run left by the next.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from custody.adapters import durable
from custody.adapters.age_box import encrypt_stream
from custody.adapters.scratch import scratch_folder
from custody.application.intake.pinned import digest_of
from custody.application.ports import Offsite, Reached, StoredObject, pass_by
from custody.domain.language import Text
from custody.errors import EvidenceError

DATA_OBJECT_SCHEMA = pa.schema(
    [
        ("handle", pa.binary()),
        ("customer", pa.string()),
        ("version", pa.int32()),
        ("level", pa.string()),
        ("sealed", pa.binary()),
        ("digest", pa.binary()),
        ("wrapped", pa.binary()),
        ("key_id", pa.binary()),
        ("epoch", pa.string()),
        ("state", pa.string()),
        ("business_date", pa.date32()),
    ]
)
"""The columns of every data object; a test refuses any other (design section 4)."""

PREFIX = "objects"
_WORK = "the work folder"
_OTHERWISE = Text(
    "{medium}：{path} 读回后与所写不符",
    "{medium}: {path} reads back otherwise than written",
)


class AgeParquetObjects:
    """Writes to every medium under that medium's own age recipients."""

    def __init__(
        self,
        media: Sequence[Offsite],
        recipients: Mapping[str, Sequence[str]],
        work: Path,
        reached: Reached = pass_by,
    ) -> None:
        """Take the media, their age recipients by name, and the work folder."""
        self._media = {medium.name: medium for medium in media}
        self._recipients = dict(recipients)
        self._work = work
        self._reached = reached

    def write(
        self, name: str, frames: Iterator[pl.DataFrame], *, locked_until: dt.date
    ) -> tuple[StoredObject, ...]:
        """Write one object per medium and read each back."""
        with scratch_folder(self._work) as folder:
            self._reached("export.rows.before")
            with durable.world(_WORK), (folder / "rows.parquet").open("wb") as rows:
                write_parquet(rows, frames)
            self._reached("export.rows.after")
            path = f"{PREFIX}/{name}.parquet.age"
            return tuple(
                self._store_file(medium, folder, path, locked_until)
                for medium in self._media
            )

    def _store_file(
        self, medium: str, folder: Path, path: str, locked_until: dt.date
    ) -> StoredObject:
        with (
            durable.world(_WORK),
            (folder / "rows.parquet").open("rb") as plain,
            (folder / "rows.age").open("w+b") as sealed,
        ):
            return self.store(medium, plain, sealed, path, locked_until)

    def store(
        self,
        medium: str,
        plain: BinaryIO,
        sealed: BinaryIO,
        path: str,
        locked_until: dt.date,
    ) -> StoredObject:
        """Seal a stream to a medium's recipient into another, and `put` that."""
        self._reached("export.seal.before")
        encrypt_stream(plain, sealed, recipients=self._recipients[medium])
        self._reached("export.seal.after")
        return self.put(medium, sealed, path, locked_until)

    def put(
        self, medium: str, sealed: BinaryIO, path: str, locked_until: dt.date
    ) -> StoredObject:
        """Write what is sealed, from its begin, to a medium and read it back."""
        place = self._media[medium]
        sealed.seek(0)
        digest = digest_of(sealed)
        sealed.seek(0)
        self._reached("export.put.before")
        place.put_stream(path, sealed, locked_until=locked_until)
        self._reached("export.put.after")
        if _digest_there(place, path) != digest:
            raise _OTHERWISE.as_error(EvidenceError, medium=medium, path=path)
        self._reached("export.read_back.after")
        return StoredObject(medium=medium, path=path, sha256=digest)


def _digest_there(place: Offsite, path: str) -> str:
    """Return SHA-256 of what the medium has; nothing when it has nothing."""
    try:
        with place.open(path) as back:
            return digest_of(back)
    except KeyError:
        return ""


def write_parquet(rows: BinaryIO, frames: Iterator[pl.DataFrame]) -> None:
    """Write frames as the Parquet file that a data object has inside."""
    with pq.ParquetWriter(
        rows,
        DATA_OBJECT_SCHEMA,
        compression="none",
        use_dictionary=["level", "epoch", "state"],
        write_statistics=False,
    ) as writer:
        for frame in frames:
            table = frame.to_arrow().select(DATA_OBJECT_SCHEMA.names)
            writer.write_table(table.cast(DATA_OBJECT_SCHEMA))
