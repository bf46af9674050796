"""Values of the register, and of who waits, replaced by themselves sealed again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.application.ports import Entry
from custody.application.ports.reseal import Replacement, StoredValue
from custody.domain.levels import Level

_TABLES = ("register.sealed_value", "intake.staged_value")
_FIND = tuple(
    text(
        f"SELECT handle, sealed, digest, key_id FROM {table}"  # noqa: S608 - our own
        " WHERE handle = ANY(:handles) AND level = :level"
    )
    for table in _TABLES
)
# The content digest is not written: what stands is compared with it.
_REPLACE = tuple(
    text(
        f"UPDATE {table} v SET sealed = m.sealed, key_id = m.key_id"  # noqa: S608 - our own
        " FROM unnest(CAST(:handles AS bytea[]), CAST(:former AS bytea[]),"
        " CAST(:sealed AS bytea[]), CAST(:key_ids AS bytea[]))"
        " AS m (handle, former, sealed, key_id)"
        " WHERE v.handle = m.handle AND v.level = :level AND v.key_id = m.former"
        " RETURNING v.handle, v.sealed, v.digest, v.key_id"
    )
    for table in _TABLES
)


class PostgresSealedValues:
    """Implements `SealedValues` for custody_destroyer."""

    def __init__(self, engine: Engine, ledger: LedgerWriter) -> None:
        """Take the engine of custody_destroyer and the writer of the ledger."""
        self._engine = engine
        self._ledger = ledger

    def find(self, level: Level, handles: Sequence[bytes]) -> tuple[StoredValue, ...]:
        """Return the values that some handles have of a level, in any order."""
        row = {"level": level, "handles": list(handles)}
        with transaction(self._engine, "read sealed values") as connection:
            return tuple(
                _stored(one)
                for statement in _FIND
                for one in connection.execute(statement, row)
            )

    @contextmanager
    def replacing(self, level: Level) -> Iterator["PostgresValueReplacer"]:
        """Open one transaction; commits at a clean exit."""
        with transaction(self._engine, "replace sealed values") as connection:
            yield PostgresValueReplacer(connection, self._ledger, level)


class PostgresValueReplacer:
    """Implements `ValueReplacer` inside one warehouse transaction."""

    def __init__(
        self, connection: Connection, ledger: LedgerWriter, level: Level
    ) -> None:
        """Take the transaction."""
        self._connection = connection
        self._ledger = ledger
        self._level = level

    def replace(self, values: Sequence[Replacement]) -> tuple[StoredValue, ...]:
        """Write those that still have their former key id; return them as stored."""
        row = {
            "level": self._level,
            "handles": [one.handle for one in values],
            "former": [one.former_key_id for one in values],
            "sealed": [one.sealed for one in values],
            "key_ids": [one.key_id for one in values],
        }
        return tuple(
            _stored(one)
            for statement in _REPLACE
            for one in self._connection.execute(statement, row)
        )

    def tell(self, entry: Entry) -> None:
        """Append to the ledger in this transaction; call it last."""
        self._ledger.append(self._connection, entry)


def _stored(row: Any) -> StoredValue:  # noqa: ANN401 - a row of either table
    return StoredValue(
        handle=bytes(row.handle),
        sealed=bytes(row.sealed),
        digest=bytes(row.digest),
        key_id=bytes(row.key_id),
    )
