"""Handing in: the next free sequence, and whoever else hands in at the same time."""

import datetime as dt
import io
from collections.abc import Mapping
from typing import BinaryIO

import pytest

from custody.application.intake.deliver import DeliverFiles
from custody.domain.delivery import LAST_LANDED_SEQUENCE, DeliveryKey
from custody.errors import ConflictError
from tests.builders.deliveries import DAY, MOMENT, delivery_key, delivery_record
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.landing import FakeLanding

CONTENT = b"invented\n"


class ContestedLanding(FakeLanding):
    """A landing zone where somebody else is as many times a moment earlier."""

    def __init__(self, times: int) -> None:
        """Take how many times."""
        super().__init__()
        self._times = times

    def put(self, key: DeliveryKey, files: Mapping[str, BinaryIO]) -> None:
        """Let the other have the place first."""
        if self._times:
            self._times -= 1
            raise ConflictError(key.delivery_id)
        super().put(key, files)


def hand_in(
    landing: FakeLanding,
    book: FakeDeliveryBook | None = None,
    *,
    day: dt.date = DAY,
    sequence: int | None = None,
) -> DeliveryKey:
    """Hand in one file."""
    deliver = DeliverFiles(landing=landing, book=book or FakeDeliveryBook(MOMENT))
    files = {"rows.jsonl": io.BytesIO(CONTENT)}
    return deliver("website", files, business_date=day, sequence=sequence)


def test_the_next_sequence_follows_what_lies_there_and_what_was_ever_known() -> None:
    """A place is never used again, erased or not; another day counts for itself."""
    landing, book = FakeLanding(), FakeDeliveryBook(MOMENT)
    known = delivery_record(sequence=6)
    book.records[known.key.delivery_id] = known
    landing.folders[delivery_key(3)] = {"manifest.json": b"{}"}

    keys = [
        hand_in(landing, book),
        hand_in(landing, book, day=DAY + dt.timedelta(days=1)),
    ]

    assert [key.sequence for key in keys] == [7, 1]
    assert landing.folders[keys[0]]["rows.jsonl"] == CONTENT


def test_who_comes_second_takes_the_sequence_behind() -> None:
    landing = ContestedLanding(times=2)

    key = hand_in(landing)

    assert key.sequence == 3
    assert landing.folders[key]["rows.jsonl"] == CONTENT


def test_who_always_comes_second_is_told_to_try_later() -> None:
    landing = ContestedLanding(times=1000)

    with pytest.raises(ConflictError, match="no free sequence"):
        hand_in(landing)

    assert not landing.folders


def test_the_sequence_that_was_asked_for_is_taken_or_none() -> None:
    with pytest.raises(ConflictError):
        hand_in(ContestedLanding(times=1), sequence=4)


@pytest.mark.parametrize("sequence", [-1, LAST_LANDED_SEQUENCE + 1])
def test_a_sequence_that_nobody_would_list_is_refused(sequence: int) -> None:
    """Else the files would lie there for ever, unread."""
    landing = FakeLanding()

    with pytest.raises(ConflictError, match="a sequence is from 1"):
        hand_in(landing, sequence=sequence)

    assert not landing.folders
