"""The keyring as it was at one moment, for a backup: keys as they are wrapped."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl
from sqlalchemy import Connection, Engine

from custody.adapters.keyring.wrapped import wrapped_between, wrapped_of
from custody.adapters.snapshots import copy_out, snapshot
from custody.application.ports.backup import TableOf

TABLES = (
    TableOf(
        "keyring.epoch",
        ("id", "purpose", "level", "number", "state", "suite", "born_at"),
    ),
)


class PostgresKeySnapshots:
    """Implements `Keys` for keyring_backup."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of keyring_backup."""
        self._engine = engine

    @contextmanager
    def taken(self) -> Iterator["PostgresKeysSnapshot"]:
        """Hold a snapshot for the block."""
        with snapshot(self._engine, "take a snapshot of the keyring") as connection:
            yield PostgresKeysSnapshot(connection)


class PostgresKeysSnapshot:
    """Implements `KeysSnapshot` inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Take the transaction."""
        self._connection = connection

    def wrapped(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return handle, level, epoch, key_id, wrapped of the handles."""
        return wrapped_of(self._connection, handles)

    def between(self, first: bytes, last: bytes, *, most: int) -> pl.DataFrame:
        """Return the same of every handle between two, `most` at most."""
        return wrapped_between(self._connection, first, last, most=most)

    def tables(self) -> tuple[TableOf, ...]:
        """Return the tables of a set."""
        return TABLES

    def copy(self, table: TableOf) -> Iterator[bytes]:
        """Yield a table in COPY's text format."""
        return copy_out(self._connection, table)
