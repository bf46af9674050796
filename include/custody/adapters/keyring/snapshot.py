"""The keyring as it was at one moment, for a backup: keys as they are wrapped."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl
from sqlalchemy import Connection, Engine, text

from custody.adapters.snapshots import copy_out, snapshot
from custody.application.ports.backup import TableOf

TABLES = (
    TableOf(
        "keyring.epoch",
        ("id", "purpose", "level", "number", "state", "suite", "born_at"),
    ),
)
_HANDLES_PER_QUERY = 10_000
_WRAPPED = text(
    "SELECT handle, level, epoch, key_id, wrapped FROM keyring.data_key"
    " WHERE handle = ANY(:handles)"
)
_COLUMNS = ("handle", "level", "epoch", "key_id", "wrapped")
_SCHEMA = pl.Schema(
    {
        "handle": pl.Binary,
        "level": pl.String,
        "epoch": pl.String,
        "key_id": pl.Binary,
        "wrapped": pl.Binary,
    }
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
        rows: list[tuple[object, ...]] = []
        for start in range(0, len(handles), _HANDLES_PER_QUERY):
            part = list(handles[start : start + _HANDLES_PER_QUERY])
            found = self._connection.execute(_WRAPPED, {"handles": part})
            rows += map(tuple, found)
        columns = zip(*rows, strict=True) if rows else ((),) * len(_COLUMNS)
        return pl.DataFrame(
            dict(zip(_COLUMNS, map(list, columns), strict=True)), schema=_SCHEMA
        )

    def tables(self) -> tuple[TableOf, ...]:
        """Return the tables of a set."""
        return TABLES

    def copy(self, table: TableOf) -> Iterator[bytes]:
        """Yield a table in COPY's text format."""
        return copy_out(self._connection, table)
