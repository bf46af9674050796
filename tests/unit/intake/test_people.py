"""What a steward may do with held and quarantined deliveries, and that it is told."""

import dataclasses
import datetime as dt
import hashlib
import io

import pytest

from custody.application.intake.hold import HeldDeliveries, Verdict
from custody.application.intake.pinned import PinnedStream
from custody.application.intake.quarantine import QuarantineRoom
from custody.domain.delivery import DeliveryId, DeliveryState, ManifestFile
from custody.domain.outcome import Tally
from custody.errors import DeliveryError, OpenError
from tests.builders.deliveries import MOMENT, delivery_record
from tests.builders.policies import policy_of, source
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.ledger import FakeLedger
from tests.fakes.quarantine import IDENTITY, FakeQuarantine
from tests.fakes.world import FixedClock

REASON = "agreed with the owner"


def _held() -> tuple[FakeDeliveryBook, DeliveryId]:
    book = FakeDeliveryBook(MOMENT)
    record = delivery_record(DeliveryState.HELD, tally=Tally(read=3, held=3))
    record = dataclasses.replace(record, reasons=("unknown_column",))
    book.records[record.key.delivery_id] = record
    return book, record.key.delivery_id


def test_a_released_delivery_goes_on_to_load_and_the_ledger_says_who() -> None:
    book, held = _held()

    verdict = HeldDeliveries(book=book).release(held, reason=REASON, actor="steward-1")

    assert verdict is Verdict.DONE
    assert book.records[held].state is DeliveryState.CHECKED
    assert book.records[held].tally == Tally(read=3)
    assert book.entries[-1].kind == "released"
    assert book.entries[-1].body == {"reason": REASON, "actor": "steward-1"}


def test_a_refused_delivery_ends_with_every_row_refused() -> None:
    book, held = _held()

    verdict = HeldDeliveries(book=book).refuse(held, reason=REASON, actor="steward-1")

    record = book.records[held]
    assert verdict is Verdict.DONE
    assert record.state is DeliveryState.REFUSED
    assert record.tally == Tally(read=3, refused=3)
    assert record.tally.conserves
    assert record.reasons == ("unknown_column", "refused_by_steward")


def test_a_steward_decides_once_with_a_fit_reason_about_what_is_held() -> None:
    book, held = _held()
    use = HeldDeliveries(book=book)

    unfit = use.release(held, reason="call 13800138000", actor="steward-1")
    unknown = use.refuse(DeliveryId("no/such/1"), reason=REASON, actor="steward-1")
    use.refuse(held, reason=REASON, actor="steward-1")
    late = use.release(held, reason=REASON, actor="steward-2")

    assert (unfit, unknown, late) == (
        Verdict.UNFIT_REASON,
        Verdict.UNKNOWN,
        Verdict.NOT_HELD,
    )
    assert len(book.entries) == 1


def _room() -> tuple[QuarantineRoom, FakeQuarantine, FakeLedger]:
    book, quarantine, ledger = FakeDeliveryBook(MOMENT), FakeQuarantine(), FakeLedger()
    record = dataclasses.replace(
        delivery_record(DeliveryState.QUARANTINED), reasons=("replay",)
    )
    book.records[record.key.delivery_id] = record
    quarantine.put(f"{record.key.delivery_id}/rows.jsonl", io.BytesIO(b"plain"))
    room = QuarantineRoom(
        policy=policy_of(source()),
        quarantine=quarantine,
        book=book,
        ledger=ledger,
        clock=FixedClock(MOMENT),
    )
    return room, quarantine, ledger


def test_the_list_says_why_and_how_long() -> None:
    room, _, _ = _room()

    (item,) = room.list()

    assert item.reasons == ("replay",)
    assert item.kept_until == dt.date(2026, 12, 23)


def test_what_was_cut_short_says_how_much_of_it_is_kept() -> None:
    room, quarantine, _ = _room()
    (whole,) = quarantine.names()
    cut = whole.replace("rows.jsonl", "again-20260101-0123456789ab/first-5-of-9/rows")
    quarantine.put(cut, io.BytesIO(b"plain"))

    shown = {name: room.show(name) for name in (whole, cut)}

    assert [item and item.cut for item in shown.values()] == [None, (5, 9)]


def test_an_opening_is_in_the_ledger_before_anything_is_unsealed() -> None:
    room, quarantine, ledger = _room()
    (name,) = quarantine.names()

    with pytest.raises(OpenError):
        room.open(name, identity="another", reason=REASON, actor="steward-1")
    content = room.open(name, identity=IDENTITY, reason=REASON, actor="steward-1")

    assert content == b"plain"
    assert [entry.kind for entry in ledger.entries] == ["quarantine_opened"] * 2
    assert ledger.entries[0].subject == name


def test_without_a_fit_reason_nothing_is_opened_or_erased() -> None:
    room, quarantine, ledger = _room()
    (name,) = quarantine.names()

    opened = room.open(name, identity=IDENTITY, reason="", actor="steward-1")
    refused = room.refuse(name, reason="", actor="steward-1")
    absent = room.refuse("website/none", reason=REASON, actor="steward-1")

    assert (opened, refused, absent) == (None, False, False)
    assert ledger.entries == []
    assert list(quarantine.names()) == [name]


def test_a_refused_file_is_erased_and_told() -> None:
    room, quarantine, ledger = _room()
    (name,) = quarantine.names()

    done = room.refuse(name, reason=REASON, actor="steward-1")

    assert done
    assert quarantine.kept == {}
    assert ledger.entries[0].kind == "quarantine_refused"


@pytest.mark.parametrize(("days", "left"), [(30, 1), (31, 0)])
def test_quarantine_is_kept_as_many_days_as_policy_says(days: int, left: int) -> None:
    room, quarantine, ledger = _room()
    later = dataclasses.replace(
        room, clock=FixedClock(MOMENT + dt.timedelta(days=days))
    )

    erased = later.expire()

    assert len(quarantine.kept) == left
    assert len(erased) == len(ledger.entries) == 1 - left


ROWS = b"a,b\n1,2\n"
ADMITTED = ManifestFile(
    name="rows.csv",
    sha256="",
    size=len(ROWS),
    rows=1,
)


def _pinned(content: bytes) -> PinnedStream:
    digest = hashlib.sha256(ROWS).hexdigest()
    return PinnedStream(
        io.BytesIO(content), dataclasses.replace(ADMITTED, sha256=digest)
    )


def test_a_file_swapped_since_its_admission_is_refused_at_the_end() -> None:
    same, other = _pinned(ROWS), _pinned(b"a,b\n9,9\n")
    longer = _pinned(ROWS + b"3,4\n")

    content = same.read(3)
    same.finish()

    assert content == ROWS[:3]
    for stream in (other, longer):
        with pytest.raises(DeliveryError, match="file_digest"):
            stream.finish()


def test_what_came_again_is_kept_from_the_day_on_which_it_came() -> None:
    """The first delivery may have come a month before; its time is not the other's."""
    room, quarantine, _ = _room()
    [first] = quarantine.names()
    under = delivery_record().key.delivery_id
    again = f"{under}/again-20261220-0123456789ab/rows.jsonl"
    quarantine.put(again, io.BytesIO(b"other"))

    item = room.show(again)
    late = dataclasses.replace(
        room, clock=FixedClock(MOMENT + dt.timedelta(days=31))
    ).expire()
    later = dataclasses.replace(
        room, clock=FixedClock(MOMENT + dt.timedelta(days=58))
    ).expire()

    assert item is not None
    assert item.kept_until == dt.date(2027, 1, 19)
    assert item.received_at is not None
    assert item.received_at.date() == dt.date(2026, 12, 20)
    assert (late, later) == ((first,), (again,))


@pytest.mark.parametrize("folder", ["again-x", "again-20261399-0123456789ab"])
def test_a_name_that_only_looks_so_has_the_time_of_its_delivery(folder: str) -> None:
    room, quarantine, _ = _room()
    name = f"{delivery_record().key.delivery_id}/{folder}/rows.jsonl"
    quarantine.put(name, io.BytesIO(b"other"))

    item = room.show(name)

    assert item is not None
    assert item.kept_until == dt.date(2026, 12, 23)
