"""Verify names what is not as it was: set, page, escrow, ledger, delivery (R65)."""

import datetime as dt
import hashlib

import pytest

from custody.application.copied_ledger import CopiedLedger
from custody.application.keys import escrow_path
from custody.application.readme import readme_path
from custody.application.verify_media import VerifyMedia
from custody.crypto import signing
from custody.domain.epochs import EpochId
from custody.domain.full_set import FullSet, write_manifest
from custody.domain.ledger import head_of
from custody.domain.ledger_head import write_head
from tests.fakes.keys import FakeMedium
from tests.unit.application.test_copy_ledger import Lines, copying, signer, trust

HIGH = EpochId.parse("live/high/1")
UNTIL = dt.date(2030, 1, 1)
VALUES = "objects/full/s/000001.parquet.age"
FIRST, SECOND = "ledger/000000000001-000000000003.lines", "ledger/000000000004-"
HEAD = "ledger/000000000003.head"


def digest(content: bytes) -> str:
    """Return a SHA-256, in hex."""
    return hashlib.sha256(content).hexdigest()


def disk(ledger: Lines | None = None, *, size: int = 3) -> FakeMedium:
    """Return a medium with a set, a page, an escrow and two stretches of ledger."""
    medium, lines = FakeMedium("disk"), ledger or Lines(3)
    copying(lines, medium)()
    lines.grow(2)
    copying(lines, medium)()
    full = FullSet(
        dataset="customers",
        medium="disk",
        plan="",
        values=1,
        root=bytes(32),
        objects=((VALUES, digest(b"values")),),
        made_at=dt.datetime(2026, 11, 29, tzinfo=dt.UTC),
        ledger=f"{size}:" + "00" * 32,
    )
    medium.objects |= {
        VALUES: b"values",
        "full/s.manifest": write_manifest(full, signer()),
        readme_path(b"page"): b"page",
        escrow_path(HIGH, b"sealed", "a1" * 8): b"sealed",
    }
    return medium


def faults(medium: FakeMedium, name: str = "") -> dict[str, str]:
    """Return what verify says, path -> fault."""
    found = VerifyMedia(media=(medium,), trust=trust())(name)
    return dict(fault for one in found for fault in one.faults)


def test_what_is_whole_holds() -> None:
    found = list(VerifyMedia(media=(disk(),), trust=trust())())

    assert [(one.name, one.holds) for one in found] == [("s", True), ("", True)]
    assert [one.name for one in VerifyMedia(media=(disk(),), trust=trust())("s")] == [
        "s"
    ]
    assert not list(VerifyMedia(media=(disk(),), trust=trust())("none"))


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (VALUES, "other"),
        ("full/s.manifest", "untrusted"),
        (readme_path(b"page"), "other"),
        (escrow_path(HIGH, b"sealed", "a1" * 8), "other"),
        (FIRST, "other"),
        (HEAD, "other"),
    ],
)
def test_another_byte_is_named(path: str, fault: str) -> None:
    medium = disk()
    medium.objects[path] = bytes((medium.objects[path][0] ^ 1,)) + b"x"

    assert faults(medium) == {path: fault}


def test_an_escrow_of_nobody_is_named() -> None:
    medium = disk()
    medium.objects["escrow/x"] = b"sealed"

    assert faults(medium) == {"escrow/x": "other"}


def test_a_stretch_that_is_gone_is_missing() -> None:
    """Twin: a stretch that a later one covers is not missed."""
    medium = disk()
    content = medium.objects.pop(FIRST)
    assert faults(medium) == {"ledger/000000000003": "missing"}

    second = next(path for path in medium.objects if path.startswith(SECOND))
    whole = content + medium.objects.pop(second)
    medium.objects["ledger/000000000001-000000000005.lines"] = whole
    medium.objects[FIRST] = content
    assert faults(medium) == {}


def test_a_ledger_that_was_cut_at_its_end_is_missing() -> None:
    """Twin: without a set that tells its size it looks like a young one."""
    medium, young = disk(size=5), disk(size=3)
    for one in (medium, young):
        for path in [path for path in one.objects if "00005" in path]:
            del one.objects[path]

    assert faults(medium) == {"ledger/000000000005": "missing"}
    assert faults(young) == {}


def test_a_head_whose_lines_are_gone_misses_them() -> None:
    medium = disk()
    for path in [one for one in medium.objects if one.startswith(SECOND)]:
        del medium.objects[path]

    assert faults(medium) == {"ledger/000000000005": "missing"}


def test_lines_of_another_ledger_are_not_the_next_ones() -> None:
    """Each stretch holds by itself; together they do not."""
    medium, other = disk(), disk(Lines(3, kind="sealed"))
    second = next(path for path in medium.objects if path.startswith(SECOND))
    medium.objects[second] = other.objects[second]
    assert faults(medium) == {second: "other"}

    medium = disk()
    medium.objects[HEAD] = other.objects[HEAD]
    assert faults(medium) == {HEAD: "other"}


@pytest.mark.parametrize("ending", [b"", b"\r\n", b"\n\n", b"\r"])
def test_a_head_ends_as_custody_writes_it(ending: bytes) -> None:
    medium = disk()
    medium.objects[HEAD] = medium.objects[HEAD].rstrip() + ending

    assert faults(medium) == {HEAD: "other"}


def test_a_head_under_another_name_is_none() -> None:
    lines = Lines(3)
    medium = disk(lines)
    head = head_of(lines.stored[1])
    medium.objects[HEAD] = write_head(head, signer()) + b"\n"

    assert faults(medium) == {HEAD: "other"}


def test_what_nobody_signed_here_is_none() -> None:
    ledger = CopiedLedger(disk(), trust(bytes(32)))

    assert list(ledger.lines()) == []
    assert {fault for _, fault in ledger.faults} == {"other"}
    assert signing.verify_labelled is ledger.trust.verify


def test_a_medium_on_which_nobody_can_look_stops_no_other() -> None:
    gone, there = FakeMedium("gone"), disk()
    gone.there = False

    found = list(VerifyMedia(media=(gone, there), trust=trust())())

    assert [one.holds for one in found if one.medium == "gone"] == [False]
    assert "not there" in str(found[0].why)
    assert all(one.holds for one in found[1:])
