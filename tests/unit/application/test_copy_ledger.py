"""The ledger's copies: new lines and a signed head, and what they reveal."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from custody.application import copy_ledger
from custody.application.copy_ledger import (
    CopyLedger,
    Trust,
    copied_lines,
    newest_head,
)
from custody.application.ports import Entry
from custody.crypto import signing
from custody.domain.ledger import Signer, head_of, origin_of, write_line
from custody.domain.ledger_check import LedgerFault, fingerprint, verify_lines
from custody.domain.ledger_head import write_head
from custody.errors import EvidenceError
from tests.fakes.keys import FakeMedium
from tests.fakes.world import FixedClock

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
NOW = dt.datetime(2026, 11, 24, 3, 5, tzinfo=dt.UTC)


def signer(key: bytes = KEY) -> Signer:
    """Return a real signer."""
    return Signer(
        origin=origin_of(signing.public_key_of(key)),
        sign=lambda message: signing.sign_labelled(key, message),
    )


def trust(key: bytes = KEY) -> Trust:
    """Return trust in one key."""
    pin = fingerprint(signing.public_key_of(key))
    return Trust(signing.verify_labelled, [pin])


class Lines:
    """A ledger whose lines a test may take away or exchange."""

    def __init__(
        self, size: int = 0, *, key: bytes = KEY, kind: str = "loaded"
    ) -> None:
        self.stored: list[bytes] = []
        self.grow(size, key=key, kind=kind)

    def grow(
        self,
        count: int,
        *,
        key: bytes = KEY,
        kind: str = "loaded",
        at: dt.datetime = NOW,
    ) -> None:
        for _ in range(count):
            last = self.stored[-1] if self.stored else None
            entry = Entry(kind=kind, subject="s/2026-01-02/1", body={})
            self.stored.append(
                write_line(entry, last=last, moment=at, signer=signer(key))
            )

    def append(self, entry: Entry) -> int:
        raise NotImplementedError

    def lines(self, *, first: int = 1) -> Iterator[bytes]:
        yield from self.stored[first - 1 :]

    def last(self) -> bytes | None:
        return self.stored[-1] if self.stored else None


def copying(
    ledger: Lines, *media: FakeMedium, key: bytes = KEY, at: dt.datetime = NOW
) -> CopyLedger:
    """Return the use case over a ledger and media."""
    return CopyLedger(
        ledger=ledger,
        media=media,
        signer=signer(key),
        trust=trust(key),
        clock=FixedClock(at),
    )


def test_only_what_is_new_is_written_and_every_copy_is_whole() -> None:
    ledger, medium = Lines(3), FakeMedium("disk")

    assert copying(ledger, medium)() == {"disk": 3}
    first = dict(medium.objects)
    assert copying(ledger, medium)() == {"disk": 3}
    assert medium.objects == first
    ledger.grow(2)
    assert copying(ledger, medium)() == {"disk": 5}

    assert set(medium.objects) - set(first) == {
        "ledger/000000000004-000000000005.lines",
        "ledger/000000000005.head",
    }
    assert list(copied_lines(medium)) == ledger.stored
    assert newest_head(medium, trust()) == head_of(ledger.stored[-1])
    assert set(medium.locks.values()) == {NOW.date() + dt.timedelta(days=3 * 366)}


def test_an_empty_ledger_leaves_nothing() -> None:
    medium = FakeMedium("disk")

    assert copying(Lines(), medium)() == {"disk": 0}
    assert medium.objects == {}


def test_a_long_ledger_is_copied_in_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is that of one stretch."""
    monkeypatch.setattr(copy_ledger, "LINES_PER_OBJECT", 2)
    ledger, medium = Lines(5), FakeMedium("disk")

    copying(ledger, medium)()

    assert [path for path in sorted(medium.objects) if path.endswith(".lines")] == [
        "ledger/000000000001-000000000002.lines",
        "ledger/000000000003-000000000004.lines",
        "ledger/000000000005-000000000005.lines",
    ]
    assert list(copied_lines(medium)) == ledger.stored


def test_a_killed_copy_is_finished_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines without a head, also overlapping ones, are read once."""
    ledger, medium = Lines(3), FakeMedium("disk")
    copying(ledger, medium)()
    del medium.objects["ledger/000000000003.head"]
    monkeypatch.setattr(copy_ledger, "LINES_PER_OBJECT", 2)
    ledger.grow(1)

    assert copying(ledger, medium)() == {"disk": 4}
    assert list(copied_lines(medium)) == ledger.stored


def test_a_stretch_within_another_is_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger, medium = Lines(3), FakeMedium("disk")
    with monkeypatch.context() as patched:
        patched.setattr(copy_ledger, "LINES_PER_OBJECT", 2)
        copying(ledger, medium)()
    del medium.objects["ledger/000000000003.head"]
    copying(ledger, medium)()

    assert sorted(path for path in medium.objects if path.endswith(".lines")) == [
        "ledger/000000000001-000000000002.lines",
        "ledger/000000000001-000000000003.lines",
        "ledger/000000000003-000000000003.lines",
    ]
    assert list(copied_lines(medium)) == ledger.stored


def cut_short(ledger: Lines) -> None:
    del ledger.stored[2:]


def emptied(ledger: Lines) -> None:
    ledger.stored.clear()


def rolled_back_and_grown(ledger: Lines) -> None:
    del ledger.stored[2:]
    ledger.grow(9, kind="x")


def written_anew_by_its_signer(ledger: Lines) -> None:
    ledger.stored = Lines(9, kind="x").stored


ATTACKS: dict[Callable[[Lines], None], LedgerFault] = {
    cut_short: LedgerFault.TRUNCATED,
    emptied: LedgerFault.TRUNCATED,
    rolled_back_and_grown: LedgerFault.FORKED,
    written_anew_by_its_signer: LedgerFault.FORKED,
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_only_a_copy_reveals_is_refused_and_copies_stay(
    attack: Callable[[Lines], None],
) -> None:
    ledger, medium = Lines(5), FakeMedium("disk")
    copying(ledger, medium)()
    before, was = dict(medium.objects), list(ledger.stored)
    attack(ledger)

    with pytest.raises(EvidenceError, match=ATTACKS[attack]):
        copying(ledger, medium)()

    assert medium.objects == before
    assert list(copied_lines(medium)) == was


@pytest.mark.parametrize("attack", [one for one in ATTACKS if one is not emptied])
def test_twin_without_the_copy_such_a_ledger_holds(
    attack: Callable[[Lines], None],
) -> None:
    ledger = Lines(5)
    attack(ledger)

    verdict = verify_lines(
        ledger.stored, verify=signing.verify_labelled, pins=trust().pins
    )

    assert verdict.holds


def test_lines_that_do_not_hold_get_no_head() -> None:
    ledger, medium = Lines(3), FakeMedium("disk")
    copying(ledger, medium)()
    before = dict(medium.objects)
    ledger.grow(2, key=OTHER_KEY)

    with pytest.raises(EvidenceError, match="line 4"):
        copying(ledger, medium)()

    assert medium.objects == before


def test_a_head_of_a_stranger_is_not_believed() -> None:
    """A forged head on a medium neither hides a fork nor goes unnoticed."""
    ledger, medium = Lines(3), FakeMedium("disk")
    forged = write_head(head_of(Lines(9, key=OTHER_KEY).stored[-1]), signer(OTHER_KEY))
    medium.objects["ledger/000000000009.head"] = forged

    with pytest.raises(EvidenceError, match="trusted"):
        copying(ledger, medium)()


def test_a_head_replayed_under_another_name_is_refused() -> None:
    ledger, medium = Lines(3), FakeMedium("disk")
    copying(ledger, medium)()
    head = medium.objects["ledger/000000000003.head"]
    medium.objects["ledger/000000000009.head"] = head

    with pytest.raises(EvidenceError, match="another size"):
        copying(ledger, medium)()


def test_a_medium_that_fails_stops_no_other() -> None:
    ledger, bad, good = Lines(3), FakeMedium("bad"), FakeMedium("good")
    bad.flip = True

    with pytest.raises(EvidenceError, match=r"bad: .*other bytes"):
        copying(ledger, bad, good)()

    assert list(copied_lines(good)) == ledger.stored


def test_a_missing_stretch_is_told() -> None:
    ledger, medium = Lines(3), FakeMedium("disk")
    copying(ledger, medium)()
    ledger.grow(1)
    copying(ledger, medium)()
    del medium.objects["ledger/000000000001-000000000003.lines"]

    with pytest.raises(EvidenceError, match="line 1 is not on disk"):
        list(copied_lines(medium))


def test_a_line_that_is_a_day_old_and_nowhere_else_is_overdue() -> None:
    ledger, medium, behind = Lines(), FakeMedium("disk"), FakeMedium("behind")
    ledger.grow(1, at=NOW)
    day = dt.timedelta(hours=24)
    copying(ledger, medium, behind)()
    ledger.grow(1, at=NOW)
    copying(ledger, medium)()

    assert copying(ledger, medium, behind, at=NOW + day).overdue() == ()
    late = copying(ledger, medium, behind, at=NOW + day + dt.timedelta(seconds=1))
    assert late.overdue() == ("behind",)
