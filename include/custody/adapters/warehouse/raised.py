"""What a lower level had sealed of customers who were raised since, on PostgreSQL.

A version of a higher level than the one before it, of the same part: whatever the
level before had sealed until then is readable by whoever may open that level.
"""

from collections.abc import Iterator

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.application.ports import Clock, Entry
from custody.application.restrict import RaisedValues
from custody.domain.levels import LEVELS_FROM_HIGH, Level

HANDLES_PER_BATCH = 2_000

ORDER = {"order": [level.value for level in LEVELS_FROM_HIGH]}

OLD_VERSIONS = (
    "(SELECT r.number, r.old AS level, r.loaded_at, v.handle"
    " FROM (SELECT number, part, version, level, loaded_at, lag(level) OVER"
    "  (PARTITION BY number, part ORDER BY version) AS old"
    "  FROM register.record_version WHERE number IN"
    "  (SELECT number FROM register.record_version WHERE version > 1)) r"
    " JOIN register.record_version v ON v.number = r.number AND v.part = r.part"
    "  AND v.version < r.version"
    "  AND v.state <> 'destroyed'"
    " WHERE array_position(CAST(:order AS text[]), r.level)"
    "  < array_position(CAST(:order AS text[]), r.old))"
)
"""A relation: the versions before a raise, with the level that was left.

Not every one has a value there: of the others there is no key to move.
"""

_NOTE = text(
    f"INSERT INTO register.raised (handle, level) SELECT o.handle, o.level"  # noqa: S608 - constants
    f" FROM {OLD_VERSIONS} o WHERE o.level = :level ON CONFLICT DO NOTHING"
)
_NEXT = text(
    "SELECT handle FROM register.raised WHERE level = :level"
    " AND restricted_at IS NULL AND handle > :after ORDER BY handle LIMIT :most"
)
_SETTLE = text(
    "UPDATE register.raised SET restricted_at = :moment"
    " WHERE level = :level AND handle = ANY(:handles) AND restricted_at IS NULL"
)


class PostgresRaisings:
    """Implements `Raisings`; made for custody_destroyer."""

    def __init__(self, engine: Engine, ledger: LedgerWriter, clock: Clock) -> None:
        """Take the destroyer's engine, the ledger's writer and the clock."""
        self._engine = engine
        self._ledger = ledger
        self._clock = clock

    def open(self, level: Level) -> Iterator[RaisedValues]:
        """Note what is not noted yet, and yield what is to be moved, batch by batch."""
        with transaction(self._engine, "note who was raised") as connection:
            connection.execute(_NOTE, {**ORDER, "level": level.value})
        after = b""
        while True:
            wanted = {"level": level.value, "after": after, "most": HANDLES_PER_BATCH}
            with transaction(self._engine, "look who was raised") as connection:
                handles = list(map(bytes, connection.execute(_NEXT, wanted).scalars()))
            if not handles:
                return
            after = handles[-1]
            yield RaisedValues(level=level, handles=tuple(handles))

    def settled(self, moved: RaisedValues, entry: Entry) -> int:
        """Record that the keys have left; one transaction with its entry."""
        row = {"level": moved.level.value, "handles": list(moved.handles)}
        bound = {**row, "moment": self._clock.now()}
        with transaction(self._engine, "settle who was raised") as connection:
            settled = connection.execute(_SETTLE, bound).rowcount
            if settled:
                self._ledger.append(connection, entry)
        return settled
