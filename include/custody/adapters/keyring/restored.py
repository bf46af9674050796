"""The keyring of a restore: data keys under new epochs; made for its owner."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Engine, text

from custody.adapters.copying import copy_frame
from custody.adapters.database import driver, transaction, unflushed
from custody.adapters.keyring.epochs import add_open_epoch, count_wraps
from custody.adapters.keyring.schema import MIGRATIONS
from custody.adapters.keyring.wrapped import wrapped_of
from custody.adapters.restore_mark import Restoring
from custody.adapters.roles import KEYRING_ROLES
from custody.domain.epochs import EpochId, EpochState

# Born before whatever is restored: what left a level then may open under it still.
_FORMER = text(
    "INSERT INTO keyring.epoch (id, purpose, level, number, suite, state, born_at)"
    " VALUES (:id, :purpose, :level, :number, :suite, :state, 'epoch')"
    " ON CONFLICT (id) DO NOTHING"
)
_COUNT = text("SELECT count(*) FROM keyring.data_key")
_CLOSING = text("UPDATE keyring.epoch SET state = 'closing' WHERE id = :id")
_SUITE = 1  # nothing is wrapped under it any more
_KEY_COLUMNS = {
    "handle": "bytea",
    "level": "text",
    "dataset": "text",
    "department": "text",
    "epoch": "text",
    "key_id": "bytea",
    "wrapped": "bytea",
}


@dataclass(frozen=True, slots=True)
class RestoredKeyring:
    """Implements `RestoreKeyring`."""

    engine: Engine

    def claim(self, medium: str, *, again: bool) -> None:
        """Mark, close to every other role, migrate."""
        self._restoring.claim(medium, again=again)

    def add_epochs(
        self, former: Collection[EpochId], *, state: EpochState, suite: int
    ) -> None:
        """Record former epochs; no key is under them, nor ever will be."""
        rows = [
            {
                "id": str(one),
                "purpose": one.purpose,
                "level": one.level,
                "number": one.number,
                "suite": suite,
                "state": state,
            }
            for one in former
        ]
        if rows:
            with transaction(self.engine, "record former epochs") as connection:
                connection.execute(_FORMER, rows)

    def take_epoch(self, epoch: EpochId) -> None:
        """Record an epoch whose keys are added as they were wrapped: for a trial.

        It is closing at once: a level may have had several at a time.
        """
        with transaction(self.engine, "take an epoch") as connection:
            add_open_epoch(connection, epoch, suite=_SUITE)
            connection.execute(_CLOSING, {"id": str(epoch)})

    def add_keys(self, keys: pl.DataFrame, *, dataset: str) -> None:
        """COPY data key records; the wraps are counted, as those of any writer."""
        frame = keys.with_columns(dataset=pl.lit(dataset))
        counts = keys.group_by("epoch").len().sort("epoch").rows()
        with unflushed(self.engine, "restore data keys") as connection:
            count_wraps(self.engine, counts)
            copy_frame(
                driver(connection), "keyring.data_key", frame, columns=_KEY_COLUMNS
            )

    def wrapped(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return handle, level, epoch, key_id, wrapped of the handles."""
        with transaction(self.engine, "read data keys back") as connection:
            return wrapped_of(connection, handles)

    def count(self) -> int:
        """Count data key records."""
        with transaction(self.engine, "count data keys") as connection:
            return int(connection.execute(_COUNT).scalar_one())

    def let_in(self) -> None:
        """Let the roles in; the mark stays, as done."""
        with transaction(self.engine, "open the keyring") as connection:
            self._restoring.let_in(connection)

    def unmark(self) -> None:
        """Take the mark away."""
        with transaction(self.engine, "unmark the keyring") as connection:
            self._restoring.unmark(connection)

    @property
    def _restoring(self) -> Restoring:
        return Restoring(
            engine=self.engine,
            migrations=MIGRATIONS,
            tables=("keyring.epoch", "keyring.data_key", "keyring.provider_key"),
            roles=KEYRING_ROLES[1:],
        )
