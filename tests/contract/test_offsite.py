"""What every off-site medium promises, the fake and the directory."""

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from custody.adapters.offsite import DirectoryMedium, medium_name
from custody.application.ports import Offsite
from custody.errors import ConflictError, EvidenceError
from tests.fakes.keys import FakeMedium

SOON, LATER = dt.date(2026, 4, 1), dt.date(2026, 5, 1)


class Locked(Offsite, Protocol):
    """A medium that tells its locks."""

    def locked_until(self, path: str) -> dt.date:
        """Return the last day."""


@pytest.fixture(params=["fake", "directory"])
def medium(request: pytest.FixtureRequest, tmp_path: Path) -> Locked:
    made: dict[str, Callable[[], Locked]] = {
        "fake": lambda: FakeMedium("disk"),
        "directory": lambda: DirectoryMedium(tmp_path / "disk", name="disk"),
    }
    return made[request.param]()


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
