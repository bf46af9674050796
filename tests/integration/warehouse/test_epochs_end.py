"""The keyring itself refuses what no destroyer of ours would do."""

import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.keyring.epochs import PostgresKeyring
from custody.adapters.roles import KEYRING_DESTROYER, KEYRING_OWNER
from custody.domain.epochs import EpochId
from custody.errors import EvidenceError
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

EPOCH = EpochId.parse("restricted/medium/1")
BECOME = text("UPDATE keyring.epoch SET state = :state WHERE id = :id")
BACKWARD = [
    ("open", "destroyed"),
    ("closing", "open"),
    ("destroyed", "open"),
    ("destroyed", "closing"),
]
STEPS = {"open": (), "closing": ("closing",), "destroyed": ("closing", "destroyed")}


@pytest.mark.parametrize("role", [KEYRING_DESTROYER, KEYRING_OWNER])
@pytest.mark.parametrize(("at", "wanted"), BACKWARD)
def test_an_epoch_only_moves_forward_whoever_writes_it(
    databases: Databases, role: str, at: str, wanted: str
) -> None:
    number = 1 + BACKWARD.index((at, wanted)) * 2 + (role == KEYRING_OWNER)
    epoch = EpochId(EPOCH.purpose, EPOCH.level, number)
    owner = databases.keyring(KEYRING_OWNER)
    PostgresKeyring(owner).add_epoch(epoch, suite=1)
    for step in STEPS[at]:
        become(databases, KEYRING_DESTROYER, epoch, step)

    with pytest.raises(EvidenceError):
        become(databases, role, epoch, wanted)

    assert state_of(databases, epoch) == at
    if at == "open":
        become(databases, role, epoch, "closing")


@pytest.mark.parametrize("unknown", ["live/low/77", "live/high/1; DROP TABLE x", ""])
def test_partitions_come_and_go_for_recorded_epochs_alone(
    databases: Databases, unknown: str
) -> None:
    engine = databases.keyring(KEYRING_DESTROYER)
    for function in ("add_partition", "drop_partition"):
        call = text(f"SELECT keyring.{function}(:id)")

        with pytest.raises(EvidenceError), transaction(engine, "try") as connection:
            connection.execute(call, {"id": unknown})


def become(databases: Databases, role: str, epoch: EpochId, state: str) -> None:
    """Write the state of an epoch."""
    with transaction(databases.keyring(role), "become") as connection:
        connection.execute(BECOME, {"state": state, "id": str(epoch)})


def state_of(databases: Databases, epoch: EpochId) -> str:
    """Return the state of an epoch."""
    query = text("SELECT state FROM keyring.epoch WHERE id = :id")
    with transaction(databases.keyring(KEYRING_OWNER), "look") as connection:
        return str(connection.execute(query, {"id": str(epoch)}).scalar_one())
