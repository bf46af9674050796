"""What keeps the wrapped keys of a key service: the fake, and the keyring database."""

import datetime as dt
import os

import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.keyring.provider_keys import PostgresProviderKeys
from custody.adapters.kms_place import ProviderKey, ProviderKeys
from custody.adapters.roles import (
    KEYRING_EXPORTER,
    KEYRING_LOADER,
    KEYRING_OWNER,
    KEYRING_REBUILDER,
    KEYRING_SWEEPER,
)
from custody.domain.epochs import EpochId, Purpose
from custody.errors import ConfigurationError, EvidenceError
from tests.contract.conftest import FAKE_AND_REAL
from tests.fakes.keys import FakeProviderKeys
from tests.integration.conftest import Databases

KEPT = ProviderKey(key="arn:aws-cn:kms:cn-north-1:1:key/1", wrapped=b"invented")
SOON, LATER = dt.date(2026, 3, 8), dt.date(2026, 3, 9)


@pytest.fixture(params=FAKE_AND_REAL)
def rows(request: pytest.FixtureRequest) -> ProviderKeys:
    if request.param == "fake":
        return FakeProviderKeys()
    real: Databases = request.getfixturevalue("databases")
    return PostgresProviderKeys(real.keyring(KEYRING_OWNER))


@pytest.fixture
def epoch() -> EpochId:
    """An epoch that no other test has; index epochs have keys here too."""
    return EpochId(Purpose.INDEX, None, int.from_bytes(os.urandom(3), "big") + 1)


def test_what_is_kept_is_found_and_kept_once(
    rows: ProviderKeys, epoch: EpochId
) -> None:
    other = ProviderKey(key="arn:2", wrapped=b"another")

    assert rows.find(epoch) is None
    assert rows.add(epoch, KEPT)
    assert not rows.add(epoch, other)
    assert rows.find(epoch) == KEPT
    assert epoch in rows.epochs()


def test_a_key_is_condemned_once_and_its_day_is_settled_by_the_service(
    rows: ProviderKeys, epoch: EpochId
) -> None:
    rows.add(epoch, KEPT)
    days = []
    for note, day in (
        (rows.condemn, SOON), (rows.condemn, LATER), (rows.settle, LATER),
    ):  # fmt: skip
        note(epoch, day)
        row = rows.find(epoch)
        assert row is not None
        days.append(row.final)

    assert days == [SOON, SOON, LATER]


@pytest.mark.integration
def test_sealers_and_rebuilders_read_rows_and_nobody_but_the_owner_writes(
    databases: Databases, epoch: EpochId
) -> None:
    """The exporter holds no provider right (design section 5), the sweeper none."""
    owner = PostgresProviderKeys(databases.keyring(KEYRING_OWNER))
    owner.add(epoch, KEPT)

    for role in (KEYRING_LOADER, KEYRING_REBUILDER):
        rows = PostgresProviderKeys(databases.keyring(role))
        assert rows.find(epoch) == KEPT
        with pytest.raises(ConfigurationError):
            rows.add(EpochId.parse("live/high/7"), KEPT)
        with pytest.raises(ConfigurationError):
            rows.condemn(epoch, SOON)
    for role in (KEYRING_EXPORTER, KEYRING_SWEEPER):
        with pytest.raises(ConfigurationError):
            PostgresProviderKeys(databases.keyring(role)).find(epoch)


@pytest.mark.integration
@pytest.mark.parametrize(("name", "wrapped"), [("x", b"1"), ("live/high/1", b"")])
def test_the_database_refuses_what_is_no_row(
    databases: Databases, name: str, wrapped: bytes
) -> None:
    query = text(
        "INSERT INTO keyring.provider_key (epoch, key, wrapped) VALUES (:id, '', :w)"
    )
    with (
        pytest.raises(EvidenceError),
        transaction(databases.keyring(KEYRING_OWNER), "add") as connection,
    ):
        connection.execute(query, {"id": name, "w": wrapped})
