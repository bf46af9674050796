"""The places that docker-compose.yml names are served, each by its scheme."""

import datetime as dt
import io
from pathlib import Path

import pytest
import yaml

from custody.adapters import roles
from custody.adapters.config import read_settings
from custody.adapters.key_folder import KeyFolder
from custody.adapters.landing.bucket import BucketLanding
from custody.adapters.offsite import DirectoryMedium, medium_name
from custody.adapters.offsite_bucket import BucketMedium
from custody.adapters.quarantine_bucket import QuarantineBucket
from custody.adapters.secret_files import keep_secrets
from custody.application.guarded_keys import UnrestrictedKeys
from custody.bootstrap.parts import Parts
from custody.domain.delivery import DeliveryKey
from custody.domain.sources import SourceId
from tests.contract.conftest import client_of
from tests.house.files import ROOT

pytestmark = pytest.mark.integration

KEY = DeliveryKey(
    source_id=SourceId("website"), business_date=dt.date(2026, 11, 23), sequence=1
)


@pytest.fixture
def parts(s3_url: str, tmp_path: Path) -> Parts:
    """The worker of the file; only the store's address and local paths are ours."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    environment = yaml.safe_load(text)["services"]["worker-1"]["environment"]
    settings = read_settings(
        {
            **environment,
            "CUSTODY_S3_ENDPOINT_URL": s3_url,
            "CUSTODY_HOME": str(tmp_path / "home"),
            "CUSTODY_PUBLIC_KEYS_FILE": str(tmp_path / "public_keys.json"),
            "CUSTODY_LEDGER_KEY_FILE": str(tmp_path / "ledger.key"),
        }
    )
    keep_secrets(
        [medium_name(url) for url in settings.offsite_urls],
        handover=tmp_path / "secrets",
        ledger_key_file=settings.ledger_key_file,
        public_keys_file=settings.public_keys_file,
    )
    return Parts(settings)


def test_every_place_is_made_by_its_scheme(parts: Parts) -> None:
    assert isinstance(parts.landing, BucketLanding)
    assert isinstance(parts.quarantine_store, QuarantineBucket)
    assert [type(one) for one in parts.media] == [BucketMedium, DirectoryMedium]
    assert isinstance(parts.provider_as(roles.KEYRING_DESTROYER), KeyFolder)
    assert isinstance(parts.provider, UnrestrictedKeys)


def test_each_medium_has_the_name_that_its_keys_have(parts: Parts) -> None:
    assert {medium.name for medium in parts.media} == set(parts.public_keys.media)
    assert len(parts.public_keys.media) == len(parts.media)


def test_the_buckets_of_the_file_take_and_give_back(parts: Parts, s3_url: str) -> None:
    s3 = client_of(s3_url)
    for name in ("custody-landing", "custody-quarantine"):
        s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket="custody-offsite", ObjectLockEnabledForBucket=True)
    later = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=9)

    parts.landing.put(KEY, {"manifest.json": io.BytesIO(b"{}")})
    parts.quarantine_store.put("one", io.BytesIO(b"x"))
    parts.media[0].put("one", b"x", locked_until=later)

    assert list(parts.landing.deliveries()) == [KEY]
    assert list(parts.quarantine_store.names()) == ["one"]
    assert parts.media[0].read("one") == b"x"
