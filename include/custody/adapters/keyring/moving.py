"""Data key records of one epoch: read by pages, and moved to another.

Pages go by columns both ways, as one byte string for each: to make an object of every
cell cost the client more than the ciphers (measured, decision 15).
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from custody.adapters.gathered import gathered
from custody.adapters.keyring.record_columns import (
    ASKED,
    HANDLE,
    WIDTHS,
    asking,
    gathering,
    schema_with,
)
from custody.crypto.keyrecord import RECORD_BYTES
from custody.crypto.rewrap import KeyRecords
from custody.domain.epochs import EpochId

# A partition has no statistics while it is filled, and the planner guesses 75 rows: it
# would read and sort a whole epoch for every batch.  The primary key leads to each.
_BY_PRIMARY_KEY = text(
    "SELECT set_config(one, 'off', true) FROM unnest(ARRAY['enable_seqscan',"
    " 'enable_bitmapscan', 'enable_sort', 'enable_hashjoin', 'enable_mergejoin']) one"
)

_COLUMNS = "handle, level, dataset, key_id, wrapped"
_TEXTS = ("level", "dataset")
_GATHERED = gathering(*_TEXTS)
_RECORDS = (
    f"{_GATHERED} FROM (SELECT {_COLUMNS} FROM keyring.data_key"  # noqa: S608 - ours
    " WHERE epoch = %(epoch)s AND handle > %(after)s ORDER BY handle"
    " LIMIT %(most)s) page"
)
_RECORDS_OF = f"{_GATHERED} FROM keyring.data_key JOIN {ASKED} WHERE epoch = %(epoch)s"
_MOVE = (
    "WITH moved AS (UPDATE keyring.data_key k"  # noqa: S608 - our own constants
    " SET epoch = %(new)s, wrapped = m.wrapped FROM ("
    f"  SELECT {HANDLE} AS handle,"
    "   substring(%(key_ids)s FROM 32 * n + 1 FOR 32) AS key_id,"
    f"  substring(%(wrapped)s FROM {RECORD_BYTES} * n + 1 FOR {RECORD_BYTES})"
    "   AS wrapped"
    "  FROM generate_series(0, %(count)s - 1) AS n) AS m"
    " WHERE k.epoch = %(old)s AND k.handle = m.handle AND k.key_id = m.key_id"
    " RETURNING k.handle, k.level, k.dataset, k.key_id, k.wrapped)"
    f" {_GATHERED} FROM moved"
)
_SCHEMA = schema_with(*_TEXTS)


def page(
    connection: Connection, epoch: EpochId, *, after: bytes, most: int
) -> KeyRecords:
    """Return records of an epoch whose handles come after one, in their order."""
    return _asked(
        connection, _RECORDS, {"epoch": str(epoch), "after": after, "most": most}
    )


def of_handles(
    connection: Connection, epoch: EpochId, handles: Sequence[bytes]
) -> KeyRecords:
    """Return the records that some handles have under an epoch."""
    return _asked(connection, _RECORDS_OF, {"epoch": str(epoch), **asking(handles)})


class PostgresKeyMover:
    """Implements `KeyMover` inside one keyring transaction."""

    def __init__(self, connection: Connection, new: EpochId) -> None:
        """Take the transaction that holds the new epoch."""
        self._connection = connection
        self._new = new

    def move(self, records: KeyRecords, *, old: EpochId) -> KeyRecords:
        """Give the records that still stand under `old` their new epoch."""
        bound = {
            "old": str(old),
            "new": str(self._new),
            **asking(records.handles),
            "key_ids": b"".join(records.key_ids),
            "wrapped": b"".join(records.wrapped),
        }
        return _asked(self._connection, _MOVE, bound)


def _asked(
    connection: Connection, statement: str, bound: Mapping[str, object]
) -> KeyRecords:
    connection.execute(_BY_PRIMARY_KEY)
    found = gathered(connection, statement, bound, widths=WIDTHS, schema=_SCHEMA)
    return KeyRecords(
        handles=found["handle"].to_list(),
        levels=found["level"].to_list(),
        datasets=found["dataset"].to_list(),
        key_ids=found["key_id"].to_list(),
        wrapped=found["wrapped"].to_list(),
    )
