"""What every off-site medium promises, the fake, the directory, S3 over HTTP."""

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from custody.adapters.offsite import DirectoryMedium, medium_name
from custody.adapters.offsite_bucket import BucketMedium
from custody.adapters.stores import medium_of
from custody.application.ports import Offsite
from custody.errors import ConfigurationError, ConflictError, EvidenceError
from tests.contract.conftest import BUCKET, LOCKED, client_of
from tests.fakes.keys import FakeMedium

SOON, LATER = dt.date(2026, 4, 1), dt.date(2026, 5, 1)


class Locked(Offsite, Protocol):
    """A medium that tells its locks."""

    def locked_until(self, path: str) -> dt.date:
        """Return the last day."""


@pytest.fixture(
    params=["fake", "directory", pytest.param("bucket", marks=pytest.mark.integration)]
)
def medium(request: pytest.FixtureRequest, tmp_path: Path) -> Locked:
    made: dict[str, Callable[[], Locked]] = {
        "bucket": lambda: _bucket(request.getfixturevalue("s3_url"), tmp_path),
        "fake": lambda: FakeMedium("disk"),
        "directory": lambda: DirectoryMedium(tmp_path / "disk", name="disk"),
    }
    return made[request.param]()


def _bucket(endpoint: str, folder: Path) -> BucketMedium:
    url = f"s3://{LOCKED}/{folder.name}#disk"
    medium = medium_of(url, s3_endpoint_url=endpoint)
    assert isinstance(medium, BucketMedium)
    return medium


def test_what_was_put_is_read_back(medium: Locked) -> None:
    medium.put("a/b/one", b"one", locked_until=SOON)
    medium.put_stream("a/two", io.BytesIO(b"two" * 10**6), locked_until=SOON)

    with medium.open("a/two") as content:
        assert content.read() == b"two" * 10**6
    assert medium.read("a/b/one") == b"one"
    assert medium.name == "disk"


def test_an_object_is_written_once(medium: Locked) -> None:
    medium.put("a/one", b"one", locked_until=SOON)

    medium.put("a/one", b"one", locked_until=SOON)
    for other in (b"", b"on", b"one ", b"two"):
        with pytest.raises(ConflictError):
            medium.put("a/one", other, locked_until=SOON)

    assert medium.read("a/one") == b"one"


def test_a_lock_is_lengthened_and_never_shortened(medium: Locked) -> None:
    medium.put("a/one", b"one", locked_until=SOON)
    assert medium.locked_until("a/one") == SOON

    medium.put("a/one", b"one", locked_until=LATER)
    medium.put("a/one", b"one", locked_until=SOON)

    assert medium.locked_until("a/one") == LATER


def test_listing_tells_objects_and_nothing_else(medium: Locked) -> None:
    assert medium.list("") == ()
    for path in ("b/two", "a/one", "ab"):
        medium.put(path, b"x", locked_until=SOON)

    assert medium.list("") == ("a/one", "ab", "b/two")
    assert medium.list("a") == ("a/one", "ab")
    assert medium.list("a/") == ("a/one",)
    assert medium.list("c") == ()


def test_what_is_absent_is_a_key_error(medium: Locked) -> None:
    medium.put("a", b"x", locked_until=SOON)
    for path in ("b", "b/c", "a/c"):
        with pytest.raises(KeyError):
            medium.read(path)
    with pytest.raises(KeyError):
        medium.locked_until("b")


@pytest.mark.parametrize(
    "path",
    ["", "/etc/x", "../x", "a/../../x", "a//b", "./a", "a.lock", ".unfinished-x"],
)
def test_a_name_leads_nowhere_else(tmp_path: Path, path: str) -> None:
    disk = DirectoryMedium(tmp_path / "disk", name="disk")

    with pytest.raises(ValueError, match="name"):
        disk.put(path, b"x", locked_until=SOON)

    assert not list(tmp_path.iterdir())


def test_a_damaged_lock_is_evidence(tmp_path: Path) -> None:
    disk = DirectoryMedium(tmp_path, name="disk")
    disk.put("one", b"x", locked_until=SOON)
    for wrong in ("", "2026-04-01", "custody/lock/1 2026-99-01\n"):
        (tmp_path / "one.lock").write_text(wrong, "utf-8")
        with pytest.raises(EvidenceError):
            disk.locked_until("one")


def test_what_a_killed_writer_left_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / ".unfinished-abc").write_bytes(b"half")

    assert DirectoryMedium(tmp_path, name="disk").list("") == ()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("file:///mnt/offsite/a", "a"),
        ("file:///mnt/offsite/a/", "a"),
        ("file:///mnt/offsite/a#vault-2026", "vault-2026"),
        ("s3://bucket/prefix", "bucket"),
        ("s3://bucket#cloud", "cloud"),
    ],
)
def test_a_mediums_name_comes_from_its_url(url: str, name: str) -> None:
    assert medium_name(url) == name


@pytest.mark.integration
def test_a_bucket_without_object_lock_is_refused(s3_url: str, tmp_path: Path) -> None:
    prefix = f"{tmp_path.name}/out"
    medium = medium_of(f"s3://{BUCKET}/{prefix}", s3_endpoint_url=s3_url)

    with pytest.raises(ConfigurationError, match="Object Lock"):
        medium.put("one", b"x", locked_until=SOON)

    assert medium.list("") == ()


@pytest.mark.integration
def test_what_is_locked_is_not_deleted_by_whoever_holds_the_credentials(
    s3_url: str, tmp_path: Path
) -> None:
    """Twin: the same deletion of an object without lock succeeds."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - the attacker's

    s3, later = client_of(s3_url), dt.datetime.now(dt.UTC).date() + dt.timedelta(9)
    _bucket(s3_url, tmp_path).put("one", b"x", locked_until=later)
    key = f"{tmp_path.name}/one"
    version = s3.head_object(Bucket=LOCKED, Key=key)["VersionId"]
    free = s3.put_object(Bucket=LOCKED, Key=f"{key}-free", Body=b"x")["VersionId"]
    s3.delete_object(Bucket=LOCKED, Key=f"{key}-free", VersionId=free)

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=LOCKED, Key=key, VersionId=version)

    assert _bucket(s3_url, tmp_path).list("") == ("one",)
