"""The keyring as the sweeper has it: when keys were written, never the keys."""

import datetime as dt
from collections.abc import Iterator, Sequence

from sqlalchemy import Engine, text

from custody.adapters.database import transaction

HANDLES_PER_BATCH = 10_000

# By the primary key, so that a batch begins where the last one ended.
_OLD = text(
    "SELECT epoch, handle FROM keyring.data_key WHERE written_at < :before"
    " AND (handle, epoch) > (:handle, :epoch) ORDER BY handle, epoch LIMIT :most"
)
_DELETE = text(
    "DELETE FROM keyring.data_key WHERE written_at < :before AND handle = ANY(:handles)"
)


class PostgresWrittenKeys:
    """Implements `WrittenKeys` for keyring_sweeper."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of keyring_sweeper."""
        self._engine = engine

    def before(self, moment: dt.datetime) -> Iterator[tuple[bytes, ...]]:
        """Yield the handles of keys written before a moment, batch by batch."""
        at: dict[str, object] = {"epoch": "", "handle": b""}
        while True:
            wanted = {**at, "before": moment, "most": HANDLES_PER_BATCH}
            with transaction(self._engine, "look for old keys") as connection:
                rows = connection.execute(_OLD, wanted).all()
            if not rows:
                return
            at = {"epoch": rows[-1].epoch, "handle": rows[-1].handle}
            yield tuple(dict.fromkeys(bytes(row.handle) for row in rows))

    def delete(self, handles: Sequence[bytes], *, before: dt.datetime) -> int:
        """Delete the keys of handles that were written before a moment; count them."""
        row = {"handles": list(handles), "before": before}
        with transaction(self._engine, "delete unclaimed keys") as connection:
            return connection.execute(_DELETE, row).rowcount
