"""S3 over HTTP for the contract suites: one moto server a session, on the loopback."""

from collections.abc import Iterator
from typing import Any

import pytest

BUCKET = "landing"
LOCKED = "locked"


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """A server with one versioned bucket and one that can lock its objects."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - a second to import

    patch = pytest.MonkeyPatch()
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
