"""Whether an identity is a stranger to a bucket: only being refused is an answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from custody.adapters.doors import lists_bucket
from custody.errors import WorldError
from tests.contract.conftest import LOCKED
from tests.faults.s3_guard import S3Guard, guarded_s3

pytestmark = pytest.mark.integration

URL = f"s3://{LOCKED}/prefix?writer=own#store"


@pytest.fixture
def guard(
    s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[S3Guard]:
    """A store that asks who calls; `own` is the medium's identity."""
    credentials = tmp_path / "credentials"
    credentials.write_text(
        "[own]\naws_access_key_id = AKIAWRITER\naws_secret_access_key = invented\n"
        "[production]\naws_access_key_id = AKIALANDING\n"
        "aws_secret_access_key = invented\n",
        encoding="utf-8",
    )
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    with guarded_s3(s3_url) as guard:
        yield guard


def test_a_stranger_is_refused_and_who_belongs_there_is_not(guard: S3Guard) -> None:
    """R68; twin: a store that asks nobody lets production in."""
    url = URL.replace(LOCKED, "custody-offsite")

    assert not lists_bucket(url, endpoint_url=guard.url, profile="production")
    guard.identities = False
    assert lists_bucket(URL, endpoint_url=guard.url, profile="production")


def test_a_bucket_that_is_not_there_has_refused_nobody(guard: S3Guard) -> None:
    guard.identities = False

    with pytest.raises(WorldError):
        lists_bucket("s3://nowhere", endpoint_url=guard.url, profile="production")
