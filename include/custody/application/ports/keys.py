"""Ports to keys and to the off-site media."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import polars as pl

from custody.domain.epochs import EpochId
from custody.domain.levels import Level


class KeyProvider(Protocol):
    """Where wrapping keys live (design section 4); 32 bytes each."""

    def create(self, epoch: EpochId) -> bytes:
        """Create the key once; ConflictError when it exists or was destroyed."""

    def open(self, epoch: EpochId) -> bytes:
        """Return the key; KeyDestroyedError, or KeyError when never created.

        From the moment a destruction is ordered nobody opens the key.
        """

    def destroy(self, epoch: EpochId) -> None:
        """Order the destruction, for good; idempotent; KeyError when never created.

        A provider may take days; `state` tells.  Repeat it while that is `pending`
        without a date: it was killed, or somebody withdrew the order.
        """

    def state(self, epoch: EpochId) -> "KeyState":
        """Tell whether the key is there, gone (since when), or pending (till when).

        `destroyed` is what the provider was seen to say, never what is to be
        expected by now.  KeyError when never created.
        """


class ListedKeys(KeyProvider, Protocol):
    """A provider whose keys can be listed, for people."""

    def epochs(self) -> tuple[EpochId, ...]:
        """Return every epoch that has, or had, a key here, ordered by name."""

    def strays(self) -> tuple[str, ...]:
        """Return the names of what killed births left; nothing was sealed under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """`live`, `destroyed` or `pending`; the date (UTC) a destruction is final.

    `live` has none.  `pending` without one: nothing happens by itself.
    """

    name: str
    final: dt.date | None = None


class Offsite(Protocol):
    """One off-site medium: write-once objects with a lock date."""

    @property
    def name(self) -> str:
        """The medium's label; never its credentials."""

    def put(self, path: str, content: bytes, *, locked_until: dt.date) -> None:
        """Write once; the same bytes again are welcome, others a ConflictError."""

    def read(self, path: str) -> bytes:
        """Read back from the medium; KeyError when absent."""

    def put_stream(
        self, path: str, content: BinaryIO, *, locked_until: dt.date
    ) -> None:
        """As `put`, for an object of any size."""

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open an object for reading; KeyError when absent."""

    def list(self, prefix: str) -> tuple[str, ...]:
        """List the object paths under a prefix."""

    @property
    def overwrites(self) -> bool:
        """Whether a removal overwrites the bytes before it unlinks them (R71)."""

    def versions(self, prefix: str) -> "tuple[PathVersion, ...]":
        """List completely what lies under a prefix, old versions and markers too.

        Ordered by path, the newest version first.  WorldError when the medium is
        not there or does not list to the end: less than everything is no answer.
        """

    def remove(self, version: "PathVersion", *, today: dt.date) -> bool:
        """Remove one version for good; False, and nothing changed, while locked.

        Repeatable: what is gone already is welcome.  Only who removes may
        (`custody.adapters.stores.remover_of`); ConfigurationError for others.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class PathVersion:
    """One version of an object on a medium; `version` empty where there is one only.

    `marker`: a name without bytes (a delete marker, the lock of an object that is
    gone).  `locked_until` is the last day (UTC) of its lock, None without one.
    """

    path: str
    version: str = ""
    marker: bool = False
    locked_until: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One object read back from one medium: its path and SHA-256 (hex)."""

    medium: str
    path: str
    sha256: str


class DataObjects(Protocol):
    """Writes sealed rows with their wrapped keys to every off-site medium."""

    def write(
        self, name: str, frames: Iterator[pl.DataFrame], *, locked_until: dt.date
    ) -> tuple[StoredObject, ...]:
        """Write one age-encrypted Parquet object per medium and read it back.

        EvidenceError when a medium gives back other bytes than were written.
        """


class Keyring(Protocol):
    """The keyring database: epochs and data key records."""

    def open_epoch(self, level: Level) -> EpochId:
        """Return the open live epoch of a level; WorldError when there is none."""

    def living(self) -> tuple[EpochId, ...]:
        """Return every epoch that is open or closing, of any purpose, by name."""

    def add_epoch(self, epoch: EpochId, *, suite: int) -> None:
        """Record a born epoch as open and make its partition; idempotent."""

    def writing(self, epochs: Sequence[EpochId]) -> "AbstractContextManager[KeyWriter]":
        """Hold the epochs FOR SHARE; EpochClosedError unless all are open.

        Commits at a clean exit, so before the warehouse: keys first.
        """

    def wrapped(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return handle, level, epoch, key_id, wrapped of the handles (exporter)."""


class KeyWriter(Protocol):
    """Takes data key records inside one keyring transaction."""

    def write(self, keys: pl.DataFrame, *, dataset: str, department: str) -> None:
        """COPY records; enforces 2^32 wraps per epoch (design section 4)."""
