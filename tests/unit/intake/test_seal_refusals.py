"""What cannot be sealed is kept as evidence, or, with nothing there, left as it is."""

import dataclasses
from types import SimpleNamespace
from typing import cast

from custody.application.intake.seal import SealDelivery
from custody.application.intake.sealing import Sealing
from custody.domain.delivery import DeliveryState
from tests.builders.deliveries import MOMENT, delivery_record
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.landing import FakeLanding
from tests.fakes.quarantine import FakeQuarantine
from tests.fakes.staging import FakeStaging

RECORD = delivery_record()
ID = RECORD.key.delivery_id


def seal_over(book: FakeDeliveryBook, landing: FakeLanding) -> SealDelivery:
    """Return the use case under a policy that approves no source."""
    policy = SimpleNamespace(source=lambda _: None, max_landed_bytes=1000)
    sealing = SimpleNamespace(policy=policy, staging=FakeStaging(whole=False))
    return SealDelivery(
        landing=landing,
        quarantine=FakeQuarantine(),
        reader=lambda _: SimpleNamespace(),
        book=book,
        sealing=cast("Sealing", sealing),
        reclassified=lambda record: record.state.value,
    )


def test_an_empty_folder_is_no_evidence_and_nothing_is_quarantined() -> None:
    book = FakeDeliveryBook(MOMENT)
    book.records[ID] = RECORD

    answer = seal_over(book, FakeLanding())(ID)

    assert answer == "staging_lost"
    assert book.records[ID].state is DeliveryState.ADMITTED
    assert book.entries == []


def test_what_sealing_quarantined_is_recorded_as_erased() -> None:
    """So that what lands there later is not taken for its rest and destroyed."""
    book, landing = FakeDeliveryBook(MOMENT), FakeLanding()
    book.records[ID] = RECORD
    landing.folders[RECORD.key] = {"manifest.json": b"{}", "rows.jsonl": b"x"}

    answer = seal_over(book, landing)(ID)

    assert answer == "quarantined"
    assert book.records[ID].erased_at is not None
    assert landing.folders == {}


def test_a_later_upload_at_an_erased_place_is_left_to_admission() -> None:
    book, landing = FakeDeliveryBook(MOMENT), FakeLanding()
    book.records[ID] = dataclasses.replace(
        RECORD, state=DeliveryState.QUARANTINED, erased_at=MOMENT
    )
    landing.folders[RECORD.key] = {"manifest.json": b"{}"}

    seal_over(book, landing)(ID)

    assert RECORD.key in landing.folders
