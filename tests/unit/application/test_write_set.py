"""A set is signed when all that it needs was seen on that very medium, else never."""

import contextlib
import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence

import polars as pl
import pytest

from custody.adapters.ahead import one_ahead
from custody.application.back_up import BackUp
from custody.application.copy_ledger import CopyLedger, Trust, copied_lines
from custody.application.full_sets import ReadFullSets
from custody.application.keys import escrow_path
from custody.application.ports import Entry, StoredObject
from custody.application.ports.backup import Offered, Pieces, TableOf
from custody.application.write_set import WriteSet
from custody.crypto import signing
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId
from custody.domain.full_set import manifest_path
from custody.domain.intake_days import KnownDelivery
from custody.domain.language import Text
from custody.domain.ledger import read_line, write_line
from custody.errors import EvidenceError, WorldError
from tests.builders.certificates import PIN, signer
from tests.builders.policies import policy_with
from tests.fakes.keys import FakeMedium
from tests.fakes.ledger import FakeLedger
from tests.fakes.world import FixedClock

NOW = dt.datetime(2026, 11, 29, 21, tzinfo=dt.UTC)
EPOCHS = ("live/high/1", "index/-/1", str(FIELD_ROOT), str(SUPPRESSION_ROOT))
UNTIL = dt.date(2030, 1, 1)
TAG = "a1" * 8
NAME = f"20261129-{'00' * 8}"


class Snapshot:
    """Both databases at one moment: one value that waits, and one table."""

    taken_at = NOW

    def __init__(self, lines: list[bytes], *, wrapped: bytes | None = b"\x06") -> None:
        self.lines = lines
        self.key = wrapped

    @contextlib.contextmanager
    def taken(self) -> Iterator["Snapshot"]:
        """Hold it."""
        yield self

    def ledger(self) -> Iterator[bytes]:
        """Yield the lines."""
        return iter(self.lines)

    def deliveries(self) -> Iterator[KnownDelivery]:
        """Yield one that is on its way."""
        yield KnownDelivery(source_id="s", business_date=NOW.date(), owed=True)

    def destroyed(self) -> frozenset[str]:
        """Nothing was."""
        return frozenset()

    def index_epochs(self) -> tuple[int, ...]:
        """Return the first."""
        return (1,)

    def values(self) -> Iterator[pl.DataFrame]:
        """Yield one value."""
        yield pl.DataFrame(
            {
                "handle": [bytes(16)],
                "customer": pl.Series([None], dtype=pl.String),
                "version": pl.Series([None], dtype=pl.Int32),
                "level": ["high"],
                "sealed": [b"\x04"],
                "digest": [bytes(32)],
                "key_id": [b"\x03" * 32],
                "state": ["held"],
                "business_date": [NOW.date()],
                "delivery_id": pl.Series([None], dtype=pl.String),
                "sealed_digest": [b"\x07" * 32],
            }
        )

    def wrapped(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return the key of the value, if it has one."""
        rows = [(one, "high", "live/high/1", b"\x03" * 32, self.key) for one in handles]
        names = ("handle", "level", "epoch", "key_id", "wrapped")
        return pl.DataFrame(rows, schema=names, orient="row")

    def between(self, first: bytes, last: bytes, *, most: int) -> pl.DataFrame:
        """Return nobody's: the one value waits."""
        raise AssertionError(first, last, most)

    def tables(self) -> tuple[TableOf, ...]:
        """Return one."""
        return (TableOf("register.serial", ("prefix", "last")),)

    def copy(self, _table: TableOf) -> Iterator[bytes]:
        """Yield one row."""
        yield b"XX\t1\n"


class Objects:
    """Writes to fake media, in plain; a medium of `broken` takes nothing."""

    def __init__(self, media: Sequence[FakeMedium], broken: str = "") -> None:
        self.media = {one.name: one for one in media}
        self.broken = broken

    def values(
        self,
        name: str,
        frame: pl.DataFrame,
        *,
        media: Sequence[str],
        locked_until: dt.date,
    ) -> Offered:
        """Write the frame's text."""
        return self._put(name, str(frame).encode(), media, locked_until)

    def table(
        self, name: str, pieces: Pieces, *, media: Sequence[str], locked_until: dt.date
    ) -> Offered:
        """Write the pieces."""
        return self._put(name, b"".join(pieces()), media, locked_until)

    def _put(
        self, name: str, content: bytes, media: Sequence[str], until: dt.date
    ) -> Offered:
        path = f"objects/{name}"
        stored = {}
        for medium in media:
            if medium != self.broken:
                self.media[medium].put(path, content, locked_until=until)
                sha256 = hashlib.sha256(content).hexdigest()
                stored[medium] = StoredObject(medium=medium, path=path, sha256=sha256)
        faults = {one: Text("满", "full") for one in media if one == self.broken}
        return Offered(stored=stored, faults=faults, rows=1)


class OwnLedger(FakeLedger):
    """Lines that a pinned key has signed."""

    def __init__(self) -> None:
        super().__init__()
        self.copied = False
        self.signed = [
            write_line(
                Entry(kind="admitted", subject="d", body={}),
                last=None,
                moment=NOW,
                signer=signer(),
            )
        ]

    def append(self, entry: Entry) -> int:
        """Remember it, as a line too if it is to be copied."""
        self.entries.append(entry)
        if self.copied:
            last = self.signed[-1]
            self.signed.append(
                write_line(entry, last=last, moment=NOW, signer=signer())
            )
        return len(self.signed)

    def lines(self, *, first: int = 1) -> Iterator[bytes]:
        """Yield them."""
        yield from self.signed[first - 1 :]


@dataclasses.dataclass
class Room:
    """A backup to two media, and what stands around it."""

    disk: FakeMedium
    tape: FakeMedium
    ledger: OwnLedger
    back_up: BackUp

    @property
    def sets(self) -> ReadFullSets:
        """What reads sets back."""
        return ReadFullSets(Trust(signing.verify_labelled, (PIN,)))

    def on(self, medium: FakeMedium) -> list[str]:
        """Return the whole sets of a medium."""
        listed = self.sets.listed(medium)
        return [one.name for one in listed if self.sets.is_whole(medium, one)]

    def but(self, **changes: object) -> BackUp:
        """Return the backup with other parts under it."""
        write = dataclasses.replace(self.back_up.write_set, **changes)  # type: ignore[arg-type]
        return dataclasses.replace(self.back_up, write_set=write)


@pytest.fixture
def room() -> Room:
    disk, tape, ledger = FakeMedium("disk"), FakeMedium("tape"), OwnLedger()
    for medium in (disk, tape):
        for name in EPOCHS:
            path = escrow_path(EpochId.parse(name), b"escrow", TAG)
            medium.put(path, b"escrow", locked_until=UNTIL)
    clock = FixedClock(NOW)
    snapshot = Snapshot(ledger.signed)
    write = WriteSet(
        dataset="customers",
        rows=snapshot,
        keys=snapshot,
        objects=Objects([disk, tape]),
        media=[disk, tape],
        tags={"disk": TAG, "tape": TAG},
        copy_ledger=CopyLedger(
            ledger=ledger,
            media=[disk, tape],
            signer=signer(),
            trust=Trust(signing.verify_labelled, (PIN,)),
            clock=clock,
        ),
        signer=signer(),
        clock=clock,
        lock_days=400,
    )
    made = BackUp(
        policy=policy_with("example"),
        write_set=write,
        exclusively=contextlib.nullcontext,
        ledger=ledger,
        clock=clock,
        entropy=bytes,
    )
    return Room(disk, tape, ledger, made)


def test_a_set_lies_on_every_medium_and_is_told(room: Room) -> None:
    written = room.back_up()

    assert room.on(room.disk) == room.on(room.tape) == [NAME]
    assert (written.values, written.rows, written.faults) == (1, 2, {})
    assert [one.kind for one in room.ledger.entries] == ["backed_up"]
    assert room.disk.locks[manifest_path(NAME)] == dt.date(2028, 1, 3)
    assert room.disk.list("ledger/")
    (listed,) = room.sets.listed(room.disk)
    assert listed.full is not None
    assert set(listed.full.epochs) == set(EPOCHS)


def test_pages_that_come_ahead_make_the_same_set(room: Room) -> None:
    """A page that has no key ends it, wherever it was found."""
    assert room.but(ahead=one_ahead)().root == room.back_up().root

    keyless = Snapshot(room.ledger.signed, wrapped=None)
    with pytest.raises(EvidenceError, match="no key record"):
        room.but(ahead=one_ahead, rows=keyless, keys=keyless)()


def test_a_medium_that_takes_no_object_is_left_out_and_told(room: Room) -> None:
    broken = room.but(objects=Objects([room.disk, room.tape], broken="disk"))
    room.ledger.copied = True

    with pytest.raises(EvidenceError, match="not on every medium: disk: full"):
        broken.everywhere()

    assert room.on(room.tape) == [NAME]
    *_, told = copied_lines(room.tape)
    assert read_line(told).kind == "backed_up"
    assert not room.disk.list("objects/")
    assert room.ledger.entries[0].body["failed"] == ["disk"]


def test_no_medium_at_all_is_no_backup(room: Room) -> None:
    with pytest.raises(EvidenceError, match="no medium"):
        room.but(media=[]).everywhere()

    assert not room.ledger.entries


def test_a_medium_without_an_escrow_is_left_out(room: Room) -> None:
    del room.tape.objects[escrow_path(EpochId.parse("live/high/1"), b"escrow", TAG)]

    assert "live/high/1" in room.back_up().faults["tape"].en
    assert room.on(room.disk) == [NAME]
    assert not room.tape.list("full/")


def test_an_object_that_is_gone_before_the_manifest_is_found(room: Room) -> None:
    def lose(step: str) -> None:
        if step == "backup.ledger.after":
            for path in room.disk.list("objects/"):
                room.disk.objects.pop(path)

    assert "others" in room.but(reached=lose)().faults["disk"].en
    assert not room.disk.list("full/")


def test_a_manifest_that_reads_otherwise_is_told(room: Room) -> None:
    def spoil(step: str) -> None:
        if step == "backup.manifest.after":
            room.disk.objects[manifest_path(NAME)] = b"x\n"

    assert "otherwise" in room.but(reached=spoil)().faults["disk"].en
    assert room.on(room.tape) == [NAME]


def test_a_value_without_a_key_ends_it(room: Room) -> None:
    snapshot = Snapshot(room.ledger.signed, wrapped=None)

    with pytest.raises(EvidenceError, match="no key record"):
        room.but(rows=snapshot, keys=snapshot)()

    assert not room.disk.list("full/")


@pytest.mark.parametrize("lines", [[], [b"no line"]])
def test_a_ledger_that_does_not_hold_ends_it(room: Room, lines: list[bytes]) -> None:
    with pytest.raises(EvidenceError, match="the ledger"):
        room.but(rows=Snapshot(lines))()

    assert not room.disk.list("full/")


def test_a_load_that_is_not_there_ends_it(room: Room) -> None:
    loaded = write_line(
        Entry(kind="loaded", subject="d", body={"root": "00" * 32, "values": 1}),
        last=room.ledger.signed[0],
        moment=NOW,
        signer=signer(),
    )
    before = write_line(
        Entry(kind="backed_up", subject="customers", body={"set": "before"}),
        last=loaded,
        moment=NOW,
        signer=signer(),
    )
    room.ledger.signed += [loaded, before]

    with pytest.raises(EvidenceError, match=r"contradicts the ledger.*: d"):
        room.back_up()

    assert not room.disk.list("full/")


def test_a_day_without_a_delivery_is_named_once_and_what_is_owed_until_it_is_done(
    room: Room,
) -> None:
    """Days are asked for since the last backup; a delivery has been in none of them."""
    source = room.back_up.policy.sources[0]
    silent = dataclasses.replace(source, expected_by=dt.time(9))
    policy = dataclasses.replace(room.back_up.policy, sources=(silent,))
    back_up = dataclasses.replace(room.back_up, policy=policy)
    later = back_up.clock
    assert isinstance(later, FixedClock)
    later.moment += dt.timedelta(days=1)
    nothing = f"{source.source_id} 2026-11-29"
    assert {"s 2026-11-29", nothing} <= set(back_up().missing)
    later.moment += dt.timedelta(days=1)
    before = write_line(
        Entry(kind="backed_up", subject="customers", body={"set": "before"}),
        last=room.ledger.signed[0],
        moment=later.moment,
        signer=signer(),
    )
    room.ledger.signed.append(before)
    later.moment += dt.timedelta(days=2)

    missing = back_up().missing

    assert "s 2026-11-29" in missing
    assert nothing not in missing
    assert f"{source.source_id} 2026-12-02" in missing


def test_a_world_that_fails_is_named_as_the_medium_named_it(room: Room) -> None:
    class Silent(FakeMedium):
        def list(self, prefix: str) -> tuple[str, ...]:
            raise WorldError(f"{self.name}: {prefix}: silent")

    silent = Silent("tape")
    found = room.but(media=[room.disk, silent])()

    assert found.faults["tape"].en.endswith(": silent")
    assert [one.medium for one in found.seen] == ["disk"]
