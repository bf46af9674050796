"""Erasing: never before the sealed copy lies off-site."""

import pytest

from custody.application.intake.erase import EraseLandedFile
from custody.domain.delivery import DeliveryKey, DeliveryState
from tests.builders.deliveries import MOMENT, delivery_key, delivery_record
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.landing import FakeLanding


def world(record_state: DeliveryState, *, exported: bool) -> EraseLandedFile:
    """Return the use case over one delivery, its file still landed."""
    book = FakeDeliveryBook(MOMENT)
    record = delivery_record(record_state, exported_at=MOMENT if exported else None)
    book.records[record.key.delivery_id] = record
    landing = FakeLanding()
    landing.folders[record.key] = {"manifest.json": b"{}", "rows.jsonl": b"x"}
    return EraseLandedFile(book=book, landing=landing)


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
