"""A level is sealed again: every content digest stays, no value is without its key.

So a new method of encryption comes into force (R54).
"""

import dataclasses
import datetime as dt
from collections.abc import Sequence

import polars as pl
import pytest

from custody.application.ports.reseal import Replacement, StoredValue
from custody.application.reseal import Resealed, ResealLevel
from custody.crypto.cs1 import header
from custody.crypto.reseal import KeptValue, Place, open_value
from custody.crypto.rewrap import Wrapping
from custody.crypto.suites import AES_256_GCM, SM4_GCM
from custody.domain.epochs import EpochId, EpochState, Purpose
from custody.domain.levels import Level
from custody.errors import ConflictError, EvidenceError
from tests.builders.sealed import DATASET
from tests.fakes.rekey import FakeExclusion
from tests.fakes.rekey_world import MOMENT, NEW, OLD, ROWS, World, open_world
from tests.fakes.reseal import FakeFormerKeys, FakeSealedValues, FakeValueReplacer

AFTER = MOMENT + dt.timedelta(days=1)
SUITES = (SM4_GCM, AES_256_GCM)


@dataclasses.dataclass
class Room:
    """A world whose level high is to be sealed again, in suite 2."""

    world: World
    values: FakeSealedValues
    former: FakeFormerKeys
    sealed: pl.DataFrame

    @property
    def use(self) -> ResealLevel:
        return ResealLevel(
            dataset=DATASET,
            suites=dict.fromkeys(Level, SUITES),
            rekey=self.world.rekey,
            exclusively=FakeExclusion(),
            keyring=self.world.keyring,
            former=self.former,
            values=self.values,
            reached=self.world.hear,
            told=lambda old, done: self.world.told.append((old, done)),
            batch=3,
        )

    def seal_again(self, *, before: dt.datetime = AFTER) -> Resealed:
        answer = self.use(Level.HIGH, reason="new suite", actor="ops", before=before)
        assert answer is not None
        return answer

    def stored(self) -> list[StoredValue]:
        found = self.values.find(Level.HIGH, self.sealed["handle"].to_list())
        return sorted(found, key=lambda one: one.handle)

    def encodings(self) -> list[bytes]:
        """Return what every value opens to, by its own key record."""
        opened = []
        for one in self.stored():
            keys = self.world.keyring.wrapped([one.handle])
            row = keys.filter(pl.col("key_id") == one.key_id).row(0, named=True)
            epoch = EpochId.parse(row["epoch"])
            value = KeptValue(
                place=Place(dataset=DATASET, level="high", handle=one.handle),
                sealed=one.sealed,
                digest=one.digest,
                key_id=one.key_id,
                wrapped=row["wrapped"],
            )
            wrapping = Wrapping(key=self.world.provider.open(epoch), epoch=str(epoch))
            opened.append(open_value(value, wrapping=wrapping, suites=SUITES).encoding)
        return opened


@pytest.fixture
def room() -> Room:
    world = open_world()
    sealed = world.seal(OLD, ROWS)
    values = FakeSealedValues(world.ledger)
    values.put(Level.HIGH, sealed)
    return Room(world, values, FakeFormerKeys(world.keyring), sealed)


def test_every_value_has_a_new_key_and_suite_and_its_old_content(room: Room) -> None:
    before, encodings = room.stored(), room.encodings()

    answer = room.seal_again()

    after = room.stored()
    assert answer.values == ROWS
    assert [one.epoch for one in answer.ended] == [OLD]
    assert room.encodings() == encodings
    assert [one.digest for one in after] == [one.digest for one in before]
    assert not {one.key_id for one in after} & {one.key_id for one in before}
    assert all(one.sealed[:5] == header(SM4_GCM) for one in after)
    assert room.world.keyring.keys_left(NEW) == ROWS
    assert room.world.keys.state(OLD) is EpochState.DESTROYED


def test_the_ledger_is_told_before_anything_opens_and_of_every_batch(
    room: Room,
) -> None:
    room.seal_again()

    entries = room.world.ledger.entries
    assert [one.kind for one in entries] == [
        "reseal_begun", *["resealed"] * 3, "rekeyed",
    ]  # fmt: skip
    begun, first, *_ = entries
    assert (begun.subject, begun.body) == (
        DATASET,
        {"level": "high", "reason": "new suite", "actor": "ops"},
    )
    assert first.subject == str(OLD)
    assert (first.body["successor"], first.body["values"]) == (str(NEW), 3)
    assert len({one.body["root"] for one in entries[1:-1]}) == 3


def test_without_a_fit_reason_nothing_is_done(room: Room) -> None:
    answer = room.use(Level.HIGH, reason="", actor="ops", before=AFTER)

    assert answer is None
    assert room.world.ledger.entries == []
    assert room.world.keys.state(OLD) is EpochState.OPEN


def test_other_levels_and_younger_epochs_stay(room: Room) -> None:
    drill = EpochId(Purpose.DRILL, Level.HIGH, 1)
    room.world.keyring.states[drill] = EpochState.OPEN

    room.world.rekey.succeed(EpochId.parse("live/medium/1"))

    nothing = room.seal_again(before=MOMENT)
    low = room.use(Level.LOW, reason="new suite", actor="ops", before=AFTER)

    assert nothing == Resealed(values=0, ended=())
    assert low is not None
    assert [str(one.epoch) for one in low.ended] == ["live/low/1"]
    for epoch in (OLD, drill):
        assert room.world.keys.state(epoch) is EpochState.OPEN


def test_a_key_without_a_value_is_wrapped_anew(room: Room) -> None:
    """A load is on its way with it, or nobody claims it and it is swept."""
    waiting = room.world.seal(OLD, 2)

    answer = room.seal_again()

    assert answer.values == ROWS
    assert room.world.opens(waiting)
    assert room.world.keyring.keys_left(NEW) == ROWS + 2


# --- what stops it -------------------------------------------------------------


def damaged(room: Room, **changes: bytes) -> None:
    """Change one stored value."""
    place = next(iter(room.values.values))
    room.values.values[place] = dataclasses.replace(
        room.values.values[place], **changes
    )


@pytest.mark.parametrize("changes", [{"sealed": bytes(99)}, {"digest": bytes(32)}])
def test_a_value_that_is_not_its_recorded_content_stops_it(
    room: Room, changes: dict[str, bytes]
) -> None:
    damaged(room, **changes)

    with pytest.raises(EvidenceError, match="live/high/1"):
        room.seal_again()

    assert room.world.provider.state(OLD).name == "live"


class Flipping(FakeValueReplacer):
    """A database that keeps other bytes than it was given."""

    def replace(self, values: Sequence[Replacement]) -> tuple[StoredValue, ...]:
        return super().replace(
            [dataclasses.replace(one, sealed=one.sealed[:-1] + b"?") for one in values]
        )


class Swapping(FakeValueReplacer):
    """A database whose value names a key that nobody wrote."""

    def replace(self, values: Sequence[Replacement]) -> tuple[StoredValue, ...]:
        return super().replace(
            [dataclasses.replace(one, key_id=bytes(32)) for one in values]
        )


@pytest.mark.parametrize("twin", [Flipping, Swapping])
def test_what_both_databases_hold_is_opened_before_it_is_kept(
    room: Room, twin: type[FakeValueReplacer]
) -> None:
    encodings = room.encodings()
    room.values.replacer = twin

    with pytest.raises(EvidenceError, match="live/high/2"):
        room.seal_again()

    assert room.encodings() == encodings


def test_a_value_that_names_a_key_nobody_has_stops_the_forgetting(room: Room) -> None:
    damaged(room, key_id=bytes(32))

    with pytest.raises(EvidenceError, match="not there"):
        room.seal_again()

    assert room.world.keyring.keys_left(OLD) == ROWS


# --- killed runs and others beside it -------------------------------------------


class KilledError(Exception):
    """The process ended here."""


@pytest.mark.parametrize(
    "last",
    [
        "rekey.reseal.before",
        "rekey.reseal.after",
        "rekey.forget.before",
        "rekey.forget.after",
    ],
)
def test_a_run_that_was_killed_is_finished_by_the_next(room: Room, last: str) -> None:
    encodings = room.encodings()

    def die(step: str) -> None:
        if step == last:
            raise KilledError

    dying = dataclasses.replace(room.use, reached=die)
    with pytest.raises(KilledError):
        dying(Level.HIGH, reason="new suite", actor="ops", before=AFTER)
    assert room.encodings() == encodings

    room.seal_again(before=MOMENT)

    assert room.encodings() == encodings
    assert room.world.keyring.keys_left(NEW) == ROWS
    assert room.world.keyring.keys.height == ROWS


class Overtaken(FakeValueReplacer):
    """A load moves one value away while it is sealed again, the first time."""

    away = 1

    def replace(self, values: Sequence[Replacement]) -> tuple[StoredValue, ...]:
        first = type(self).away
        type(self).away = 0
        return super().replace(values[first:])


def test_a_value_that_was_moved_meanwhile_is_found_by_the_next_look(
    room: Room,
) -> None:
    encodings = room.encodings()
    Overtaken.away = 1
    room.values.replacer = Overtaken

    answer = room.seal_again()

    assert answer.values == ROWS
    assert room.encodings() == encodings
    assert room.world.keyring.keys.height == ROWS


class Refusing(FakeValueReplacer):
    """Nothing is ever where it was."""

    def replace(self, values: Sequence[Replacement]) -> tuple[StoredValue, ...]:
        return super().replace(values[:0])


def test_values_that_can_never_be_written_end_the_run(room: Room) -> None:
    room.values.replacer = Refusing

    with pytest.raises(ConflictError, match="live/high/1"):
        room.seal_again()

    assert room.world.keyring.keys_left(NEW) == 0
    assert [one.kind for one in room.world.ledger.entries] == ["reseal_begun"]
