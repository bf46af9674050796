"""Erasing: never before the sealed copy lies off-site."""

import dataclasses
import datetime as dt
import hashlib

import pytest

from custody.application.intake.erase import EraseLandedFile
from custody.domain.delivery import DeliveryKey, DeliveryState
from tests.builders.deliveries import MOMENT, delivery_key, delivery_record
from tests.builders.policies import policy_of, source
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.landing import FakeLanding
from tests.fakes.ledger import FakeLedger
from tests.fakes.quarantine import FakeQuarantine
from tests.fakes.world import FakeNotifier, FixedClock

MANIFEST, ROWS = b"{}", b"x"


def world(record_state: DeliveryState, *, exported: bool) -> EraseLandedFile:
    """Return the use case over one delivery, its file still landed."""
    book = FakeDeliveryBook(MOMENT)
    record = dataclasses.replace(
        delivery_record(
            record_state,
            exported_at=MOMENT if exported else None,
            sha256=hashlib.sha256(ROWS).hexdigest(),
        ),
        manifest_digest=hashlib.sha256(MANIFEST).hexdigest(),
    )
    book.records[record.key.delivery_id] = record
    landing = FakeLanding()
    landing.folders[record.key] = {"manifest.json": MANIFEST, "rows.jsonl": ROWS}
    return EraseLandedFile(
        policy=policy_of(source()),
        book=book,
        landing=landing,
        quarantine=FakeQuarantine(),
        ledger=FakeLedger(),
        notifier=FakeNotifier(),
        clock=FixedClock(MOMENT + dt.timedelta(days=3)),
    )


def folders(erase: EraseLandedFile) -> dict[DeliveryKey, dict[str, bytes]]:
    """Return what is landed."""
    assert isinstance(erase.landing, FakeLanding)
    return erase.landing.folders


def test_an_exported_delivery_is_erased_and_recorded_once() -> None:
    """The second run finds nothing to do and adds no entry."""
    erase = world(DeliveryState.LOADED, exported=True)

    first, second = (
        erase(delivery_key().delivery_id),
        erase(delivery_key().delivery_id),
    )

    assert (first, second) == ("erased", "already")
    assert not folders(erase)
    assert isinstance(erase.book, FakeDeliveryBook)
    assert [entry.kind for entry in erase.book.entries] == ["erased"]


@pytest.mark.parametrize(
    ("state", "exported"),
    [
        (DeliveryState.LOADED, False),
        (DeliveryState.HELD, False),
        (DeliveryState.CHECKED, True),
        (DeliveryState.ADMITTED, True),
    ],
)
def test_what_is_not_off_site_or_not_settled_is_kept(
    state: DeliveryState, *, exported: bool
) -> None:
    """Record first, then destroy."""
    erase = world(state, exported=exported)

    outcome = erase(delivery_key().delivery_id)

    assert outcome == "kept"
    assert folders(erase)


def test_an_unknown_delivery_is_kept() -> None:
    """Nobody erases what was never admitted."""
    erase = world(DeliveryState.LOADED, exported=True)

    assert erase(delivery_key(9).delivery_id) == "kept"


@pytest.mark.parametrize("state", [DeliveryState.LOADED, DeliveryState.HELD])
@pytest.mark.parametrize("erased", [False, True])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.jsonl", b"another"),
        ("more.jsonl", b"another"),
        ("manifest.json", b"another"),
        ("manifest.sig", b"another" * 10),
    ],
)
def test_what_was_never_admitted_is_kept_before_it_is_erased(
    state: DeliveryState, *, erased: bool, name: str, content: bytes
) -> None:
    """Only what was admitted lies off-site; the rest would be gone for good."""
    erase = world(state, exported=True)
    delivery_id = delivery_key().delivery_id
    book, quarantine = erase.book, erase.quarantine
    assert isinstance(book, FakeDeliveryBook)
    assert isinstance(quarantine, FakeQuarantine)
    if erased:
        book.records[delivery_id] = dataclasses.replace(
            book.records[delivery_id], erased_at=MOMENT
        )
    folders(erase)[delivery_key()][name] = content

    outcome = erase(delivery_id)

    assert outcome == ("already" if erased else "erased")
    assert not folders(erase)
    [kept] = [one for one, plain in quarantine.kept.items() if plain == content]
    assert kept.startswith(f"{delivery_id}/again-20261126-")
    assert isinstance(erase.ledger, FakeLedger)
    assert erase.ledger.entries[0].body["reasons"] == ["place_taken"]
    assert isinstance(erase.notifier, FakeNotifier)
    assert [text for _, text in erase.notifier.sent] == ["place_taken"]


def test_what_was_kept_by_a_killed_run_is_told_once() -> None:
    erase = world(DeliveryState.LOADED, exported=True)
    folders(erase)[delivery_key()]["rows.jsonl"] = b"another"
    folder = dict(folders(erase)[delivery_key()])
    erase(delivery_key().delivery_id)  # and is killed before it erased anything
    folders(erase)[delivery_key()] = folder

    erase(delivery_key().delivery_id)

    assert isinstance(erase.ledger, FakeLedger)
    assert [entry.kind for entry in erase.ledger.entries] == ["quarantined"]


def test_what_was_admitted_leaves_no_copy_in_the_quarantine() -> None:
    """It lies off-site; a killed erasing that left a part of it does not count."""
    erase = world(DeliveryState.LOADED, exported=True)
    del folders(erase)[delivery_key()]["manifest.json"]

    erase(delivery_key().delivery_id)

    assert isinstance(erase.quarantine, FakeQuarantine)
    assert not erase.quarantine.kept
