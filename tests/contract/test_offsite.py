"""What every off-site medium promises, the fake, the directory, S3 over HTTP."""

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from custody.adapters import offsite
from custody.adapters.disk_label import LABEL
from custody.adapters.object_lock import LockingBucket
from custody.adapters.offsite import DirectoryMedium, medium_name
from custody.adapters.offsite_bucket import BucketMedium
from custody.adapters.stores import medium_of, remover_of
from custody.application.ports import Offsite, PathVersion
from custody.errors import (
    ConfigurationError,
    ConflictError,
    EvidenceError,
    WorldError,
)
from tests.builders.disks import disk_at
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
        "directory": lambda: disk_at(tmp_path / "disk"),
    }
    return made[request.param]()


def _bucket(endpoint: str, folder: Path) -> BucketMedium:
    url = f"s3://{LOCKED}/{folder.name}#disk"
    medium = medium_of(url, s3_endpoint_url=endpoint)
    assert isinstance(medium, BucketMedium)
    return medium


@pytest.fixture
def remover(
    medium: Locked, request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[], Offsite]:
    """The same medium, as who may remove."""
    if not isinstance(medium, BucketMedium):
        return lambda: medium
    return lambda: _remover(request.getfixturevalue("s3_url"), tmp_path)


def _remover(endpoint: str, folder: Path) -> Offsite:
    """A profile of its own, in a credentials file of its own."""
    credentials = folder / "aws-credentials"
    credentials.write_text(
        "[wiper]\naws_access_key_id = invented\naws_secret_access_key = invented\n",
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
        return remover_of(
            f"s3://{LOCKED}/{folder.name}?remover=wiper#disk", s3_endpoint_url=endpoint
        )


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
    [
        *("", "/etc/x", "../x", "a/../../x", "a//b", "./a", "a.lock", ".unfinished-x"),
        LABEL,
    ],
)
def test_a_name_leads_nowhere_else(tmp_path: Path, path: str) -> None:
    disk = disk_at(tmp_path / "disk")

    with pytest.raises(ValueError, match="name"):
        disk.put(path, b"x", locked_until=SOON)

    assert [one.name for one in tmp_path.rglob("*")] == ["disk", LABEL]


def test_a_damaged_lock_is_evidence(tmp_path: Path) -> None:
    disk = disk_at(tmp_path)
    disk.put("one", b"x", locked_until=SOON)
    for wrong in ("", "2026-04-01", "custody/lock/1 2026-99-01\n"):
        (tmp_path / "one.lock").write_text(wrong, "utf-8")
        with pytest.raises(EvidenceError):
            disk.locked_until("one")


def test_what_a_killed_writer_left_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / ".unfinished-abc").write_bytes(b"half")

    assert disk_at(tmp_path).list("") == ()


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


# --- complete listings, and what is removed for good ---------------------------

PAST = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=2)
TODAY = dt.datetime.now(dt.UTC).date()
AHEAD = TODAY + dt.timedelta(days=2)


def test_a_complete_listing_tells_paths_and_locks(medium: Locked) -> None:
    medium.put("b/two", b"x", locked_until=AHEAD)
    medium.put("a/one", b"x", locked_until=AHEAD)

    found = medium.versions("")

    assert [(one.path, one.marker, one.locked_until) for one in found] == [
        ("a/one", False, AHEAD),
        ("b/two", False, AHEAD),
    ]
    assert [one.path for one in medium.versions("b/")] == ["b/two"]
    assert medium.versions("c") == ()


def test_what_is_locked_is_not_removed(
    medium: Locked, remover: Callable[[], Offsite]
) -> None:
    """On its last day, too."""
    medium.put("a/one", b"one", locked_until=AHEAD)
    (found,) = medium.versions("a/")

    assert not remover().remove(found, today=TODAY)
    assert not remover().remove(found, today=AHEAD)

    assert medium.read("a/one") == b"one"
    assert medium.versions("a/") == (found,)


def test_a_removal_takes_one_object_for_good_and_leaves_its_neighbours(
    request: pytest.FixtureRequest, medium: Locked, remover: Callable[[], Offsite]
) -> None:
    """The lock of a bucket is its own clock's, so its object has none here."""
    medium.put("a/other", b"other", locked_until=AHEAD)
    if isinstance(medium, BucketMedium):
        client_of(request.getfixturevalue("s3_url")).put_object(
            Bucket=LOCKED, Key=medium._key("a/one"), Body=b"one"
        )
    else:
        medium.put("a/one", b"one", locked_until=PAST)
    found, _ = medium.versions("a/")

    assert remover().remove(found, today=TODAY)
    assert remover().remove(found, today=TODAY)

    assert [one.path for one in medium.versions("")] == ["a/other"]
    with pytest.raises(KeyError):
        medium.read("a/one")


def test_a_disk_that_is_not_mounted_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(WorldError):
        DirectoryMedium(tmp_path / "gone", name="disk").versions("escrow/")

    fake = FakeMedium("disk")
    fake.there = False
    with pytest.raises(WorldError):
        fake.versions("escrow/")


def test_a_folder_that_cannot_be_read_ends_the_listing(tmp_path: Path) -> None:
    """A link that leads round in a circle stands for one: root may read everything."""
    (tmp_path / "escrow").symlink_to(tmp_path / "escrow")

    with pytest.raises(OSError, match="symbolic"):
        list(offsite._walk(tmp_path / "escrow"))


def test_what_a_killed_writer_or_remover_left_is_listed_and_removed(
    tmp_path: Path,
) -> None:
    """Half of an escrow may be a whole one; a lock alone is a name."""
    disk = disk_at(tmp_path)
    disk.put("e/one", b"secret", locked_until=PAST)
    (tmp_path / "e" / "one").unlink()
    (tmp_path / "e" / ".unfinished-x").write_bytes(b"secret")

    found = disk.versions("e/")

    assert [(one.path, one.marker) for one in found] == [
        ("e/.unfinished-x", False),
        ("e/one.lock", True),
    ]
    assert all(disk.remove(one, today=TODAY) for one in found)
    assert disk.versions("") == ()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [LABEL]


def test_a_removal_on_a_folder_overwrites_first(tmp_path: Path) -> None:
    """A second name of the same file sees the bytes go (R71)."""
    disk = disk_at(tmp_path / "disk")
    disk.put("one", b"secret", locked_until=PAST)
    (tmp_path / "second").hardlink_to(tmp_path / "disk" / "one")
    (found,) = disk.versions("one")

    assert disk.remove(found, today=TODAY)

    assert disk.overwrites
    assert (tmp_path / "second").read_bytes() == bytes(6)


def test_no_path_of_a_version_leads_elsewhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"x")
    disk = disk_at(tmp_path / "disk")
    disk.put("one", b"x", locked_until=PAST)

    assert disk.remove(PathVersion(path="../outside"), today=TODAY)

    assert outside.read_bytes() == b"x"


@pytest.mark.integration
def test_a_bucket_lists_old_versions_and_delete_markers(
    s3_url: str, tmp_path: Path
) -> None:
    """The twin, a plain listing, shows nothing of them."""
    medium, s3 = _bucket(s3_url, tmp_path), client_of(s3_url)
    medium.put("one", b"x", locked_until=AHEAD)
    s3.delete_object(Bucket=LOCKED, Key=f"{tmp_path.name}/one")

    found = medium.versions("")

    assert medium.list("") == ()
    assert sorted((one.path, one.marker, one.locked_until) for one in found) == [
        ("one", False, AHEAD),
        ("one", True, None),
    ]
    marker = next(one for one in found if one.marker)
    assert _remover(s3_url, tmp_path).remove(marker, today=TODAY)
    assert not medium.overwrites
    assert medium.list("") == ("one",)


@pytest.mark.integration
def test_a_bucket_is_listed_to_its_end(s3_url: str, tmp_path: Path) -> None:
    """Page after page; a version's own versions part two pages, too."""
    s3, prefix = client_of(s3_url), f"{tmp_path.name}/"
    for at in range(3):
        for _ in range(3):
            s3.put_object(Bucket=LOCKED, Key=f"{prefix}{at}", Body=b"x")
    bucket = LockingBucket(LOCKED, s3=s3)

    in_pages = bucket.versions(prefix, at_once=2)

    assert len({(one.key, one.version) for one in in_pages}) == len(in_pages) == 9
    assert set(in_pages) == set(bucket.versions(prefix))


class _Stub:
    """An object store that answers what it was given."""

    def __init__(self, *pages: dict[str, object]) -> None:
        self._pages = list(pages)

    def list_object_versions(self, **_: object) -> dict[str, object]:
        """Return the next answer, the last for ever."""
        return self._pages.pop(0) if len(self._pages) > 1 else self._pages[0]


@pytest.mark.parametrize(
    "pages",
    [
        ({},),
        ({"IsTruncated": True},),
        ({"IsTruncated": True, "NextKeyMarker": "a"},),
        ({"IsTruncated": True, "NextKeyMarker": "a"}, {"NextKeyMarker": ""}),
    ],
)
def test_a_listing_that_ends_early_is_no_answer(
    pages: tuple[dict[str, object], ...],
) -> None:
    """Twin: the same answers, said to be whole, are believed."""
    with pytest.raises(WorldError, match="early"):
        LockingBucket("any", s3=_Stub(*pages)).versions("")

    assert LockingBucket("any", s3=_Stub({"IsTruncated": False})).versions("") == ()


@pytest.mark.integration
def test_only_the_remover_removes_from_a_bucket(s3_url: str, tmp_path: Path) -> None:
    medium = _bucket(s3_url, tmp_path)
    medium.put("one", b"x", locked_until=PAST)
    (found,) = medium.versions("")

    for url in (f"s3://{LOCKED}/x#disk", f"s3://{LOCKED}/x?remover=nobody#disk"):
        with pytest.raises(ConfigurationError):
            remover_of(url, s3_endpoint_url=s3_url).remove(found, today=TODAY)
    with pytest.raises(ConfigurationError, match="remover"):
        medium.remove(found, today=TODAY)

    assert medium.list("") == ("one",)


@pytest.mark.parametrize("query", ["remover=", "reader=x", "remover=x&more=y"])
def test_a_bucket_is_written_in_one_way(query: str) -> None:
    for made in (medium_of, remover_of):
        with pytest.raises(ConfigurationError, match="remover=PROFILE"):
            made(f"s3://bucket/prefix?{query}#disk")
