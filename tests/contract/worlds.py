"""The same small world twice: in memory, and on PostgreSQL as its roles.

A contract suite asks for one by its fixture's parameter; what it adds goes under
sources and sequences of its own, so that a database may be shared by a module.
"""

import itertools
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import polars as pl

from custody.adapters.keyring.epochs import PostgresKeyring
from custody.adapters.roles import (
    KEYRING_EXPORTER,
    KEYRING_LOADER,
    KEYRING_OWNER,
    WAREHOUSE_EXPORTER,
    WAREHOUSE_REBUILDER,
)
from custody.adapters.warehouse.reports import PostgresReports
from custody.adapters.warehouse.staged_values import PostgresStagedValues
from custody.application.ports import (
    DeliveryBook,
    DeliveryRecord,
    Keyring,
    Ledger,
    Reports,
    StagedValues,
    Staging,
)
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.epochs import EpochId
from custody.domain.ledger import read_line
from custody.domain.levels import Level
from tests.builders.deliveries import MOMENT, delivery_record
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.keyring import FakeKeyring
from tests.fakes.ledger import FakeLedger
from tests.fakes.reports import FakeReports
from tests.fakes.staging import FakeStagedValues, FakeStaging
from tests.fakes.world import TickingClock
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import entry, open_warehouse


@dataclass(frozen=True)
class Shelf:
    """The ports of a warehouse, and `told`: the kinds of the entries about one."""

    book: DeliveryBook
    staging: Staging
    exporting: Staging
    values: StagedValues
    reports: Reports
    ledger: Ledger
    told: Callable[[DeliveryId], list[str]]
    lose: Callable[[DeliveryId], None]
    source: str = field(default_factory=lambda: f"s{uuid.uuid4().hex[:12]}")
    _sequences: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new(
        self, state: DeliveryState = DeliveryState.ADMITTED, *, sha256: str = "00" * 32
    ) -> DeliveryRecord:
        """Return a record that is not in the book yet."""
        return delivery_record(
            state, sequence=next(self._sequences), source=self.source, sha256=sha256
        )

    def added(
        self, state: DeliveryState = DeliveryState.ADMITTED, *, sha256: str = "00" * 32
    ) -> DeliveryRecord:
        """Return a record that was added."""
        record = self.new(state, sha256=sha256)
        assert self.book.add(record, entry("admitted", record.key))
        return record

    def now(self, record: DeliveryRecord) -> DeliveryRecord:
        """Return what the book says of a delivery now."""
        found = self.book.find(record.key.delivery_id)
        assert found is not None
        return found


def fake_shelf() -> Shelf:
    """Return the world in memory."""
    book = FakeDeliveryBook(MOMENT)
    staging = FakeStaging(whole=False, book=book)
    return Shelf(
        book=book,
        staging=staging,
        exporting=staging,
        values=FakeStagedValues(staging),
        reports=FakeReports(),
        ledger=FakeLedger(),
        told=lambda one: [each.kind for each in book.entries if each.subject == one],
        lose=staging.lose,
    )


def real_shelf(databases: Databases, lose: Callable[[DeliveryId], None]) -> Shelf:
    """Return the loader's adapters; sealed values as the rebuilder reads them."""
    warehouse = open_warehouse(databases)

    def told(delivery_id: DeliveryId) -> list[str]:
        lines = map(read_line, warehouse.ledger.lines())
        return [line.kind for line in lines if line.subject == delivery_id]

    return Shelf(
        book=warehouse.book,
        staging=warehouse.staging,
        exporting=open_warehouse(databases, WAREHOUSE_EXPORTER).staging,
        values=PostgresStagedValues(databases.warehouse(WAREHOUSE_REBUILDER)),
        reports=PostgresReports(warehouse.engine, TickingClock(MOMENT)),
        ledger=warehouse.ledger,
        told=told,
        lose=lose,
    )


@dataclass(frozen=True)
class KeyRoom:
    """The keyring as its three roles have it, and what its owner may besides."""

    owner: Keyring
    loader: Keyring
    exporter: Keyring
    close: Callable[[EpochId], bool]
    left: Callable[[EpochId], int]


def fake_key_room() -> KeyRoom:
    """Return the keyring in memory; it knows no roles."""
    keyring = FakeKeyring()
    return KeyRoom(
        keyring, keyring, keyring, close=keyring.close_epoch, left=keyring.keys_left
    )


def real_key_room(databases: Databases) -> KeyRoom:
    """Return the keyring as owner, loader and exporter."""
    owner = PostgresKeyring(databases.keyring(KEYRING_OWNER))
    return KeyRoom(
        owner,
        PostgresKeyring(databases.keyring(KEYRING_LOADER)),
        PostgresKeyring(databases.keyring(KEYRING_EXPORTER)),
        close=owner.close_epoch,
        left=owner.keys_left,
    )


def invented_keys(epoch: EpochId, count: int, *, entropy: bytes) -> pl.DataFrame:
    """Return key records that look real; `entropy` makes them others."""
    stamp = entropy.ljust(12, b"-")[:12]
    return pl.DataFrame(
        {
            "handle": [stamp + at.to_bytes(4, "big") for at in range(count)],
            "level": [str(epoch.level or Level.LOW)] * count,
            "epoch": [str(epoch)] * count,
            "key_id": [stamp * 2 + at.to_bytes(8, "big") for at in range(count)],
            "wrapped": [bytes(64)] * count,
        }
    )
