"""The objects of a set: what data objects are, and tables, each inside age.

A table is in the text format of PostgreSQL's COPY, so that `age` and `psql` read it
alone.  It goes from the database into age and is on no disk in between (R64, A9).
"""

import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, cast

import polars as pl

from custody.adapters import durable
from custody.adapters.age_box import encrypt_stream
from custody.adapters.data_objects import AgeParquetObjects, write_parquet
from custody.adapters.scratch import scratch_folder
from custody.application.ports import StoredObject
from custody.application.ports.backup import Offered, Pieces
from custody.domain.language import Text, said
from custody.errors import CustodyError

_WORK = "the work folder"
_PREFIX = "objects"
_PIECE_BYTES = 1 << 20


class AgeSetObjects(AgeParquetObjects):
    """Implements `SetObjects`, over the same media, recipients and work folder."""

    def values(
        self,
        name: str,
        frame: pl.DataFrame,
        *,
        media: Sequence[str],
        locked_until: dt.date,
    ) -> Offered:
        """Write a data object to each of the media and read it back.

        It is made in memory, where the frame is already.
        """
        plain = io.BytesIO()
        write_parquet(plain, iter((frame,)))
        path = f"{_PREFIX}/{name}.parquet.age"

        def store(medium: str) -> StoredObject:
            plain.seek(0)
            return self.store(medium, plain, io.BytesIO(), path, locked_until)

        offered = self._offer(media, store)
        return Offered(stored=offered.stored, faults=offered.faults, rows=frame.height)

    def table(
        self, name: str, pieces: Pieces, *, media: Sequence[str], locked_until: dt.date
    ) -> Offered:
        """Write a table to each of the media; it is read once for each."""
        counts: list[int] = []
        path = f"{_PREFIX}/{name}.copy.age"
        with scratch_folder(self._work) as folder:

            def store(medium: str) -> StoredObject:
                plain = _Counted(pieces())
                pieced = cast("BinaryIO", io.BufferedReader(plain, _PIECE_BYTES))
                to = self._recipients[medium]
                with (
                    durable.world(_WORK),
                    (folder / "table.age").open("w+b") as sealed,
                ):
                    encrypt_stream(pieced, sealed, recipients=to)
                    counts.append(plain.newlines)
                    return self.put(medium, sealed, path, locked_until)

            offered = self._offer(media, store)
        return Offered(
            stored=offered.stored, faults=offered.faults, rows=max(counts, default=0)
        )

    def _offer(
        self, media: Sequence[str], store: Callable[[str], StoredObject]
    ) -> Offered:
        stored: dict[str, StoredObject] = {}
        faults: dict[str, Text] = {}
        for medium in media:
            try:
                stored[medium] = store(medium)
            except CustodyError as fault:
                faults[medium] = said(fault)
        return Offered(stored=stored, faults=faults)


class _Counted(io.RawIOBase):
    """A stream over pieces, which counts their newlines as they go by."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")
        self.newlines = 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with what comes next; 0 at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self.newlines += piece.count(b"\n")
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
