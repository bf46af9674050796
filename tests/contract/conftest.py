"""What contract suites run on: PostgreSQL, and S3 over HTTP on the loopback."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.roles import WAREHOUSE_OWNER
from custody.domain.delivery import DeliveryId
from tests.contract.key_rooms import KmsRoom, kms_rooms
from tests.contract.worlds import (
    KeyRoom,
    Shelf,
    fake_key_room,
    fake_shelf,
    real_key_room,
    real_shelf,
)
from tests.integration.conftest import Databases, databases, postgres

__all__ = ["databases", "postgres"]  # fixtures of the integration tests, here too

FAKE_AND_REAL = ["fake", pytest.param("postgres", marks=pytest.mark.integration)]
_UNLOGGED = ("staged_facts", "staged_token", "staged_row_token", "staged_projection")
BUCKET = "landing"
LOCKED = "locked"


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """A server with one versioned bucket and one that can lock its objects."""
    patch = pytest.MonkeyPatch()
    patch.setenv("S3_UPLOAD_PART_MIN_SIZE", "4096")  # read when moto is imported
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - a second to import

    patch.setenv("AWS_ACCESS_KEY_ID", "invented")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "invented")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    s3 = client_of(url)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
    )
    s3.create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True)
    yield url
    server.stop()
    patch.undo()


def client_of(url: str) -> Any:  # noqa: ANN401 - boto3 ships no types
    """Return a client that goes past our adapters."""
    import boto3

    return boto3.client("s3", endpoint_url=url, region_name="us-east-1")


@pytest.fixture(scope="session")
def rooms(
    s3_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], KmsRoom]]:
    """Make rooms with AWS KMS behind one guard's post."""
    with kms_rooms(s3_url, tmp_path_factory.mktemp("aws")) as rooms:
        yield rooms


@pytest.fixture
def kms_room(rooms: Callable[[], KmsRoom]) -> KmsRoom:
    """AWS KMS behind a guard of the test's own."""
    return rooms()


@pytest.fixture(params=FAKE_AND_REAL)
def shelf(request: pytest.FixtureRequest) -> Shelf:
    """The warehouse's ports: in memory, then on PostgreSQL."""
    if request.param == "fake":
        return fake_shelf()
    real: Databases = request.getfixturevalue("databases")

    def lose(delivery_id: DeliveryId) -> None:
        """Empty of one delivery what a crash empties of all."""
        with transaction(real.warehouse(WAREHOUSE_OWNER), "crash") as connection:
            for table in _UNLOGGED:
                query = f"DELETE FROM intake.{table} WHERE delivery_id = :id"  # noqa: S608 - ours
                connection.execute(text(query), {"id": delivery_id})

    return real_shelf(real, lose)


@pytest.fixture(params=FAKE_AND_REAL)
def key_room(request: pytest.FixtureRequest) -> KeyRoom:
    """The keyring: in memory, then on PostgreSQL."""
    if request.param == "fake":
        return fake_key_room()
    return real_key_room(request.getfixturevalue("databases"))
