"""An off-site medium in a bucket whose answers fail: whole objects, or a loud fault.

Each call of the medium, each of its answers, each fault, once and lasting; then the
whole export of a delivery.
"""

import dataclasses
import datetime as dt
import gc
import hashlib
import io
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from custody.adapters.aws import s3_client
from custody.adapters.object_lock import LockingBucket
from custody.adapters.offsite_bucket import BucketMedium
from custody.domain.ledger import read_line
from custody.errors import WorldError
from tests.builders.installation import Installation
from tests.contract.conftest import LOCKED, client_of, s3_url
from tests.faults.country import Country
from tests.faults.faulty_store import FAULTS, MORE_FAULTS, Spoiler, faulty_store
from tests.faults.site import open_site
from tests.faults.step import start_server
from tests.faults.strict_store import ACCOUNT
from tests.faults.walk import FAULT, WHOLE_GRID_SECONDS, opened, walk

__all__ = ["s3_url"]  # a fixture of the contract suites, here too

pytestmark = pytest.mark.integration

IN_SAMPLE = 2
PATIENCE = 1  # seconds of silence
UNTIL = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=40)
CONTENT = bytes(range(256)) * 512
TOLD = [
    *(fault for fault in FAULTS if fault not in {"flipped", "spoilt"}),
    *MORE_FAULTS,
]
"""Faults that a medium tells by itself; the others are told by who reads back."""

Call = Callable[[BucketMedium, str], object]
CALLS: Mapping[str, Call] = {
    "put": lambda medium, path: medium.put(path, CONTENT, locked_until=UNTIL),
    "put_stream": lambda medium, path: medium.put_stream(
        path, io.BytesIO(CONTENT), locked_until=UNTIL
    ),
    "put_parts": lambda medium, path: in_parts(medium).put_stream(
        path, io.BytesIO(CONTENT), locked_until=UNTIL
    ),
    "read": lambda medium, path: medium.read(path),
    "list": lambda medium, path: medium.list(path),
    "locked_until": lambda medium, path: medium.locked_until(path),
    "versions": lambda medium, path: [
        (one.path, one.marker, one.locked_until) for one in medium.versions(path)
    ],
}
WRITES = {"put", "put_stream", "put_parts"}
ANSWERS: Mapping[str, Callable[[str], object]] = {
    "put": lambda _: None,
    "put_stream": lambda _: None,
    "put_parts": lambda _: None,
    "read": lambda _: CONTENT,
    "list": lambda path: (path,),
    "locked_until": lambda _: UNTIL,
    "versions": lambda path: [(path, False, UNTIL)],
}


PART_BYTES = 48 * 1024


def in_parts(medium: BucketMedium) -> BucketMedium:
    """Return the same medium, to which what is larger than a part goes in parts."""
    bucket = LockingBucket(LOCKED, s3=medium._bucket._s3, part_bytes=PART_BYTES)
    return BucketMedium(bucket, prefix="vault/", name="vault")


@dataclasses.dataclass
class Vault:
    """A medium behind a store that fails, and what stands before that."""

    medium: BucketMedium
    spoiler: Spoiler
    s3: Any
    written: Iterator[int] = dataclasses.field(default_factory=itertools.count)

    def answers(self, call: str) -> int:
        """Return how many answers an unharmed call asks for."""
        path = self._prepared(call)
        self.spoiler.begin()
        CALLS[call](self.medium, path)
        return self.spoiler.asked

    def fail(self, call: str, fault: str, at: int, *, lasting: bool = False) -> bool:
        """Let a call fail, heal the store, call again; whether the fault was told."""
        path = self._prepared(call)
        self.spoiler.begin(fault, at, lasting=lasting)
        told = False
        try:
            answer = CALLS[call](self.medium, path)
        except WorldError:
            told = True
        else:
            assert answer == ANSWERS[call](path), "a wrong answer passed for a right"
        assert self.spoiler.spoiled
        self.spoiler.begin()
        assert CALLS[call](self.medium, path) == ANSWERS[call](path)
        self.holds(path)
        return told

    def holds(self, path: str) -> None:
        """One version, whole and locked; nothing half sent."""
        assert self.medium.read(path) == CONTENT
        assert self.medium.locked_until(path) == UNTIL
        assert versions(self.s3, f"vault/{path}") == [f"vault/{path}"]
        assert uploads(self.s3) == []

    def _prepared(self, call: str) -> str:
        path = f"{call}-{next(self.written):04d}"
        if call not in WRITES:
            self.spoiler.begin()
            self.medium.put(path, CONTENT, locked_until=UNTIL)
        return path


def versions(s3: Any, prefix: str) -> list[str]:  # noqa: ANN401 - boto3 ships no types
    """Return the key of every version and delete marker under a prefix."""
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=LOCKED, Prefix=prefix
    )
    return [
        one["Key"]
        for page in pages
        for kind in ("Versions", "DeleteMarkers")
        for one in page.get(kind, ())
    ]


def uploads(s3: Any) -> list[object]:  # noqa: ANN401 - boto3 ships no types
    """Return what was begun to be sent in parts and never ended."""
    return list(s3.list_multipart_uploads(Bucket=LOCKED).get("Uploads", ()))


@pytest.fixture(scope="module")
def vault(s3_url: str) -> Iterator[Vault]:
    with faulty_store(s3_url) as spoiler:
        bucket = LockingBucket(LOCKED, s3=s3_client(spoiler.url, PATIENCE))
        medium = BucketMedium(bucket, prefix="vault/", name="vault")
        yield Vault(medium, spoiler, client_of(s3_url))


@pytest.fixture(autouse=True)
def emptied() -> Iterator[None]:
    """Let moto forget the vault after each test: it holds a file open a version.

    And one more for each copy that it makes of a version when it lists them.
    """
    yield
    # Whoever serves moto imports it, under settings that it reads then.
    models: Any = sys.modules.get("moto.s3.models")
    buckets = {} if models is None else models.s3_backends[ACCOUNT]["aws"].buckets
    if LOCKED not in buckets:
        return
    keys = buckets[LOCKED].keys
    for name in [one for one in keys if one.startswith("vault/")]:
        for version in keys.getlist(name):
            version.dispose()
        keys.pop(name)
    gc.collect()


@pytest.mark.long
@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_fails_once_is_right_or_tells(vault: Vault, call: str) -> None:
    at = vault.answers(call)

    for fault in TOLD:
        if fault != "dripped":  # it takes its time, and `read` below asks for it
            vault.fail(call, fault, at)


@pytest.mark.long
def test_a_store_that_keeps_silent_is_given_up_loudly(vault: Vault) -> None:
    for fault in ("silent", "halted", "dripped"):
        assert vault.fail("read", fault, vault.answers("read"), lasting=True)


def test_a_read_that_is_cut_short_is_no_read(vault: Vault) -> None:
    for fault in ("truncated", "clipped"):
        assert vault.fail("read", fault, vault.answers("read"), lasting=True)


@pytest.mark.long
def test_a_part_a_beginning_and_an_end_that_are_lost_leave_nothing_behind(
    vault: Vault,
) -> None:
    """Done and answered with 500, at each answer of an object in parts."""
    for at in range(1, vault.answers("put_parts") + 1):
        vault.fail("put_parts", "lost", at)


@pytest.mark.long
def test_a_flip_in_any_answer_to_a_write_leaves_it_whole_or_is_told(
    vault: Vault,
) -> None:
    """Up it is refused as S3 does; down it touches nothing that is stored."""
    for call in ("put", "put_parts"):
        for at in range(1, vault.answers(call) + 1):
            vault.fail(call, "flipped", at)
            vault.fail(call, "garbled", at)


def test_what_a_killed_process_left_in_parts_goes_with_the_next(vault: Vault) -> None:
    vault.spoiler.begin()
    vault.s3.create_multipart_upload(Bucket=LOCKED, Key="vault/left")
    assert uploads(vault.s3)

    in_parts(vault.medium).put("left", CONTENT, locked_until=UNTIL)

    vault.holds("left")


@pytest.mark.faults
@pytest.mark.timeout(WHOLE_GRID_SECONDS)
@pytest.mark.parametrize("fault", TOLD)
@pytest.mark.parametrize("call", CALLS)
def test_every_answer_of_every_call_fails(vault: Vault, call: str, fault: str) -> None:
    for at in range(1, vault.answers(call) + 1):
        for lasting in (False, True):
            vault.fail(call, fault, at, lasting=lasting)


# --- a whole delivery ----------------------------------------------------------------


@dataclasses.dataclass
class Coast:
    """A country one of whose off-site media is a bucket."""

    country: Country
    spoiler: Spoiler
    s3: Any

    @property
    def environment(self) -> Mapping[str, str]:
        """What a task is told."""
        return self.country.site.installation.environment

    def asked(self) -> int:
        """Return how many answers an unharmed intake asks for."""
        self.spoiler.begin()
        delivery_id = self.country.roads["good"].land()
        walk(self.environment)
        asked = self.spoiler.asked
        self.country.holds(self.country.roads["good"], delivery_id)
        self.holds()
        return asked

    def spoil(self, fault: str, at: int, *, lasting: bool = False) -> list[str]:
        """Land, let the store fail, heal it, retry once, look; return what was met."""
        print(f"{fault} at {at}{' and after' * lasting}")  # noqa: T201 - told last
        road = self.country.roads["good"]
        delivery_id = road.land()
        self.spoiler.begin(fault, at, lasting=lasting)
        heard = walk(self.environment) or []
        spoiled = self.spoiler.spoiled
        self.spoiler.begin()
        self.country.retry()
        self.country.holds(road, delivery_id)
        self.holds()
        assert spoiled >= 1
        return [step for step in heard if step.startswith(FAULT)]

    def holds(self) -> None:
        """Each object that the ledger tells of is there once and is what it tells."""
        kept = versions(self.s3, "coast/objects/")
        assert len(kept) == len(set(kept))
        assert uploads(self.s3) == []
        for path, sha256 in self._told():
            body = self.s3.get_object(Bucket=LOCKED, Key=f"coast/{path}")["Body"]
            assert hashlib.sha256(body.read()).hexdigest() == sha256

    def _told(self) -> Iterator[tuple[str, str]]:
        for line in self.country.site.installation.custody.ledger.lines():
            entry = read_line(line)
            objects = entry.body.get("objects") if entry.kind == "exported" else None
            for one in objects if isinstance(objects, list) else ():
                medium, path, sha256 = one.split(":")
                if medium == self.country.site.installation.custody.media[0].name:
                    yield path, sha256


@pytest.fixture(scope="module")
def coast(s3_url: str) -> Iterator[Coast]:
    start_server()
    with faulty_store(s3_url) as spoiler, open_site() as site:
        installation = site.installation
        first, second = installation.custody.settings.offsite_urls
        name = installation.custody.media[0].name
        assert first != second
        environment = {
            **installation.environment,
            "AWS_ACCESS_KEY_ID": "invented",
            "AWS_SECRET_ACCESS_KEY": "invented",
            "CUSTODY_OFFSITE_URLS": f"s3://{LOCKED}/coast#{name},{second}",
            "CUSTODY_S3_ENDPOINT_URL": spoiler.url,
            "CUSTODY_S3_READ_SECONDS": str(PATIENCE),
        }
        installed = Installation(opened(environment), installation.secrets, environment)
        country = Country(dataclasses.replace(site, installation=installed))
        yield Coast(country, spoiler, client_of(s3_url))


@pytest.mark.long
def test_drawn_answers_fail_while_a_delivery_is_exported(coast: Coast) -> None:
    asked = coast.asked()
    cells = list(itertools.product(FAULTS, range(1, asked + 1)))

    for fault, at in coast.country.rng.sample(cells, IN_SAMPLE):
        coast.spoil(fault, at)

    assert coast.country.evidence_lost() == []


def test_what_was_stored_otherwise_than_sent_is_never_told_as_exported(
    coast: Coast,
) -> None:
    """A store that forgives checksums, as some do: what is read back decides."""
    told = coast.spoil("spoilt", 1, lasting=True)

    assert told, "what was read back was taken for what was sent"
    assert coast.country.evidence_lost() == []


@pytest.mark.faults
@pytest.mark.timeout(WHOLE_GRID_SECONDS)
@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
def test_every_answer_fails_while_a_delivery_is_exported(
    coast: Coast, fault: str, *, lasting: bool
) -> None:
    for at in range(1, coast.asked() + 1):
        coast.spoil(fault, at, lasting=lasting)

    assert coast.country.evidence_lost() == []
