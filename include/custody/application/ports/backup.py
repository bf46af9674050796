"""Ports to a backup: one snapshot of both databases, and what writes its objects."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from custody.application.ports.keys import StoredObject
from custody.domain.intake_days import KnownDelivery
from custody.domain.language import Text

Pieces = Callable[[], Iterator[bytes]]
"""Yields the bytes of a table anew each time it is called."""


@dataclass(frozen=True, slots=True)
class TableOf:
    """A table that a set holds, and which columns of it: no others are read."""

    name: str
    columns: tuple[str, ...]


class RowsSnapshot(Protocol):
    """The warehouse as it was at one moment; every answer is of that moment."""

    @property
    def taken_at(self) -> dt.datetime:
        """When it was taken, by the database's clock."""

    def ledger(self) -> Iterator[bytes]:
        """Yield the ledger's lines in order."""

    def deliveries(self) -> Iterator[KnownDelivery]:
        """Yield every delivery but reclassifications."""

    def destroyed(self) -> frozenset[str]:
        """Return the deliveries some of whose values were destroyed."""

    def index_epochs(self) -> tuple[int, ...]:
        """Return the numbers of the index epochs that are open or closing."""

    def values(self) -> Iterator[pl.DataFrame]:
        """Yield every sealed value by handle and level, those that wait last.

        The columns are those of a data object without epoch and wrapped key, the
        delivery (null of those that wait), and SHA-256 of the sealed value as the
        database has it: so whoever restores finds what became otherwise on the way.
        """

    def tables(self) -> tuple[TableOf, ...]:
        """Return the tables of a set, in an order in which they can be copied in."""

    def copy(self, table: TableOf) -> Iterator[bytes]:
        """Yield a table in COPY's text format, a newline after each row."""


class KeysSnapshot(Protocol):
    """The keyring as it was at one moment."""

    def wrapped(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return handle, level, epoch, key_id, wrapped of the handles."""

    def between(self, first: bytes, last: bytes, *, most: int) -> pl.DataFrame:
        """Return the same of every handle from the first to the last.

        Cheaper than to be asked for each, when they lie together.  Where there are more
        than `most`, others lie between them, and some of the answer lack.
        """

    def tables(self) -> tuple[TableOf, ...]:
        """Return the tables of a set."""

    def copy(self, table: TableOf) -> Iterator[bytes]:
        """Yield a table in COPY's text format."""


class Rows(Protocol):
    """Takes snapshots of the warehouse."""

    def taken(self) -> AbstractContextManager[RowsSnapshot]:
        """Hold a snapshot for the block; ConfigurationError for who is filtered."""


class Keys(Protocol):
    """Takes snapshots of the keyring."""

    def taken(self) -> AbstractContextManager[KeysSnapshot]:
        """Hold a snapshot for the block; ConfigurationError for who is filtered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What was stored and read back on each medium, and why it was not on others."""

    stored: Mapping[str, StoredObject] = field(default_factory=dict)
    faults: Mapping[str, Text] = field(default_factory=dict)
    rows: int = 0


class SetObjects(Protocol):
    """Writes the objects of a set; a medium that fails stops no other."""

    def values(
        self,
        name: str,
        frame: pl.DataFrame,
        *,
        media: Sequence[str],
        locked_until: dt.date,
    ) -> Offered:
        """Write a data object to each of the media, by name, and read it back."""

    def table(
        self, name: str, pieces: Pieces, *, media: Sequence[str], locked_until: dt.date
    ) -> Offered:
        """Write a table's bytes likewise; `rows` counts their newlines."""
