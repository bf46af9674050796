"""The keyring as the destroyer has it, in memory: its suite also runs on PostgreSQL."""

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from custody.crypto.rewrap import KeyRecords
from custody.domain.epochs import EpochId, EpochState, Purpose
from custody.domain.levels import Level
from custody.errors import ConflictError, EpochClosedError, EvidenceError
from tests.fakes.keyring import FakeKeyring

DATASET = "customers"
MAX_WRAPS = 2**32


class FakeExclusion:
    """One at a time, in this process."""

    def __init__(self) -> None:
        """Start free."""
        self.held = False

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold it for the block."""
        if self.held:
            message = "another run moves keys"
            raise ConflictError(message)
        self.held = True
        try:
            yield
        finally:
            self.held = False


class FakeKeyMover:
    """Moves records; whoever made it keeps them."""

    def __init__(self, keys: pl.DataFrame, new: EpochId) -> None:
        """Take what is there."""
        self.keys = keys
        self._new = new

    def move(self, records: KeyRecords, *, old: EpochId) -> KeyRecords:
        """Give the records that still stand under `old` their new wrapping."""
        wanted = dict(
            zip(
                zip(records.handles, records.key_ids, strict=True),
                records.wrapped,
                strict=True,
            )
        )
        rows = self.keys.rows(named=True)
        moved = []
        for row in rows:
            place = (row["handle"], row["key_id"])
            if row["epoch"] == str(old) and place in wanted:
                row |= {"epoch": str(self._new), "wrapped": wanted[place]}
                moved.append(row)
        self.keys = pl.DataFrame(rows, schema=self.keys.schema)
        return _records(pl.DataFrame(moved, schema=self.keys.schema))


class FakeEpochKeys:
    """The epochs and keys of a fake keyring; every epoch was recorded at `born`."""

    mover = FakeKeyMover  # a test's own may keep other bytes than it was given

    def __init__(self, keyring: FakeKeyring, *, born: dt.datetime) -> None:
        """Take the keyring whose keys are moved."""
        self.keyring = keyring
        self.born = born
        self.wraps: dict[EpochId, int] = {}
        self.dropped: list[EpochId] = []

    def state(self, epoch: EpochId) -> EpochState | None:
        """Return the state of an epoch."""
        return self.keyring.states.get(epoch)

    def open_of(self, purpose: Purpose, level: Level) -> EpochId | None:
        """Return the open epoch of a purpose and level."""
        wanted = (purpose, level, EpochState.OPEN)
        for one, state in self.keyring.states.items():
            if (one.purpose, one.level, state) == wanted:
                return one
        return None

    def following(self, purpose: Purpose, level: Level) -> EpochId:
        """Return the epoch that comes next."""
        numbers = [
            one.number
            for one in self.keyring.states
            if (one.purpose, one.level) == (purpose, level)
        ]
        return EpochId(purpose, level, max(numbers, default=0) + 1)

    def open_before(self, moment: dt.datetime) -> tuple[EpochId, ...]:
        """Return the open epochs that were recorded before a moment."""
        return self._in(EpochState.OPEN) if self.born < moment else ()

    def leaving(self) -> tuple[EpochId, ...]:
        """Return the epochs that are closing, or ended with a table left."""
        ended = set(self._in(EpochState.DESTROYED)) - set(self.dropped)
        return tuple(sorted({*self._in(EpochState.CLOSING), *ended}, key=str))

    def succeed(self, old: EpochId, new: EpochId, *, suite: int) -> bool:
        """Close the one and open the other."""
        if not self.keyring.close_epoch(old):
            return False
        self.keyring.add_epoch(new, suite=suite)
        return True

    def records(self, epoch: EpochId, *, after: bytes, most: int) -> KeyRecords:
        """Return records of an epoch in the order of their handles."""
        under = pl.col("epoch") == str(epoch)
        found = self.keyring.keys.filter(under & (pl.col("handle") > after))
        return _records(found.sort("handle").head(most))

    def records_of(self, epoch: EpochId, handles: Sequence[bytes]) -> KeyRecords:
        """Return the records that some handles have under an epoch."""
        found = self.keyring.wrapped(handles)
        return _records(found.filter(pl.col("epoch") == str(epoch)))

    def count_wraps(self, epoch: EpochId, more: int) -> None:
        """Count wraps before they are made."""
        if self.wraps.get(epoch, 0) + more > MAX_WRAPS:
            message = f"epoch {epoch} has made its 2^32 wraps: open a new one"
            raise EpochClosedError(message)
        self.wraps[epoch] = self.wraps.get(epoch, 0) + more

    @contextlib.contextmanager
    def moving(self, new: EpochId) -> Iterator["FakeKeyMover"]:
        """Keep what was moved at a clean exit."""
        if self.state(new) is not EpochState.OPEN:
            message = f"epoch {new} is not open: ask for the open one"
            raise EpochClosedError(message)
        mover = self.mover(self.keyring.keys, new)
        yield mover
        self.keyring.keys = mover.keys

    @contextlib.contextmanager
    def ending(self, old: EpochId) -> Iterator["FakeEndingEpoch"]:
        """Keep that it is destroyed at a clean exit."""
        state = self.state(old)
        if state is None:
            raise KeyError(str(old))
        ending = FakeEndingEpoch(self.keyring.keys_left(old), state)
        yield ending
        self.keyring.states[old] = ending.becomes

    def drop(self, old: EpochId) -> None:
        """Remember what was dropped."""
        kept = self.state(old) in {None, EpochState.OPEN}
        if kept or self.keyring.keys_left(old):
            message = f"epoch {old} keeps its table"
            raise EvidenceError(message)
        self.dropped.append(old)

    def _in(self, wanted: EpochState) -> tuple[EpochId, ...]:
        states = self.keyring.states.items()
        return tuple(sorted((one for one, state in states if state is wanted), key=str))


class FakeEndingEpoch:
    """An epoch that is held."""

    def __init__(self, left: int, state: EpochState) -> None:
        """Take what is under it."""
        self._left = left
        self.state = state
        self.becomes = state

    def left(self) -> int:
        """Count the data keys under it."""
        return self._left

    def destroyed(self) -> None:
        """Record that its key was ordered to be destroyed."""
        self.becomes = EpochState.DESTROYED


def _records(frame: pl.DataFrame) -> KeyRecords:
    return KeyRecords(
        handles=frame["handle"].to_list(),
        levels=frame["level"].to_list(),
        datasets=[DATASET] * frame.height,
        key_ids=frame["key_id"].to_list(),
        wrapped=frame["wrapped"].to_list(),
    )


def same(one: KeyRecords, two: KeyRecords) -> bool:
    """Tell whether two hold the same records, in any order."""
    return _sorted(one) == _sorted(two)


def with_wrapped(records: KeyRecords, wrapped: Sequence[bytes]) -> KeyRecords:
    """Return the records with other bytes."""
    return replace(records, wrapped=wrapped)


def _sorted(records: KeyRecords) -> list[tuple[object, ...]]:
    return sorted(
        zip(
            records.handles,
            records.levels,
            records.datasets,
            records.key_ids,
            records.wrapped,
            strict=True,
        )
    )
