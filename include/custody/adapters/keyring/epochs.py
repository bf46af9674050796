"""The keyring port on PostgreSQL: epochs, their gate, and data key records."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl
from sqlalchemy import Connection, Engine, text

from custody.adapters.copying import copy_frame
from custody.adapters.database import driver, transaction
from custody.application.ports import Reached, pass_by
from custody.domain.epochs import EpochId, EpochState
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.errors import EpochClosedError, WorldError

MAX_WRAPS = 2**32
"""Wraps under one key with random nonces (NIST SP 800-38D section 8.3)."""

_HANDLES_PER_QUERY = 10_000

_KEY_COLUMNS = {
    "handle": "bytea",
    "level": "text",
    "dataset": "text",
    "department": "text",
    "epoch": "text",
    "key_id": "bytea",
    "wrapped": "bytea",
}

_OPEN = text(
    "SELECT id FROM keyring.epoch WHERE purpose = 'live' AND level = :level"
    " AND state = 'open'"
)
_LIVING = text("SELECT id FROM keyring.epoch WHERE state <> 'destroyed' ORDER BY id")
_STATES = text(
    "SELECT id, state FROM keyring.epoch WHERE id = ANY(:ids) ORDER BY id FOR SHARE"
)
_COUNT_WRAPS = text(
    "UPDATE keyring.wrap_count SET wraps = wraps + :more"
    " WHERE epoch = :epoch AND wraps + :more <= :most"
)
_ADD = text(
    "INSERT INTO keyring.epoch (id, purpose, level, number, suite)"
    " VALUES (:id, :purpose, :level, :number, :suite) ON CONFLICT (id) DO NOTHING"
)
_COUNT_FROM_ZERO = text(
    "INSERT INTO keyring.wrap_count (epoch) VALUES (:epoch) ON CONFLICT DO NOTHING"
)
_ADD_PARTITION = text("SELECT keyring.add_partition(:epoch)")
_CLOSE = text(
    "UPDATE keyring.epoch SET state = 'closing' WHERE id = :id AND state = 'open'"
)
_LEFT = text("SELECT count(*) FROM keyring.data_key WHERE epoch = :id")
_WRAPPED = text(
    "SELECT handle, level, epoch, key_id, wrapped FROM keyring.data_key"
    " WHERE handle = ANY(:handles)"
)
_LIVE = text(
    "SELECT handle, level, epoch, key_id, wrapped FROM keyring.live_key"
    " WHERE handle = ANY(:handles)"
)
_WRAPPED_SCHEMA = {
    "handle": pl.Binary,
    "level": pl.String,
    "epoch": pl.String,
    "key_id": pl.Binary,
    "wrapped": pl.Binary,
}
_NONE_OPEN = Text(
    "级别 {level} 没有可用的纪元：请先建立",
    "no epoch is open for level {level}: create one",
)
_NOT_HELD = Text(
    "纪元 {epoch} 不由本写入者持有", "epoch {epoch} is not held by this writer"
)
_USED_UP = Text(
    "纪元 {epoch} 已用满 2^32 次包裹：请建立新纪元",
    "epoch {epoch} has made its 2^32 wraps: open a new one",
)
_NOT_OPEN = Text(
    "纪元 {epoch} 未开放：请取当前开放的纪元",
    "epoch {epoch} is not open: ask for the open one",
)


class PostgresKeyring:
    """Implements `Keyring`; what it may do is what the engine's role may do."""

    states = _STATES  # the gate; the race test's twin replaces it
    keys_of = _WRAPPED

    def __init__(self, engine: Engine, reached: Reached = pass_by) -> None:
        """Take the engine of keyring_owner, _loader, _exporter or _rebuilder."""
        self._engine = engine
        self._reached = reached

    def open_epoch(self, level: Level) -> EpochId:
        """Return the open live epoch of a level; WorldError when there is none."""
        with transaction(self._engine, "find the open epoch") as connection:
            found = connection.execute(_OPEN, {"level": level}).scalar()
        if found is None:
            raise _NONE_OPEN.as_error(WorldError, level=level)
        return EpochId.parse(found)

    def living(self) -> tuple[EpochId, ...]:
        """Return every epoch that is open or closing, of any purpose, by name."""
        with transaction(self._engine, "list living epochs") as connection:
            names = connection.execute(_LIVING).scalars().all()
        return tuple(EpochId.parse(name) for name in names)

    def add_epoch(self, epoch: EpochId, *, suite: int) -> None:
        """Record a born epoch as open and make its partition; idempotent."""
        with transaction(self._engine, "add an epoch") as connection:
            add_open_epoch(connection, epoch, suite=suite)

    def close_epoch(self, epoch: EpochId) -> bool:
        """Begin closing, after every loader that holds the epoch; False if closed."""
        with transaction(self._engine, "close an epoch") as connection:
            return connection.execute(_CLOSE, {"id": str(epoch)}).rowcount == 1

    def keys_left(self, epoch: EpochId) -> int:
        """Count the data keys under an epoch (owner, exporter, rebuilder)."""
        with transaction(self._engine, "count data keys") as connection:
            return int(connection.execute(_LEFT, {"id": str(epoch)}).scalar_one())

    @contextmanager
    def writing(self, epochs: Sequence[EpochId]) -> Iterator["PostgresKeyWriter"]:
        """Hold the epochs FOR SHARE; EpochClosedError unless all are open.

        Commits at a clean exit, so before the warehouse: keys first.
        """
        wanted = sorted({str(epoch) for epoch in epochs})
        with transaction(self._engine, "write data keys") as connection:
            rows = connection.execute(self.states, {"ids": wanted}).all()
            opened = {row.id for row in rows if row.state == EpochState.OPEN}
            for epoch in wanted:
                if epoch not in opened:
                    raise _NOT_OPEN.as_error(EpochClosedError, epoch=epoch)
            held = frozenset(opened)
            yield PostgresKeyWriter(self._engine, connection, held, self._reached)
            self._reached("keys.commit.before")
        self._reached("keys.commit.after")

    def wrapped(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return handle, level, epoch, key_id, wrapped of the handles (exporter)."""
        rows: list[tuple[object, ...]] = []
        with transaction(self._engine, "read wrapped keys") as connection:
            for start in range(0, len(handles), _HANDLES_PER_QUERY):
                part = list(handles[start : start + _HANDLES_PER_QUERY])
                found = connection.execute(self.keys_of, {"handles": part})
                rows += [tuple(row) for row in found]
        return pl.DataFrame(rows, schema=_WRAPPED_SCHEMA, orient="row")


class RebuildersKeyring(PostgresKeyring):
    """The keyring of keyring_rebuilder: the database shows it live keys alone."""

    keys_of = _LIVE


class PostgresKeyWriter:
    """Implements `KeyWriter` inside one keyring transaction."""

    def __init__(
        self,
        engine: Engine,
        connection: Connection,
        opened: frozenset[str],
        reached: Reached = pass_by,
    ) -> None:
        """Take the transaction that holds the epochs named in `opened`."""
        self._engine = engine
        self._connection = connection
        self._opened = opened
        self._reached = reached

    def write(self, keys: pl.DataFrame, *, dataset: str, department: str) -> None:
        """COPY records; enforces 2^32 wraps per epoch (design section 4).

        EpochClosedError when a record names an epoch that is not held, or full.
        """
        counts = keys.group_by("epoch").len().sort("epoch").rows()
        for epoch, _ in counts:
            if epoch not in self._opened:
                raise _NOT_HELD.as_error(EpochClosedError, epoch=epoch)
        self._reached("keys.count.before")
        count_wraps(self._engine, counts)
        self._reached("keys.count.after")
        frame = keys.with_columns(
            dataset=pl.lit(dataset), department=pl.lit(department)
        )
        copy_frame(
            driver(self._connection), "keyring.data_key", frame, columns=_KEY_COLUMNS
        )


def count_wraps(engine: Engine, counts: Sequence[tuple[str, int]]) -> None:
    """Count wraps first and for good: one that is rolled back was made all the same.

    A transaction of its own, so that writers do not queue behind each other.
    EpochClosedError when an epoch would make more than MAX_WRAPS.
    """
    with transaction(engine, "count wraps") as connection:
        for epoch, more in counts:
            row = {"epoch": epoch, "more": more, "most": MAX_WRAPS}
            if connection.execute(_COUNT_WRAPS, row).rowcount != 1:
                raise _USED_UP.as_error(EpochClosedError, epoch=epoch)


def add_open_epoch(connection: Connection, epoch: EpochId, *, suite: int) -> None:
    """Record a born epoch as open, with its count of wraps and its partition.

    Nothing happens when it is recorded already, whatever has become of it.
    """
    row = {
        "id": str(epoch),
        "purpose": epoch.purpose,
        "level": epoch.level,
        "number": epoch.number,
        "suite": suite,
    }
    if connection.execute(_ADD, row).rowcount:
        connection.execute(_COUNT_FROM_ZERO, {"epoch": str(epoch)})
        connection.execute(_ADD_PARTITION, {"epoch": str(epoch)})
