"""What replaced an admitted file is sealed away before it is erased: file and S3."""

import dataclasses
import datetime as dt
import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.adapters.landing.choose import landing_of
from custody.application.intake.erase import EraseLandedFile
from custody.application.ports import Landing
from custody.domain.delivery import DeliveryState
from custody.domain.manifest import MANIFEST_NAME
from tests.builders.deliveries import MOMENT, delivery_key, delivery_record
from tests.builders.policies import policy_of, source
from tests.contract.conftest import BUCKET, client_of
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.ledger import FakeLedger
from tests.fakes.quarantine import FakeQuarantine
from tests.fakes.world import FakeNotifier, FixedClock

MANIFEST, ROWS, OTHER = b"{}", b"admitted", b"put there later"
Replace = Callable[[bytes], None]


@pytest.fixture(
    params=["folder", pytest.param("bucket", marks=pytest.mark.integration)]
)
def landed(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Landing, Replace]:
    """Each landing zone with one delivery, and how another program replaces a file."""
    place = f"{delivery_key().delivery_id}/rows.jsonl"
    if request.param == "folder":
        landing = landing_of(tmp_path.as_uri())
        replace: Replace = (tmp_path / place).write_bytes  # type: ignore[assignment]
    else:
        url = request.getfixturevalue("s3_url")
        prefix = f"{tmp_path.name}/erasing"
        landing = landing_of(f"s3://{BUCKET}/{prefix}", s3_endpoint_url=url)

        def replace(content: bytes) -> None:
            client_of(url).put_object(
                Bucket=BUCKET, Key=f"{prefix}/{place}", Body=content
            )

    files = {"rows.jsonl": io.BytesIO(ROWS), MANIFEST_NAME: io.BytesIO(MANIFEST)}
    landing.put(delivery_key(), files)
    return landing, replace


def erasing(landing: Landing) -> tuple[EraseLandedFile, FakeQuarantine]:
    """Return the use case over a loaded delivery that lies off-site."""
    book, quarantine = FakeDeliveryBook(MOMENT), FakeQuarantine()
    record = dataclasses.replace(
        delivery_record(
            DeliveryState.LOADED,
            exported_at=MOMENT,
            sha256=hashlib.sha256(ROWS).hexdigest(),
        ),
        manifest_digest=hashlib.sha256(MANIFEST).hexdigest(),
    )
    book.records[record.key.delivery_id] = record
    use = EraseLandedFile(
        policy=policy_of(source()),
        book=book,
        landing=landing,
        quarantine=quarantine,
        ledger=FakeLedger(),
        notifier=FakeNotifier(),
        clock=FixedClock(MOMENT + dt.timedelta(days=1)),
    )
    return use, quarantine


def test_a_replaced_file_is_sealed_away_and_then_erased(
    landed: tuple[Landing, Replace],
) -> None:
    landing, replace = landed
    erase, quarantine = erasing(landing)
    replace(OTHER)

    outcome = erase(delivery_key().delivery_id)

    assert outcome == "erased"
    assert OTHER in quarantine.kept.values()
    assert landing.files(delivery_key()) == ()


def test_the_admitted_file_is_erased_alone(landed: tuple[Landing, Replace]) -> None:
    landing, _ = landed
    erase, quarantine = erasing(landing)

    outcome = erase(delivery_key().delivery_id)

    assert outcome == "erased"
    assert not quarantine.kept
    assert landing.files(delivery_key()) == ()
