"""The keyring as the destroyer has it: keys move between epochs, and epochs end.

Every statement names the epoch that a key is to leave and its key id, so that a run
which is overtaken changes nothing, and none inserts a key (design section 4).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.adapters.keyring import moving
from custody.adapters.keyring.epochs import add_open_epoch, count_wraps
from custody.application.ports import Reached, pass_by
from custody.crypto.rewrap import KeyRecords
from custody.domain.epochs import EpochId, EpochState, Purpose
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.errors import EpochClosedError

WRITERS_WAIT_SECONDS = 600
"""How long a succession waits for who seals under the old epoch."""
DROP_WAIT_SECONDS = 5
"""How long a drop may wait: whoever comes after it waits as long."""

_STATE = text("SELECT state FROM keyring.epoch WHERE id = :id")
_OPEN_OF = text(
    "SELECT id FROM keyring.epoch WHERE purpose = :purpose AND level = :level"
    " AND state = 'open'"
)
_LAST = text(
    "SELECT coalesce(max(number), 0) FROM keyring.epoch"
    " WHERE purpose = :purpose AND level = :level"
)
_OPEN_BEFORE = text(
    "SELECT id FROM keyring.epoch WHERE state = 'open' AND born_at < :moment"
    " ORDER BY id"
)
_LEAVING = text(
    "SELECT id FROM keyring.epoch WHERE state = 'closing' OR (state = 'destroyed'"
    " AND to_regclass('keyring.data_key_' || replace(id, '/', '_')) IS NOT NULL)"
    " ORDER BY id"
)
_PATIENCE = text("SELECT set_config('lock_timeout', :seconds || 's', true)")
_CLOSE = text(
    "UPDATE keyring.epoch SET state = 'closing' WHERE id = :id AND state = 'open'"
)
_SHARE = text("SELECT state FROM keyring.epoch WHERE id = :id FOR SHARE")
_HOLD = text("SELECT state FROM keyring.epoch WHERE id = :id FOR UPDATE")
_LEFT = text("SELECT count(*) FROM keyring.data_key WHERE epoch = :id")
_DESTROYED = text(
    "UPDATE keyring.epoch SET state = 'destroyed' WHERE id = :id AND state = 'closing'"
)
_DROP = text("SELECT keyring.drop_partition(:id)")
_NOT_OPEN = Text(
    "纪元 {new} 未开放：请取当前开放的纪元",
    "epoch {new} is not open: ask for the open one",
)


class PostgresEpochKeys:
    """Implements `EpochKeys` for keyring_destroyer."""

    share, hold = _SHARE, _HOLD  # what the twins of tests replace

    def __init__(self, engine: Engine, reached: Reached = pass_by) -> None:
        """Take the engine of keyring_destroyer."""
        self._engine = engine
        self._reached = reached

    def state(self, epoch: EpochId) -> EpochState | None:
        """Return the state of an epoch, None when it was never recorded."""
        with transaction(self._engine, "look at an epoch") as connection:
            found = connection.execute(_STATE, {"id": str(epoch)}).scalar()
        return None if found is None else EpochState(found)

    def open_of(self, purpose: Purpose, level: Level) -> EpochId | None:
        """Return the open epoch of a purpose and level, None when there is none."""
        row = {"purpose": purpose, "level": level}
        with transaction(self._engine, "find the open epoch") as connection:
            found = connection.execute(_OPEN_OF, row).scalar()
        return None if found is None else EpochId.parse(found)

    def following(self, purpose: Purpose, level: Level) -> EpochId:
        """Return the epoch that a purpose and level have next: above all recorded."""
        row = {"purpose": purpose, "level": level}
        with transaction(self._engine, "find the last epoch") as connection:
            last = int(connection.execute(_LAST, row).scalar_one())
        return EpochId(purpose, level, last + 1)

    def open_before(self, moment: dt.datetime) -> tuple[EpochId, ...]:
        """Return the open epochs that were recorded before a moment, by name."""
        with transaction(self._engine, "list open epochs") as connection:
            names = connection.execute(_OPEN_BEFORE, {"moment": moment}).scalars().all()
        return tuple(EpochId.parse(name) for name in names)

    def leaving(self) -> tuple[EpochId, ...]:
        """Return the epochs that are closing, or ended with a table left, by name."""
        with transaction(self._engine, "list epochs that leave") as connection:
            names = connection.execute(_LEAVING).scalars().all()
        return tuple(EpochId.parse(name) for name in names)

    def succeed(self, old: EpochId, new: EpochId, *, suite: int) -> bool:
        """Close the one and open the other, in one transaction; False if not open."""
        with transaction(self._engine, "let an epoch succeed") as connection:
            connection.execute(_PATIENCE, {"seconds": str(WRITERS_WAIT_SECONDS)})
            if connection.execute(_CLOSE, {"id": str(old)}).rowcount != 1:
                return False
            add_open_epoch(connection, new, suite=suite)
            self._reached("rekey.succession.before")
        self._reached("rekey.succession.after")
        return True

    def records(self, epoch: EpochId, *, after: bytes, most: int) -> KeyRecords:
        """Return records of an epoch whose handles come after one, in their order."""
        with transaction(self._engine, "read data keys") as connection:
            return moving.page(connection, epoch, after=after, most=most)

    def records_of(self, epoch: EpochId, handles: Sequence[bytes]) -> KeyRecords:
        """Return the records that some handles have under an epoch."""
        with transaction(self._engine, "read data keys") as connection:
            return moving.of_handles(connection, epoch, handles)

    def count_wraps(self, epoch: EpochId, more: int) -> None:
        """Count wraps before they are made; EpochClosedError beyond 2^32."""
        count_wraps(self._engine, [(str(epoch), more)])

    @contextmanager
    def moving(self, new: EpochId) -> Iterator[moving.PostgresKeyMover]:
        """Hold the new epoch FOR SHARE; EpochClosedError unless it is open."""
        with transaction(self._engine, "move data keys") as connection:
            state = connection.execute(self.share, {"id": str(new)}).scalar()
            if state != EpochState.OPEN:
                raise _NOT_OPEN.as_error(EpochClosedError, new=new)
            yield moving.PostgresKeyMover(connection, new)

    @contextmanager
    def ending(self, old: EpochId) -> Iterator["PostgresEndingEpoch"]:
        """Hold the epoch's row exclusively; KeyError when it was never recorded."""
        with transaction(self._engine, "end an epoch") as connection:
            connection.execute(_PATIENCE, {"seconds": str(WRITERS_WAIT_SECONDS)})
            state = connection.execute(self.hold, {"id": str(old)}).scalar()
            if state is None:
                raise KeyError(str(old))
            yield PostgresEndingEpoch(connection, old, EpochState(state))

    def drop(self, old: EpochId) -> None:
        """Drop what is left of an ended epoch's table; idempotent."""
        with transaction(self._engine, "drop an ended epoch's table") as connection:
            connection.execute(_PATIENCE, {"seconds": str(DROP_WAIT_SECONDS)})
            self._reached("rekey.drop.before")
            connection.execute(_DROP, {"id": str(old)})
        self._reached("rekey.drop.after")


class PostgresEndingEpoch:
    """Implements `EndingEpoch` inside one keyring transaction."""

    def __init__(
        self, connection: Connection, epoch: EpochId, state: EpochState
    ) -> None:
        """Take the transaction that holds the epoch's row."""
        self._connection = connection
        self._row = {"id": str(epoch)}
        self.state = state

    def left(self) -> int:
        """Count the data keys under it."""
        return int(self._connection.execute(_LEFT, self._row).scalar_one())

    def destroyed(self) -> None:
        """Record that its key was ordered to be destroyed."""
        self._connection.execute(_DESTROYED, self._row)
