"""Export: what stands goes off-site, and is marked only while it still stands."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator

import polars as pl
import pytest

from custody.application.intake.export import ExportDelivery
from custody.application.ports import StoredObject
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.outcome import Tally
from custody.errors import EvidenceError
from tests.builders.deliveries import MOMENT, delivery_record
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.world import FixedClock

ID = delivery_record().key.delivery_id
HANDLE = b"h" * 16
SEALED = pl.DataFrame(
    {
        "handle": [HANDLE],
        "row": [1],
        "customer": ["XX2026000001"],
        "version": [1],
        "level": ["high"],
        "sealed": [b"s"],
        "digest": [b"d"],
        "key_id": [b"k"],
    }
)
KEYS = pl.DataFrame(
    {
        "handle": [HANDLE],
        "level": ["high"],
        "epoch": ["high/1"],
        "key_id": [b"k"],
        "wrapped": [b"w"],
    }
)


class Site:
    """A warehouse of one sealed row, its key record, and one medium."""

    def __init__(self, state: DeliveryState, *, keys: pl.DataFrame = KEYS) -> None:
        """Take the delivery's state, and the key records that are there."""
        self.book = FakeDeliveryBook(MOMENT)
        self.book.records[ID] = delivery_record(state, tally=Tally(read=1, held=1))
        self.written: list[pl.DataFrame] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self._keys = keys

    def sealed_rows(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield the row."""
        assert delivery_id == ID
        yield SEALED

    def wrapped(self, handles: list[bytes]) -> pl.DataFrame:
        """Return the key records."""
        assert handles == [HANDLE]
        return self._keys

    def write(
        self, name: str, frames: Iterator[pl.DataFrame], *, locked_until: dt.date
    ) -> tuple[StoredObject, ...]:
        """Keep what is written; then let something else happen."""
        self.written += list(frames)
        assert locked_until > MOMENT.date()
        self.meanwhile()
        return (StoredObject(medium="first", path=name, sha256="00" * 32),)

    def export(self) -> str:
        """Export the delivery."""
        use = ExportDelivery(
            book=self.book,
            staging=self,  # type: ignore[arg-type]  # as much of it as is used
            keyring=self,  # type: ignore[arg-type]
            objects=self,
            clock=FixedClock(MOMENT),
            entropy=bytes,
        )
        return use(ID)

    def decide(self) -> None:
        """Do what a steward's decision does to the delivery."""
        record = self.book.records[ID]
        self.book.records[ID] = dataclasses.replace(
            record, tally=Tally(read=1, loaded=1), exported_at=None
        )


@pytest.mark.parametrize("state", [DeliveryState.LOADED, DeliveryState.HELD])
def test_what_is_sealed_is_written_once(state: DeliveryState) -> None:
    site = Site(state)

    answers = [site.export(), site.export()]

    assert answers == ["exported", "already"]
    (frame,) = site.written
    assert frame["wrapped"].to_list() == [b"w"]
    assert frame["state"].to_list() == [state.value]
    assert site.book.entries[-1].body["objects"] == [
        f"first:{ID}/0000000000000000:{'00' * 32}"
    ]


@pytest.mark.parametrize("state", [DeliveryState.SEALED, DeliveryState.REFUSED])
def test_what_is_not_settled_is_skipped(state: DeliveryState) -> None:
    assert Site(state).export() == "skipped"


def test_what_a_decision_overtook_is_written_again() -> None:
    """The object tells of a held row that is held no longer."""
    site = Site(DeliveryState.LOADED)
    site.meanwhile = site.decide

    overtaken = site.export()
    still_owed = site.book.records[ID].is_owed
    site.meanwhile = lambda: None
    again = site.export()

    assert (overtaken, still_owed, again) == ("overtaken", True, "exported")
    assert [entry.kind for entry in site.book.entries] == ["exported"]


def test_a_row_without_its_key_is_not_exported() -> None:
    """A copy that nothing opens is no copy."""
    site = Site(DeliveryState.LOADED, keys=KEYS.clear())

    with pytest.raises(EvidenceError, match="no key record"):
        site.export()

    assert site.book.entries == []
