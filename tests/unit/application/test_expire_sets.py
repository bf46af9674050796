"""Sets that policy keeps no longer leave a medium; the last good one never (R65)."""

import contextlib
import dataclasses
import datetime as dt
import hashlib

import pytest

from custody.application.copy_ledger import Trust
from custody.application.expire_sets import ExpireSets
from custody.application.full_sets import ReadFullSets
from custody.application.ports import PathVersion, Reached
from custody.crypto import signing
from custody.domain.full_set import FullSet, SetTable, manifest_path, write_manifest
from custody.errors import EvidenceError, WorldError
from tests.builders.certificates import PIN, signer
from tests.fakes.keys import FakeMedium
from tests.fakes.ledger import FakeLedger
from tests.fakes.world import FixedClock
from tests.faults.points import kill_points

TODAY = dt.date(2030, 6, 1)
PAST, AHEAD = TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=1)


def lay(
    disk: FakeMedium, name: str, *, until: dt.date, borrows: tuple[str, ...] = ()
) -> FullSet:
    """Lay a set of one data object and one table; it may need another's, too."""
    objects = {f"objects/full/{name}/000001.parquet.age": name.encode()}
    table = f"objects/full/{name}/register.serial.copy.age"
    for path, content in {**objects, table: b"table"}.items():
        disk.put(path, content, locked_until=until)
    needed = [*objects, *borrows]
    full = FullSet(
        dataset="customers",
        medium=disk.name,
        plan="",
        values=1,
        root=bytes(32),
        objects=tuple((path, _sha256(disk.read(path))) for path in needed),
        tables=(
            SetTable(
                name="register.serial",
                columns=("prefix",),
                rows=1,
                path=table,
                sha256=_sha256(b"table"),
            ),
        ),
        made_at=dt.datetime.strptime(name, "%Y%m%d").replace(tzinfo=dt.UTC),
        ledger="1:" + "00" * 32,
    )
    manifest = write_manifest(full, signer())
    disk.put(manifest_path(name), manifest, locked_until=until)
    return full


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


OLD, MIDDLE, NEW = "20260101", "20260201", "20290301"


@dataclasses.dataclass
class Room:
    """A disk with three sets, two of which are over, and who removes them."""

    disk: FakeMedium
    ledger: FakeLedger
    expire: ExpireSets

    def names(self) -> set[str]:
        """Return the sets whose manifest lies there."""
        return {one.name for one in self.expire.full_sets.listed(self.disk)}


@pytest.fixture
def room() -> Room:
    disk, ledger = FakeMedium("disk"), FakeLedger()
    for name, until in ((OLD, PAST), (MIDDLE, PAST), (NEW, AHEAD)):
        lay(disk, name, until=until)
    disk.put("full/README.md", b"how to restore", locked_until=PAST)
    noon = dt.datetime.combine(TODAY, dt.time(12), tzinfo=dt.UTC)
    expire = ExpireSets(
        media=[disk],
        full_sets=ReadFullSets(Trust(signing.verify_labelled, (PIN,))),
        ledger=ledger,
        clock=FixedClock(noon),
        dataset="customers",
        keep_at_least=1,
    )
    return Room(disk, ledger, expire)


def test_what_is_over_goes_with_its_objects_and_nothing_else(room: Room) -> None:
    assert room.expire() == {"disk": 6}

    assert room.names() == {NEW}
    assert room.disk.list("objects/") == room.disk.list(f"objects/full/{NEW}/")
    assert room.disk.read("full/README.md")
    assert room.expire() == {"disk": 0}
    assert [(one.kind, dict(one.body)) for one in room.ledger.entries] == [
        (
            "set_expiry_ordered",
            {"medium": "disk", "sets": [OLD, MIDDLE], "versions": 6},
        )
    ]


def test_the_newest_stay_however_old(room: Room) -> None:
    expire = dataclasses.replace(room.expire, keep_at_least=2)

    assert expire() == {"disk": 3}
    assert room.names() == {MIDDLE, NEW}


def test_what_is_locked_stays(room: Room) -> None:
    """On its last day, too."""
    room.disk.locks[manifest_path(OLD)] = TODAY

    room.expire()

    assert room.names() == {OLD, NEW}
    assert room.disk.list(f"objects/full/{OLD}/")


def test_an_object_that_a_later_set_needs_stays(room: Room) -> None:
    path = f"objects/full/{OLD}/000001.parquet.age"
    lay(room.disk, "20290401", until=AHEAD, borrows=(path,))

    room.expire()

    assert room.disk.list(f"objects/full/{OLD}/") == (path,)
    assert room.names() == {NEW, "20290401"}


def test_what_a_killed_backup_left_goes_when_its_lock_is_over(room: Room) -> None:
    room.disk.put("objects/full/half/000001.parquet.age", b"x", locked_until=PAST)
    room.disk.put("objects/full/new/000001.parquet.age", b"x", locked_until=AHEAD)

    room.expire()

    assert room.disk.list("objects/full/half/") == ()
    assert room.disk.list("objects/full/new/")


def test_a_manifest_that_is_not_believed_is_no_set_to_keep(room: Room) -> None:
    room.disk.put("full/forged.manifest", b"x\n", locked_until=AHEAD)
    room.disk.put("objects/full/forged/1", b"x", locked_until=PAST)

    room.expire()

    assert room.names() == {NEW, "forged"}
    assert room.disk.list("objects/full/forged/")


class _Short(FakeMedium):
    """A medium whose plain or complete listing comes back with less."""

    plain = complete = False

    def list(self, prefix: str) -> tuple[str, ...]:
        """Leave the first one out."""
        found = super().list(prefix)
        return found[1:] if self.plain and prefix == "full/" else found

    def versions(self, prefix: str) -> tuple[PathVersion, ...]:
        """Leave everything out."""
        if self.complete and prefix == "full/":
            return ()
        return tuple(
            PathVersion(path=path, locked_until=self.locks[path])
            for path in super().list(prefix)
        )


@pytest.mark.parametrize("short", ["plain", "complete", "both"])
def test_a_listing_that_is_empty_or_partial_lets_nothing_go(
    room: Room, short: str
) -> None:
    """Twin: the same medium, listed whole, lets both go."""
    disk = _Short("disk")
    disk.objects, disk.locks = room.disk.objects, room.disk.locks
    disk.plain, disk.complete = short != "complete", short != "plain"
    expire = dataclasses.replace(room.expire, media=[disk])
    before = dict(disk.objects)

    with pytest.raises(EvidenceError, match="disk: its listing"):
        expire()

    assert disk.objects == before
    assert not room.ledger.entries
    disk.plain = disk.complete = False
    assert expire() == {"disk": 6}


def test_nothing_goes_from_a_medium_without_a_set(room: Room) -> None:
    empty = FakeMedium("empty")
    empty.put("objects/full/half/1", b"x", locked_until=PAST)
    expire = dataclasses.replace(room.expire, media=[empty, room.disk])

    with pytest.raises(EvidenceError, match="empty: its listing"):
        expire()

    assert empty.objects
    assert room.names() == {NEW}, "one medium stops no other"


def test_what_left_before_a_medium_failed_is_told_and_no_other_is_stopped(
    room: Room,
) -> None:
    class Failing(FakeMedium):
        """Gone after two removals."""

        def remove(self, version: PathVersion, *, today: dt.date) -> bool:
            if len(self.objects) == 5:
                self.there = False
            return super().remove(version, today=today)

    failing = Failing("tape")
    for name, until in ((OLD, PAST), (MIDDLE, PAST), (NEW, AHEAD)):
        lay(failing, name, until=until)
    expire = dataclasses.replace(room.expire, media=[failing, room.disk])

    tape, disk = expire.each()

    assert (tape.medium, tape.count) == ("tape", 4)
    assert isinstance(tape.fault, WorldError)
    assert (disk.medium, disk.count, disk.fault) == ("disk", 6, None)
    with pytest.raises(WorldError, match="did not: tape: not there"):
        expire()  # of the world alone: Airflow asks again


@pytest.mark.parametrize("spoil", ["object", "manifest"])
def test_nothing_goes_while_the_newest_set_is_not_whole(room: Room, spoil: str) -> None:
    if spoil == "object":
        room.disk.objects[f"objects/full/{NEW}/register.serial.copy.age"] = b"x"
    else:
        for name in (OLD, MIDDLE, NEW):
            room.disk.objects[manifest_path(name)] = b"x\n"

    with pytest.raises(EvidenceError, match="not whole"):
        room.expire()

    assert room.names() == {OLD, MIDDLE, NEW}


def test_a_removal_that_ends_anywhere_leaves_whole_sets_and_goes_on(
    room: Room,
) -> None:
    """Every kill point, at its first and second visit; tested = found."""
    own = {"backup.expiry", "backup.remove"}
    points = [one for one in kill_points("backup.") if one.rpartition(".")[0] in own]
    for point in points:
        for visit in (1, 2):
            died = dataclasses.replace(room.expire, reached=_dying(point, visit))
            for name in (OLD, MIDDLE):
                if name not in room.names():
                    lay(room.disk, name, until=PAST)
            _end(died)
            for one in room.expire.full_sets.listed(room.disk):
                assert room.expire.full_sets.is_whole(room.disk, one)
            room.expire()
            assert room.names() == {NEW}
            assert len(room.disk.list("objects/")) == 2

    assert len(points) == 2 * len(own)


def _end(died: ExpireSets) -> None:
    """Let it end where it is to end; an order is told once, so not at all then."""
    with contextlib.suppress(_DiedError):
        died()


class _DiedError(Exception):
    """The process ends here."""


def _dying(point: str, visit: int) -> Reached:
    heard: list[str] = []

    def reached(step: str) -> None:
        heard.append(step)
        if step == point and heard.count(step) == visit:
            raise _DiedError

    return reached
