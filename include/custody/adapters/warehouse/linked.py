"""Whose each version is, in one moment of the warehouse, and what its ledger says."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.adapters.snapshots import fetched, hold_moment
from custody.adapters.warehouse.moving import LINK

_VERSIONS_PER_FETCH = 20_000
_LINES_PER_FETCH = 1_000

_LINES = text("SELECT line FROM ledger.entry ORDER BY position")
_VERSIONS = (
    f"SELECT v.delivery_id, v.handle, {LINK} FROM register.record_version v"  # noqa: S608 - constants
    ' ORDER BY v.delivery_id COLLATE "C", v.handle'
)


@dataclass(frozen=True, slots=True)
class PostgresLinksThen:
    """Implements `LinksThen` inside one transaction that reads one moment."""

    connection: Connection

    def lines(self) -> Iterator[bytes]:
        """Yield the ledger's lines in order."""
        found = self.connection.execute(
            _LINES, execution_options={"yield_per": _LINES_PER_FETCH}
        )
        yield from map(bytes, found.scalars())

    def versions(self) -> Iterator[tuple[str, Sequence[bytes], Sequence[bytes]]]:
        """Yield a delivery, handles and the hashes of their leaves, in parts."""
        for rows in fetched(
            self.connection, _VERSIONS, name="links", at_once=_VERSIONS_PER_FETCH
        ):
            for delivery_id, part in groupby(rows, itemgetter(0)):
                _, handles, hashes = zip(*part, strict=True)
                yield delivery_id, handles, hashes


@dataclass(frozen=True, slots=True)
class PostgresLinksNow:
    """Implements `LinksNow`; made for custody_destroyer."""

    engine: Engine

    @contextmanager
    def taken(self) -> Iterator[PostgresLinksThen]:
        """Hold a moment for the block."""
        with transaction(self.engine, "look whose versions are") as connection:
            hold_moment(connection)
            yield PostgresLinksThen(connection)
