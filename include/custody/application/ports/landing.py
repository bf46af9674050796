"""Ports to what lies outside the databases before sealing: landing, quarantine."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from custody.columns.blocks import RawBlock
from custody.domain.delivery import DeliveryKey
from custody.domain.sources import Layout, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedFile:
    """One object in a delivery folder: plain name and size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """Something without a manifest: a delivery that was begun, or what is none.

    `key` None: no delivery can lie there; `place` is then as much of its path as
    is ids.  `changed_at`: when any of it last changed, by the store's own clock,
    which no sender sets.
    """

    place: str
    key: DeliveryKey | None
    changed_at: dt.datetime


class Landing(Protocol):
    """The landing zone 落地区: folders `<source>/<date>/<sequence>/`."""

    def deliveries(self, source_id: str | None = None) -> Iterator[DeliveryKey]:
        """Yield complete deliveries (manifest there), ordered; all sources if None."""

    def incomplete(self) -> Iterator[Incomplete]:
        """Yield what lies there and is no complete delivery, ordered by place."""

    def files(self, key: DeliveryKey) -> tuple[LandedFile, ...]:
        """List every object of the folder, manifest and signature included."""

    def open(self, key: DeliveryKey, name: str) -> AbstractContextManager[BinaryIO]:
        """Open one pinned version for reading; seekable; links are refused."""

    def put(self, key: DeliveryKey, files: Mapping[str, BinaryIO]) -> None:
        """Write a delivery; `manifest.json` last; ConflictError if it exists."""

    def erase(self, key: DeliveryKey) -> int:
        """Erase the folder, every version; idempotent; return objects erased."""


class Quarantine(Protocol):
    """Age files to the quarantine recipient; only its identity opens them."""

    def put(self, name: str, plain: BinaryIO) -> str:
        """Seal and store; return the digest (SHA-256 hex) of the stored bytes."""

    def names(self) -> Iterator[str]:
        """Yield what is kept."""

    def open(self, name: str, identity: str) -> bytes:
        """Open with an age identity (text); OpenError when it is not the one."""

    def erase(self, name: str) -> None:
        """Erase; idempotent."""


class Reader(Protocol):
    """Streams one file as blocks of text cells; places every fault."""

    def blocks(
        self, stream: BinaryIO, layout: Layout, source: Source, *, first_row: int
    ) -> Iterator[RawBlock]:
        """Yield blocks; DeliveryError when the file as a whole is unreadable."""
