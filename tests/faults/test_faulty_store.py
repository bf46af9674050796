"""A landing zone in a bucket whose answers fail: nothing lost, doubled or in plain."""

import dataclasses
import hashlib
import io
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from custody.application.intake.pinned import PinnedStream
from custody.domain.delivery import DeliveryId, ManifestFile
from custody.errors import DeliveryError, WorldError
from tests.builders.deliveries import DAY
from tests.builders.installation import Installation
from tests.contract.conftest import BUCKET, client_of, s3_url
from tests.faults.country import Country
from tests.faults.faulty_store import FAULTS, Spoiler, faulty_store
from tests.faults.site import open_site
from tests.faults.step import start_server
from tests.faults.walk import WHOLE_GRID_SECONDS, opened, walk

__all__ = ["s3_url"]  # a fixture of the contract suites, here too

pytestmark = pytest.mark.integration

IN_SAMPLE = 4
HEALED = [fault for fault in FAULTS if fault not in {"flipped", "spoilt"}]
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "invented", "AWS_SECRET_ACCESS_KEY": "invented"}


@dataclasses.dataclass
class Shore:
    """A country whose landing zone is a bucket, and what stands before that."""

    country: Country
    spoiler: Spoiler
    s3: Any

    @property
    def environment(self) -> Mapping[str, str]:
        """What a task is told."""
        return self.country.site.installation.environment

    def versions(self) -> list[str]:
        """Return the key of every version in the landing zone."""
        found = self.s3.list_object_versions(Bucket=BUCKET, Prefix="shore/")
        return [
            one["Key"]
            for kind in ("Versions", "DeleteMarkers")
            for one in found.get(kind, ())
        ]

    def land(self) -> DeliveryId:
        """Land a delivery that nobody else brings."""
        self.spoiler.begin()
        return self.country.roads["good"].land()

    def asked(self) -> int:
        """Return how many answers an unharmed intake asks for."""
        delivery_id = self.land()
        self.spoiler.begin()
        walk(self.environment)
        asked = self.spoiler.asked
        self.holds(delivery_id)
        return asked

    def spoil(self, fault: str, at: int, *, lasting: bool = False) -> None:
        """Land, let the store fail, heal it, retry once, look."""
        print(f"{fault} at {at}{' and after' * lasting}")  # noqa: T201 - told last
        delivery_id = self.land()
        self.spoiler.begin(fault, at, lasting=lasting)
        walk(self.environment)
        spoiled = self.spoiler.spoiled
        self.spoiler.begin()
        self.country.retry()
        self.holds(delivery_id)
        assert spoiled >= 1

    def holds(self, delivery_id: DeliveryId) -> None:
        """As everywhere, and no version of a landed file is left."""
        self.country.holds(self.country.roads["good"], delivery_id)
        assert self.versions() == []


@pytest.fixture(scope="module")
def shore(s3_url: str) -> Iterator[Shore]:
    start_server()
    with faulty_store(s3_url) as spoiler, open_site() as site:
        environment = {
            **site.installation.environment,
            **_CREDENTIALS,
            "CUSTODY_LANDING_URL": f"s3://{BUCKET}/shore",
            "CUSTODY_S3_ENDPOINT_URL": spoiler.url,
            "CUSTODY_S3_READ_SECONDS": "1",
        }
        secrets = site.installation.secrets
        installed = Installation(opened(environment), secrets, environment)
        country = Country(dataclasses.replace(site, installation=installed))
        yield Shore(country, spoiler, client_of(s3_url))


@pytest.mark.long
def test_drawn_answers_fail_once_and_nothing_is_lost(shore: Shore) -> None:
    asked = shore.asked()
    drawn = shore.country.rng.sample(
        list(itertools.product(HEALED, range(1, asked + 1))), IN_SAMPLE
    )

    for fault, at in drawn:
        shore.spoil(fault, at)

    assert shore.country.evidence_lost() == []


def test_a_flipped_file_is_told_from_the_admitted_one(shore: Shore) -> None:
    """A range has no checksum of its own: the manifest's digest notices."""
    custody = shore.country.site.installation.custody
    shore.spoiler.begin()
    content = b'{"form_id": "1"}\n' * 5000
    key = custody.deliver("website", {"rows": io.BytesIO(content)}, business_date=DAY)
    sha256 = hashlib.sha256(content).hexdigest()
    admitted = ManifestFile(name="rows", sha256=sha256, size=len(content), rows=None)
    with custody.landing.open(key, "rows") as stream:
        pinned = PinnedStream(stream, admitted)
        shore.spoiler.begin("flipped", 1)

        with pytest.raises((DeliveryError, WorldError)):
            pinned.finish()

    assert shore.spoiler.spoiled == 1
    shore.spoiler.begin()
    custody.landing.erase(key)
    assert shore.versions() == []


@pytest.mark.faults
@pytest.mark.timeout(WHOLE_GRID_SECONDS)
@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("fault", HEALED)
def test_every_answer_fails(shore: Shore, fault: str, *, lasting: bool) -> None:
    for at in range(1, shore.asked() + 1):
        shore.spoil(fault, at, lasting=lasting)

    assert shore.country.evidence_lost() == []
