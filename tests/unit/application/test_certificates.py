"""Certificates are kept once; escrows leave in order; closing is seen (R71, R72)."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from custody.application.certify import KeepCertificate
from custody.application.closing import Closed, CloseDestructions
from custody.application.escrow_removal import (
    ListEscrows,
    RemoveEscrows,
    epoch_of,
)
from custody.application.keys import escrow_path
from custody.application.ports import Entry
from custody.application.ports.certificates import KeptCertificate
from custody.application.receipts import MakeReceipt, NoReceipt
from custody.crypto import signing
from custody.domain.certificate import DestructionCertificate
from custody.domain.certificate_check import judge_certificate, judge_receipt
from custody.domain.certificate_form import read_certificate
from custody.domain.epochs import FIELD_ROOT, EpochId
from custody.domain.observations import Copy
from custody.errors import EvidenceError, WorldError
from tests.builders.certificates import (
    ANNEX,
    INDEX,
    ISSUED,
    LATER,
    LIVE,
    LOCKED_UNTIL,
    MEDIA,
    PEOPLE,
    PIN,
    TAG,
    certificate,
    closing_certificate,
    destruction,
    signer,
)
from tests.fakes.certificates import FakeCertificateBook, FakeFullSets, FakeSalts
from tests.fakes.keys import FakeKeyProvider, FakeMedium
from tests.fakes.ledger import FakeLedger
from tests.fakes.world import FixedClock

NEXT = EpochId.parse("live/high/2")
PLAN = "11" * 32


@dataclass
class Yard:
    """An installation after a destruction: the old epochs' escrows are still there."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(LATER))
    book: FakeCertificateBook = field(default_factory=FakeCertificateBook)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    sets: FakeFullSets = field(default_factory=FakeFullSets)
    quarantined: list[dt.date | None] = field(default_factory=list)
    media: tuple[FakeMedium, ...] = ()

    def __post_init__(self) -> None:
        """Put every escrow on every medium; destroy two epochs."""
        self.media = tuple(FakeMedium(name) for name in MEDIA)
        self.provider = FakeKeyProvider(self.clock)
        for epoch in (LIVE, INDEX, NEXT, FIELD_ROOT):
            self.provider.create(epoch)
            for medium in self.media:
                sealed = f"{medium.name} {epoch}".encode()
                medium.put(
                    escrow_path(epoch, sealed, TAG), sealed, locked_until=LOCKED_UNTIL
                )
        for medium in self.media:
            self.sets.there.add((medium.name, "55" * 32))
        self.clock.moment = ISSUED
        for epoch in (LIVE, INDEX):
            self.provider.destroy(epoch)
        self.clock.moment = LATER
        self.ledger.append(Entry(kind="admitted", subject="x", body={}))

    @property
    def keep(self) -> KeepCertificate:
        """Sign and keep."""
        return KeepCertificate(
            book=self.book, signer=signer(), verify=signing.verify_labelled
        )

    @property
    def listing(self) -> ListEscrows:
        """Look at a medium."""
        return ListEscrows(provider=self.provider, clock=self.clock)

    @property
    def remove(self) -> RemoveEscrows:
        """Remove what may go."""
        return RemoveEscrows(
            media=self.media,
            listing=self.listing,
            book=self.book,
            full_sets=self.sets,
            ledger=self.ledger,
            clock=self.clock,
            dataset="customers",
        )

    def close(self) -> tuple[Closed, ...]:
        """Close what can be closed."""
        return CloseDestructions(
            book=self.book,
            media=self.media,
            listing=self.listing,
            quarantined=lambda: self.quarantined,
            ledger=self.ledger,
            keep=self.keep,
            clock=self.clock,
        )()

    def told(self) -> list[str]:
        """Return the reasons why the one destruction is not closed."""
        (one,) = self.close()
        return [str(reason) for reason in one.reasons]


@pytest.fixture
def yard() -> Yard:
    yard = Yard()
    yard.keep(certificate(), ANNEX)
    return yard


# --- keeping -------------------------------------------------------------------


def test_a_certificate_is_kept_once_and_told(yard: Yard) -> None:
    again = dataclasses.replace(certificate(), issued_at=LATER)

    first, second = yard.keep(certificate(), ANNEX), yard.keep(again, ANNEX)

    (kept,) = yard.book.kept
    assert first == second == kept.certificate_id
    assert judge_certificate(
        kept.content, verify=signing.verify_labelled, pins={PIN}
    ).holds
    (entry,) = yard.book.entries
    assert (entry.kind, entry.subject) == ("certificate_issued", "customers")
    assert entry.body == {
        "certificate": first,
        "of": "destruction",
        "plan": PLAN,
        "content": kept.content.decode(),
    }


def test_an_annex_of_others_is_refused(yard: Yard) -> None:
    for wrong in (ANNEX[:-1], (), (*ANNEX[:-1], bytes(32))):
        with pytest.raises(EvidenceError, match="annex"):
            yard.keep(certificate(), wrong)


def test_what_contradicts_itself_is_not_kept() -> None:
    wrong = dataclasses.replace(certificate(), expected_from=dt.date(2027, 4, 1))
    bare = Yard()

    with pytest.raises(EvidenceError, match="contradicts"):
        bare.keep(wrong, ANNEX)

    assert bare.book.kept == []


def test_who_comes_second_at_the_same_moment_is_given_the_first() -> None:
    """And a book that says no and has none is not believed."""
    yard = Yard()
    yard.keep.closing(closing_certificate())
    later = dataclasses.replace(closing_certificate(), issued_at=LATER)

    assert yard.keep.closing(later) == yard.book.kept[0].certificate_id

    class Deaf(FakeCertificateBook):
        def add(self, kept: KeptCertificate, entry: Entry) -> bool:  # noqa: ARG002
            """Say no."""
            return False

    yard.book = Deaf()
    with pytest.raises(EvidenceError, match="not there"):
        yard.keep.closing(later)


# --- removal -------------------------------------------------------------------


def _escrows(yard: Yard) -> dict[str, set[EpochId | None]]:
    return {
        medium.name: {epoch_of(path) for path in medium.list("escrow/")}
        for medium in yard.media
    }


def test_escrows_of_destroyed_epochs_leave_and_the_living_stay(yard: Yard) -> None:
    assert yard.remove() == {"disk": 2, "cloud": 2}
    assert yard.remove() == {"disk": 0, "cloud": 0}

    assert _escrows(yard) == {name: {NEXT, FIELD_ROOT} for name in MEDIA}
    told = list(yard.ledger.entries[1:])
    assert [entry.kind for entry in told] == ["escrow_removal_ordered"] * 2
    assert told[0].body == {
        "medium": "disk",
        "epochs": ["index/-/1", "live/high/1"],
        "versions": 2,
    }


def _nothing_left(yard: Yard) -> None:
    assert yard.remove() == {"disk": 0, "cloud": 0}
    assert _escrows(yard) == {name: {LIVE, INDEX, NEXT, FIELD_ROOT} for name in MEDIA}
    assert len(yard.ledger.entries) == 1


def test_a_disk_that_is_away_stops_no_other_and_is_cleared_when_next_mounted(
    yard: Yard,
) -> None:
    """The one before it in the list, too."""
    disk = yard.media[0]
    disk.there = False

    with pytest.raises(WorldError, match="disk: not there"):
        yard.remove()
    disk.there = True

    assert LIVE not in _escrows(yard)["cloud"]
    assert LIVE in _escrows(yard)["disk"]
    assert yard.remove() == {"disk": 2, "cloud": 0}


def test_nothing_leaves_while_it_is_locked(yard: Yard) -> None:
    yard.clock.moment = dt.datetime.combine(
        LOCKED_UNTIL, dt.time(23, 59), tzinfo=dt.UTC
    )

    _nothing_left(yard)


def test_nothing_leaves_without_a_full_set_on_that_very_medium(yard: Yard) -> None:
    """Twin of the first test: the same escrows, and no set to come back from."""
    yard.sets.there = {("disk", "55" * 32), ("cloud", "00" * 32)}

    assert yard.remove() == {"disk": 2, "cloud": 0}
    assert LIVE in _escrows(yard)["cloud"]


def test_nothing_leaves_without_a_certificate(yard: Yard) -> None:
    """What a closing certificate says names no full set."""
    yard.book.kept.clear()
    yard.keep.closing(closing_certificate())

    _nothing_left(yard)


def test_nothing_leaves_of_what_the_provider_still_has(yard: Yard) -> None:
    """Pending, alive or unknown: whatever a certificate says."""
    for provider in (
        FakeKeyProvider(yard.clock),
        _provider(yard.clock, destroyed=False),
        _provider(yard.clock, window=30),
    ):
        yard.provider = provider
        _nothing_left(yard)


def _provider(
    clock: FixedClock, *, destroyed: bool = True, window: int = 0
) -> FakeKeyProvider:
    provider = FakeKeyProvider(clock, window=window)
    for epoch in (LIVE, INDEX, NEXT, FIELD_ROOT):
        provider.create(epoch)
        if destroyed and epoch in {LIVE, INDEX}:
            provider.destroy(epoch)
    return provider


def test_an_epoch_that_a_rotation_ended_needs_a_set_of_a_later_day(yard: Yard) -> None:
    """The certificate's sets are of the very day on which this one died."""
    yard.clock.moment = ISSUED
    yard.provider.destroy(NEXT)
    yard.clock.moment = LATER

    assert yard.remove() == {"disk": 2, "cloud": 2}
    assert NEXT in _escrows(yard)["disk"]

    later = _a_later_certificate()
    yard.book.add(
        KeptCertificate(
            certificate_id="ab" * 32,
            kind="destruction",
            plan="cd" * 32,
            issued_at=LATER,
            content=later,
        ),
        Entry(kind="certificate_issued", subject="customers", body={}),
    )
    assert yard.remove() == {"disk": 1, "cloud": 1}


def _a_later_certificate() -> bytes:
    """Of other epochs, and with everything a month later."""
    month, other = dt.timedelta(days=30), EpochId.parse("live/low/1")
    one = destruction()
    moved = dataclasses.replace(
        one,
        plan="cd" * 32,
        epochs=(other,),
        observations=tuple(
            dataclasses.replace(
                it,
                seen_at=it.seen_at + month,
                until=None if it.until is None else it.until + month,
                epoch=None if it.epoch is None else other,
            )
            for it in one.observations
        ),
        full_sets=tuple(
            dataclasses.replace(it, seen_at=it.seen_at + month) for it in one.full_sets
        ),
        recovery=dataclasses.replace(one.recovery, seen_at=ISSUED + month),
    )
    from custody.domain.certificate import certify  # noqa: PLC0415 - only here
    from custody.domain.certificate_form import (  # noqa: PLC0415 - only here
        sign_certificate,
        write_certificate,
    )

    made = certify(moved, media=MEDIA, issued_at=ISSUED + month)
    assert isinstance(made, DestructionCertificate)
    return write_certificate(sign_certificate(made, signer()))


def test_a_medium_that_is_not_there_stops_the_removal(yard: Yard) -> None:
    yard.media[1].there = False

    with pytest.raises(WorldError):
        yard.remove()


@pytest.mark.parametrize(
    ("path", "epoch"),
    [
        ("escrow/live/high/1/ab.ce", LIVE),
        ("escrow/live/high/1/.unfinished-x", LIVE),
        ("escrow/index/-/1/ab.ce.lock", INDEX),
        ("escrow/other/high/1/x", None),
        ("escrow/x", None),
        ("escrow/live/high/nine/x", None),
    ],
)
def test_a_path_tells_whose_escrow_it_is(path: str, epoch: EpochId | None) -> None:
    assert epoch_of(path) == epoch


# --- closing -------------------------------------------------------------------


def test_what_left_every_medium_is_closed_once(yard: Yard) -> None:
    yard.remove()

    (made,) = yard.close()

    assert made.certificate_id is not None
    assert yard.close() == ()
    closing = yard.book.of_plan("closing", PLAN)
    assert closing is not None
    judged = judge_certificate(
        closing.content, verify=signing.verify_labelled, pins={PIN}
    )
    assert judged.holds
    assert closing.closes == yard.book.kept[0].certificate_id
    assert yard.book.entries[-1].body["closes"] == closing.closes


def test_an_escrow_that_is_left_keeps_it_open(yard: Yard) -> None:
    assert yard.told() == ["still_there: disk", "still_there: cloud"]

    yard.remove()
    yard.media[0].put("escrow/odd", b"x", locked_until=LOCKED_UNTIL)
    assert yard.told() == ["still_there: disk"]


def test_a_medium_without_the_living_is_not_believed(yard: Yard) -> None:
    """A disk that was swapped for an empty one shows that everything is gone."""
    yard.remove()
    yard.media[0].objects.clear()
    assert yard.told() == ["hollow_listing: disk"]

    yard.media[0].put("escrow/live/low/7/x", b"x", locked_until=LOCKED_UNTIL)
    assert yard.told() == ["hollow_listing: disk"]


def test_a_key_that_is_back_keeps_it_open(yard: Yard) -> None:
    yard.remove()
    yard.provider = _provider(yard.clock, destroyed=False)

    assert yard.told() == ["still_there: index/-/1", "still_there: live/high/1"]


def test_files_in_quarantine_since_then_keep_it_open(yard: Yard) -> None:
    yard.remove()
    until = next(
        it.until for it in destruction().observations if it.copy is Copy.QUARANTINE
    )
    assert until is not None
    for old in (until, None):
        yard.quarantined = [old]
        assert yard.told() == ["awaited: quarantine_files quarantine"]

    yard.quarantined = [until + dt.timedelta(days=1)]
    assert yard.told() == []


def test_nothing_is_closed_without_a_ledger_or_of_another_kind(yard: Yard) -> None:
    yard.ledger = FakeLedger()
    with pytest.raises(EvidenceError, match="ledger"):
        yard.close()

    broken = Yard()
    broken.keep.closing(closing_certificate())
    broken.book.kept[0] = dataclasses.replace(broken.book.kept[0], closes=None)
    with pytest.raises(EvidenceError, match="not of a destruction"):
        broken.close()


# --- receipts ------------------------------------------------------------------


def _desk(yard: Yard) -> MakeReceipt:
    salts = {(PLAN, number): salt for number, salt in PEOPLE.items()}
    return MakeReceipt(book=yard.book, salts=FakeSalts(salts))


def test_who_asked_gets_a_receipt_and_then_nobody_has_the_salt(yard: Yard) -> None:
    desk, (kept,) = _desk(yard), yard.book.kept

    receipt = desk(kept.certificate_id, "FI000002")
    desk.handed_over(kept.certificate_id, "FI000002")

    assert isinstance(receipt, bytes)
    assert judge_receipt(receipt, verify=signing.verify_labelled, pins={PIN}).holds
    assert desk(kept.certificate_id, "FI000002") is NoReceipt.NO_SALT


@pytest.mark.parametrize(
    ("spoil", "answer"),
    [
        (lambda desk: desk("ff", "FI000001"), NoReceipt.NO_CERTIFICATE),
        (lambda desk: desk("", "FI000001"), NoReceipt.NO_CERTIFICATE),
        (lambda desk: _of(desk, "FI999999"), NoReceipt.NO_SALT),
        (lambda desk: _of(desk, "FI000777"), NoReceipt.NOT_LISTED),
    ],
)
def test_there_is_no_receipt(
    yard: Yard, spoil: Callable[[MakeReceipt], object], answer: NoReceipt
) -> None:
    desk = _desk(yard)
    assert isinstance(desk.salts, FakeSalts)
    desk.salts.kept[PLAN, "FI000777"] = bytes(16)

    assert spoil(desk) is answer
    desk.handed_over("ff", "FI000001")
    assert (PLAN, "FI000001") in desk.salts.kept


def _of(desk: MakeReceipt, number: str) -> object:
    (kept,) = desk.book.all()
    return desk(kept.certificate_id, number)


def test_what_is_kept_is_what_was_signed(yard: Yard) -> None:
    (kept,) = yard.book.kept

    assert read_certificate(kept.content).certificate == certificate()
