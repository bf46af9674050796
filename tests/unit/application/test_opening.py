"""Opening: what was recorded, with its own key record, or not at all."""

from collections.abc import Callable

import polars as pl
import pytest

from custody.crypto.entropy import EntropyPool
from custody.crypto.rewrap import KeyRecords, Wrapping, rewrap_batch
from custody.domain.epochs import EpochId
from custody.errors import EvidenceError, KeyDestroyedError, OpenError
from tests.builders.deliveries import MOMENT
from tests.fakes.keys import FakeKeyProvider
from tests.fakes.workroom import DELIVERED, Workroom, json_lines
from tests.fakes.world import FixedClock


def sealed_room() -> Workroom:
    """Return a room with two sealed rows."""
    room = Workroom(json_lines(2))
    assert room.seal() == "sealed"
    return room


def test_each_value_opens_to_the_fields_of_its_level_in_order() -> None:
    room = sealed_room()
    values = room.staged()

    opened = list(room.opener().each(values))

    assert [(row["row"], row["level"]) for row, _ in opened] == list(
        values.select("row", "level").iter_rows()
    )
    by_row = [(row["row"], name) for row, fields in opened for name in fields]
    assert sorted(by_row) == sorted((row, one) for row in (1, 2) for one in DELIVERED)


class CountedKeys(FakeKeyProvider):
    """Remembers which keys were asked for."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        super().__init__(FixedClock(MOMENT))
        self.asked: list[str] = []

    def open(self, epoch: EpochId) -> bytes:
        """Remember, and return the key."""
        self.asked.append(str(epoch))
        return super().open(epoch)


class MovedBetween(FakeKeyProvider):
    """Once, when a key is asked for, its epoch ends; `moved` tells who moves first."""

    def __init__(self) -> None:
        """Start with nobody who moves."""
        super().__init__(FixedClock(MOMENT))
        self.moved: Callable[[EpochId], None] | None = None

    def open(self, epoch: EpochId) -> bytes:
        """Return the key; or end its epoch, which is too late for who asks."""
        move, self.moved = self.moved, None
        if move is not None:
            move(epoch)
            self.destroy(epoch)
        return super().open(epoch)


def test_a_rekey_between_the_two_looks_hides_nothing() -> None:
    """The records were read under the old epoch, and it ended before its key came."""
    provider = MovedBetween()
    room = Workroom(json_lines(2), provider=provider)
    room.seal()

    def move(epoch: EpochId) -> None:
        old = provider.open(epoch)
        new = EpochId(epoch.purpose, epoch.level, epoch.number + 1)
        provider.create(new)
        keys = room.keyring.keys
        there = keys["epoch"] == str(epoch)
        records = KeyRecords(
            handles=keys.filter(there)["handle"].to_list(),
            levels=keys.filter(there)["level"].to_list(),
            datasets=["customers"] * keys.filter(there).height,
            key_ids=keys.filter(there)["key_id"].to_list(),
            wrapped=keys.filter(there)["wrapped"].to_list(),
        )
        wrapped = rewrap_batch(
            records,
            old=Wrapping(key=old, epoch=str(epoch)),
            new=Wrapping(key=provider.open(new), epoch=str(new)),
            pool=EntropyPool(4096),
        )
        moved = keys.filter(there).with_columns(
            epoch=pl.lit(str(new)), wrapped=pl.Series(wrapped, dtype=pl.Binary)
        )
        room.keyring.keys = pl.concat([keys.filter(~there), moved])

    provider.moved = move

    assert len(list(room.opener().each(room.staged()))) == room.staged().height


def test_a_key_that_is_gone_is_told_when_nothing_moved() -> None:
    provider = MovedBetween()
    room = Workroom(json_lines(2), provider=provider)
    room.seal()
    provider.moved = lambda _: None

    with pytest.raises(KeyDestroyedError):
        list(room.opener().each(room.staged()))


def test_a_wrapping_key_is_asked_for_once_a_run() -> None:
    """A provider may be a service that is watched and paid by the call."""
    provider = CountedKeys()
    room = Workroom(json_lines(2), provider=provider)
    room.seal()
    provider.asked.clear()

    list(room.opener().each(room.staged()))

    assert (
        sorted(provider.asked) == room.keyring.keys["epoch"].unique().sort().to_list()
    )


def test_a_value_without_its_key_record_is_evidence() -> None:
    """Either somebody deleted it, or the row is none of ours."""
    room = sealed_room()
    room.keyring.keys = room.keyring.keys.clear()

    with pytest.raises(EvidenceError, match="no key record"):
        list(room.opener().each(room.staged()))


def others(column: str) -> pl.Expr:
    """Return the column with the values of two rows of a level exchanged."""
    return pl.col(column).reverse().over("level")


@pytest.mark.parametrize("column", ["sealed", "digest"])
def test_what_was_moved_between_rows_does_not_open(column: str) -> None:
    """The context names the handle; the digest names the content."""
    room = sealed_room()

    with pytest.raises(OpenError):
        list(room.opener().each(room.staged().with_columns(others(column))))


def test_the_key_record_of_another_row_does_not_open() -> None:
    room = sealed_room()
    room.keyring.keys = room.keyring.keys.with_columns(others("wrapped"))

    with pytest.raises(OpenError):
        list(room.opener().each(room.staged()))


def without(column: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return what empties a column."""
    return lambda values: values.with_columns(pl.lit(None, pl.Binary).alias(column))


@pytest.mark.parametrize("column", ["sealed", "digest"])
def test_a_value_that_is_not_there_is_evidence(column: str) -> None:
    room = sealed_room()

    with pytest.raises(EvidenceError, match="not a byte string"):
        list(room.opener().each(without(column)(room.staged())))


def test_keys_are_not_shown() -> None:
    room = sealed_room()
    opener = room.opener()
    list(opener.each(room.staged()))

    assert "_wrapping" not in repr(opener)
