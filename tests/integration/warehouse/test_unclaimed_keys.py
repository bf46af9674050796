"""Keys that no row claims are swept after a day, beside loads and bystanders."""

import datetime as dt
import os

import polars as pl
import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.keyring.epochs import PostgresKeyring
from custody.adapters.keyring.unclaimed import PostgresWrittenKeys
from custody.adapters.roles import (
    KEYRING_LOADER,
    KEYRING_OWNER,
    KEYRING_SWEEPER,
    WAREHOUSE_LOADER,
)
from custody.adapters.warehouse.claims import PostgresClaims
from custody.application.sweep_keys import KEPT, SweepKeys
from custody.domain.epochs import EpochId, Purpose
from custody.domain.levels import Level
from custody.errors import CustodyError
from tests.fakes.ledger import FakeLedger
from tests.fakes.world import FixedClock
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

EPOCH = EpochId(Purpose.LIVE, Level.LOW, 1)
NOW = dt.datetime.now(dt.UTC)
_STAGE = text(
    "INSERT INTO intake.staged_row (delivery_id, row, handle, level, verdict, prefix)"
    " VALUES (:id, 1, :handle, 'low', 'load', 'FI')"
)


class Heedless(PostgresClaims):
    """The twin: does not ask whether a load is open."""

    def oldest_writer(self) -> None:
        """Tell of none."""


@pytest.fixture(scope="module", autouse=True)
def _epoch(databases: Databases) -> None:
    PostgresKeyring(databases.keyring(KEYRING_OWNER)).add_epoch(EPOCH, suite=1)


def write_key(databases: Databases, *, hours: int) -> bytes:
    """Write a key as a loader does, so many hours ago; return its handle."""
    handle = os.urandom(16)
    frame = pl.DataFrame(
        {
            "handle": [handle],
            "level": [str(EPOCH.level)],
            "epoch": [str(EPOCH)],
            "key_id": [os.urandom(32)],
            "wrapped": [os.urandom(60)],
        }
    )
    with PostgresKeyring(databases.keyring(KEYRING_LOADER)).writing([EPOCH]) as writer:
        writer.write(frame, dataset="customers", department="sales")
    aged = text("UPDATE keyring.data_key SET written_at = :at WHERE handle = :handle")
    row = {"at": NOW - dt.timedelta(hours=hours), "handle": handle}
    with transaction(databases.keyring(KEYRING_OWNER), "age") as connection:
        connection.execute(aged, row)
    return handle


def has_key(databases: Databases, handle: bytes) -> bool:
    """Whether the keyring still has it."""
    count = text("SELECT count(*) FROM keyring.data_key WHERE handle = :handle")
    with transaction(databases.keyring(KEYRING_OWNER), "look") as connection:
        return bool(connection.execute(count, {"handle": handle}).scalar())


def sweeping(
    databases: Databases,
    claims: type[PostgresClaims] = PostgresClaims,
    *,
    kept: dt.timedelta = KEPT,
) -> SweepKeys:
    """Return the use case as the installation has it."""
    return SweepKeys(
        keys=PostgresWrittenKeys(databases.keyring(KEYRING_SWEEPER)),
        claims=claims(databases.warehouse(WAREHOUSE_LOADER)),
        ledger=FakeLedger(),
        clock=FixedClock(NOW),
        dataset="customers",
        kept=kept,
    )


def test_a_key_without_a_row_goes_and_its_bystanders_stay(
    databases: Databases,
) -> None:
    """One is claimed by a staged row, one is not a day old."""
    lost, staged, young = (write_key(databases, hours=h) for h in (30, 30, 20))
    with transaction(databases.warehouse(WAREHOUSE_LOADER), "stage") as connection:
        connection.execute(_STAGE, {"id": "website/2026-11-23/1", "handle": staged})

    swept = sweeping(databases)()

    assert swept == 1
    assert not has_key(databases, lost)
    assert has_key(databases, staged)
    assert has_key(databases, young)


@pytest.mark.parametrize(
    ("claims", "kept"), [(PostgresClaims, True), (Heedless, False)]
)
def test_a_key_is_kept_while_its_load_is_open_and_lost_by_the_twin(
    databases: Databases, claims: type[PostgresClaims], *, kept: bool
) -> None:
    """The race: the keyring has committed, the warehouse has not, a day goes by.

    The load's transaction began before its key was written; a clock that is a day
    and a half ahead stands for the time that goes by.
    """
    with transaction(databases.warehouse(WAREHOUSE_LOADER), "load") as connection:
        handle = write_key(databases, hours=0)
        row = {"id": f"website/2026-11-23/{2 + kept}", "handle": handle}
        connection.execute(_STAGE, row)
        later = NOW + dt.timedelta(hours=36)
        with transaction(databases.keyring(KEYRING_OWNER), "age") as aged:
            aged.execute(text("ALTER TABLE keyring.data_key DISABLE TRIGGER ALL"))
        sweep = SweepKeys(
            keys=PostgresWrittenKeys(databases.keyring(KEYRING_SWEEPER)),
            claims=claims(databases.warehouse(WAREHOUSE_LOADER)),
            ledger=FakeLedger(),
            clock=FixedClock(later),
            dataset="customers",
        )
        sweep()

    with transaction(databases.keyring(KEYRING_OWNER), "as before") as aged:
        aged.execute(text("ALTER TABLE keyring.data_key ENABLE TRIGGER ALL"))
    assert has_key(databases, handle) is kept


def test_the_database_keeps_a_young_key_whatever_the_clock_says(
    databases: Databases,
) -> None:
    """Twin: the use case without its day reaches for it, the trigger stops it."""
    young = write_key(databases, hours=5)

    with pytest.raises(CustodyError):
        sweeping(databases, kept=dt.timedelta(0))()

    assert has_key(databases, young)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT wrapped FROM keyring.data_key",
        "SELECT key_id FROM keyring.data_key",
        "UPDATE keyring.data_key SET written_at = now() - interval '2 days'",
        "INSERT INTO keyring.data_key (handle) VALUES ('')",
        "SELECT * FROM keyring.epoch",
        "TRUNCATE keyring.data_key",
    ],
)
def test_the_sweeper_sees_no_key_and_changes_none(
    databases: Databases, statement: str
) -> None:
    with (
        pytest.raises(CustodyError),
        transaction(databases.keyring(KEYRING_SWEEPER), "try") as connection,
    ):
        connection.execute(text(statement))
