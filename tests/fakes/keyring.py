"""An in-memory keyring and index epochs: their suite also runs on PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl

from custody.domain.epochs import EpochId, EpochState, Purpose
from custody.domain.levels import Level
from custody.errors import ConflictError, EpochClosedError, WorldError

_WRAPPED = ("handle", "level", "epoch", "key_id", "wrapped")
_SCHEMA = {
    "handle": pl.Binary,
    "level": pl.String,
    "epoch": pl.String,
    "key_id": pl.Binary,
    "wrapped": pl.Binary,
}


class FakeKeyring:
    """Epochs and data key records in dicts."""

    def __init__(self) -> None:
        """Start without an epoch."""
        self.states: dict[EpochId, EpochState] = {}
        self.keys = pl.DataFrame(schema=_SCHEMA)

    def open_epoch(self, level: Level) -> EpochId:
        """Return the open live epoch of a level."""
        for epoch in self._open(level):
            return epoch
        message = f"no epoch is open for level {level}: create one"
        raise WorldError(message)

    def living(self) -> tuple[EpochId, ...]:
        """Return every epoch that is open or closing."""
        states = self.states.items()
        alive = (one for one, state in states if state is not EpochState.DESTROYED)
        return tuple(sorted(alive, key=str))

    def add_epoch(self, epoch: EpochId, *, suite: int) -> None:
        """Record a born epoch as open; idempotent, also when it is past."""
        assert suite
        assert epoch.level is not None
        if epoch in self.states:
            return
        if self._open(epoch.level, epoch.purpose):
            message = f"an epoch of level {epoch.level} is open"
            raise ConflictError(message)
        self.states[epoch] = EpochState.OPEN

    def close_epoch(self, epoch: EpochId) -> bool:
        """Begin closing; False if closed."""
        was_open = self.states.get(epoch) is EpochState.OPEN
        if was_open:
            self.states[epoch] = EpochState.CLOSING
        return was_open

    def keys_left(self, epoch: EpochId) -> int:
        """Count the data keys under an epoch."""
        return self.keys.filter(pl.col("epoch") == str(epoch)).height

    @contextmanager
    def writing(self, epochs: Sequence[EpochId]) -> Iterator["FakeKeyWriter"]:
        """Hold the epochs; keep what was written at a clean exit."""
        for epoch in epochs:
            if self.states.get(epoch) is not EpochState.OPEN:
                message = f"epoch {epoch} is not open: ask for the open one"
                raise EpochClosedError(message)
        writer = FakeKeyWriter(self.keys, frozenset(map(str, epochs)))
        yield writer
        self.keys = writer.keys

    def wrapped(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return the records of the handles."""
        asked = pl.Series(handles, dtype=pl.Binary)
        return self.keys.filter(pl.col("handle").is_in(asked.implode()))

    def _open(self, level: Level, purpose: Purpose = Purpose.LIVE) -> list[EpochId]:
        return [
            epoch
            for epoch, state in self.states.items()
            if state is EpochState.OPEN
            and (epoch.purpose, epoch.level) == (purpose, level)
        ]


class FakeKeyWriter:
    """Takes data key records; whoever made it keeps them."""

    def __init__(self, keys: pl.DataFrame, held: frozenset[str]) -> None:
        """Take what is there and the epochs that are held."""
        self.keys = keys
        self._held = held

    def write(self, keys: pl.DataFrame, *, dataset: str, department: str) -> None:
        """Add records; EpochClosedError for others' epochs, ConflictError for twins."""
        assert dataset
        assert department
        if not set(keys["epoch"]) <= self._held:
            message = "an epoch is not held by this writer"
            raise EpochClosedError(message)
        more = pl.concat([self.keys, keys.select(_WRAPPED)])
        for unique in ("handle", "key_id"):
            if more.select("epoch", unique).is_duplicated().any():
                message = f"a {unique} of the epoch is there already"
                raise ConflictError(message)
        self.keys = more


class FakeIndexEpochs:
    """The number of the one index epoch that is open."""

    def __init__(self) -> None:
        """Start without one; `closing` is set by a test."""
        self.open: int | None = None
        self.closing: int | None = None

    def add(self, number: int) -> None:
        """Record a born index epoch as open; none is while another is."""
        self.open = self.open or number

    def open_number(self) -> int:
        """Return the number of the open index epoch."""
        if self.open is None:
            raise WorldError("no index epoch is open: create one")
        return self.open

    def closing_number(self) -> int | None:
        """Return the number of the index epoch that is closing."""
        return self.closing
