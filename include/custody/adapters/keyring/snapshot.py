"""The keyring as it was at one moment, for a backup: keys as they are wrapped."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl
from sqlalchemy import Connection, Engine

from custody.adapters.gathered import gathered
from custody.adapters.snapshots import copy_out, snapshot
from custody.application.ports.backup import TableOf

TABLES = (
    TableOf(
        "keyring.epoch",
        ("id", "purpose", "level", "number", "state", "suite", "born_at"),
    ),
)
_WRAPPED = (
    "SELECT string_agg(handle, '') AS handle, array_agg(level) AS level,"
    " array_agg(epoch) AS epoch, string_agg(key_id, '') AS key_id,"
    " string_agg(wrapped, '') AS wrapped, array_agg(octet_length(wrapped)) AS sizes"
    " FROM keyring.data_key JOIN ("
    "  SELECT substring(%(handles)s FROM 16 * n + 1 FOR 16) AS handle"
    "  FROM generate_series(0, %(count)s - 1) AS n) asked USING (handle)"
)
_WIDTHS = {"handle": 16, "key_id": 32, "wrapped": 0}
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
        bound = {"handles": b"".join(handles), "count": len(handles)}
        return gathered(
            self._connection, _WRAPPED, bound, widths=_WIDTHS, schema=_SCHEMA
        )

    def tables(self) -> tuple[TableOf, ...]:
        """Return the tables of a set."""
        return TABLES

    def copy(self, table: TableOf) -> Iterator[bytes]:
        """Yield a table in COPY's text format."""
        return copy_out(self._connection, table)
