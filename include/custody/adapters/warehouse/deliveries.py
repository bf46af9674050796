"""The book of deliveries on PostgreSQL; every change carries its ledger entry."""

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, TextClause, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.delivery_rows import (
    add_files,
    parameters,
    record_of,
    tally_columns,
)
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.adapters.warehouse.staged import drop_staging
from custody.application.ports import Clock, DeliveryRecord, Entry
from custody.domain.delivery import (
    SETTLED,
    UNFINISHED,
    DeliveryId,
    DeliveryState,
    may_move,
)
from custody.domain.outcome import Tally

_COLUMNS = (
    "source_id, business_date, sequence, state, manifest_digest, files, rows_read,"
    " loaded, unchanged, pending, quarantined, refused, held, reasons,"
    " policy_digest, received_at, exported_at, erased_at, released"
)
_FIND = text(f"SELECT {_COLUMNS} FROM intake.delivery WHERE delivery_id = :id")  # noqa: S608 - a constant
_LIST = text(
    f"SELECT {_COLUMNS} FROM intake.delivery"  # noqa: S608 - a constant
    " WHERE (CAST(:source AS text) IS NULL OR source_id = :source)"
    " AND (CAST(:date AS date) IS NULL OR business_date = :date)"
    " AND (cardinality(CAST(:states AS text[])) = 0 OR state = ANY(:states))"
    " ORDER BY received_at DESC, delivery_id DESC LIMIT :limit"
)
_OWED = text(
    f"SELECT {_COLUMNS} FROM intake.delivery"  # noqa: S608 - a constant
    " WHERE (state = ANY(:unfinished) OR state = ANY(:settled)"
    " AND (exported_at IS NULL OR erased_at IS NULL)"
    " OR state = 'quarantined' AND erased_at IS NULL)"
    " AND (CAST(:source AS text) IS NULL OR source_id = :source)"
    " AND (CAST(:date AS date) IS NULL OR business_date = :date)"
    " ORDER BY received_at, delivery_id"
)
_SEEN = text(
    "SELECT delivery_id FROM intake.delivery JOIN intake.delivery_file"
    " USING (delivery_id) WHERE source_id = :source AND sha256 = ANY(:digests)"
    " AND state <> 'quarantined' ORDER BY received_at LIMIT 1"
)
ADD = text(
    "INSERT INTO intake.delivery (delivery_id, source_id, business_date, sequence,"
    " state, manifest_digest, files, rows_read, loaded, unchanged, pending,"
    " quarantined, refused, held, reasons, policy_digest, received_at)"
    " VALUES (:id, :source, :date, :sequence, :state, :digest,"
    " CAST(:files AS jsonb), :rows_read, :loaded, :unchanged, :pending,"
    " :quarantined, :refused, :held, :reasons, :policy, :received)"
    " ON CONFLICT (delivery_id) DO NOTHING"
)
# A held or refused delivery holds or refuses all rows that could be read.  What a
# held one exported is no longer true once it is released: it is exported again.
# What a steward let pass is remembered, for its staging may have to be made again.
_MOVE = text(
    "UPDATE intake.delivery SET state = :new, reasons = :reasons,"
    " exported_at = CASE WHEN :new = 'checked' THEN NULL ELSE exported_at END,"
    " released = CASE WHEN state = 'held' AND :new = 'checked' THEN reasons"
    " ELSE released END,"
    " rows_read = CASE WHEN :new = 'quarantined' THEN 0 ELSE rows_read END,"
    " quarantined = CASE WHEN :new = 'quarantined' THEN 0 ELSE quarantined END,"
    " held = CASE WHEN :new = 'held' THEN rows_read - quarantined ELSE 0 END,"
    " refused = CASE WHEN :new = 'refused' THEN rows_read - quarantined ELSE 0 END"
    " WHERE delivery_id = :id AND state = ANY(:old)"
)
_COUNT = text(
    "UPDATE intake.delivery SET rows_read = :rows_read, loaded = :loaded,"
    " unchanged = :unchanged, pending = :pending, quarantined = :quarantined,"
    " refused = :refused, held = :held WHERE delivery_id = :id"
)
_FORGET_ROWS = text("DELETE FROM intake.row_outcome WHERE delivery_id = :id")
_REMOVED = frozenset({DeliveryState.REFUSED, DeliveryState.QUARANTINED})
# What was written is what stood when it was read, or it is written again.
_EXPORTED = text(
    "UPDATE intake.delivery SET exported_at = :moment"
    " WHERE delivery_id = :id AND exported_at IS NULL"
    " AND state = :state AND held = :held"
)
_ERASED = text(
    "UPDATE intake.delivery SET erased_at = :moment"
    " WHERE delivery_id = :id AND erased_at IS NULL"
)


class PostgresDeliveryBook:
    """Implements `DeliveryBook` for the loader; the exporter marks exports by it."""

    def __init__(self, engine: Engine, ledger: LedgerWriter, clock: Clock) -> None:
        """Take an engine, the ledger's writer and the clock."""
        self._engine = engine
        self._ledger = ledger
        self._clock = clock

    def find(self, delivery_id: DeliveryId) -> DeliveryRecord | None:
        """Return one delivery."""
        with transaction(self._engine, "find a delivery") as connection:
            row = connection.execute(_FIND, {"id": delivery_id}).one_or_none()
        return None if row is None else record_of(row)

    def list(
        self,
        *,
        source_id: str | None = None,
        business_date: dt.date | None = None,
        states: Sequence[DeliveryState] = (),
        limit: int = 1000,
    ) -> tuple[DeliveryRecord, ...]:
        """Return deliveries, the newest first."""
        wanted = {
            "source": source_id,
            "date": business_date,
            "states": [str(state) for state in states],
            "limit": limit,
        }
        with transaction(self._engine, "list deliveries") as connection:
            return tuple(record_of(row) for row in connection.execute(_LIST, wanted))

    def owed(
        self, source_id: str | None = None, business_date: dt.date | None = None
    ) -> tuple[DeliveryRecord, ...]:
        """Return every delivery that `is_owed`, however many, the oldest first."""
        wanted = {
            "source": source_id,
            "date": business_date,
            "unfinished": [str(state) for state in UNFINISHED],
            "settled": [str(state) for state in SETTLED],
        }
        with transaction(self._engine, "list owed deliveries") as connection:
            return tuple(record_of(row) for row in connection.execute(_OWED, wanted))

    def seen(self, source_id: str, file_digests: Sequence[str]) -> DeliveryId | None:
        """Return a delivery of the source that brought any of these files."""
        wanted = {"source": source_id, "digests": list(file_digests)}
        with transaction(self._engine, "look for a replay") as connection:
            found = connection.execute(_SEEN, wanted).scalar()
        return None if found is None else DeliveryId(found)

    def add(self, record: DeliveryRecord, entry: Entry) -> bool:
        """Insert with its ledger entry; False when the id is known already."""
        with transaction(self._engine, "add a delivery") as connection:
            if not connection.execute(ADD, parameters(record)).rowcount:
                return False
            add_files(connection, record)
            self._ledger.append(connection, entry)
        return True

    def move(
        self,
        delivery_id: DeliveryId,
        old: Sequence[DeliveryState],
        new: DeliveryState,
        entry: Entry,
        *,
        tally: Tally | None = None,
        reasons: Sequence[str] = (),
    ) -> bool:
        """Move if the state is one of `old`; False when another run moved it.

        Without a tally the rows follow the state: all held, all refused, or none
        of both.  Refusing removes the staging; quarantining does too, and forgets
        the rows: as a whole it was not let in.
        """
        known = [str(state) for state in old if may_move(state, new)]
        row = {"id": delivery_id, "old": known, "new": new, "reasons": list(reasons)}
        with transaction(self._engine, "move a delivery") as connection:
            if connection.execute(_MOVE, row).rowcount != 1:
                return False
            if tally is not None:
                connection.execute(_COUNT, {"id": delivery_id, **tally_columns(tally)})
            if new in _REMOVED:
                drop_staging(connection, delivery_id)
            if new is DeliveryState.QUARANTINED:
                connection.execute(_FORGET_ROWS, {"id": delivery_id})
            self._ledger.append(connection, entry)
        return True

    def mark_exported(self, record: DeliveryRecord, entry: Entry) -> bool:
        """Record that the data object was read back from every medium; once.

        False when the delivery is no longer as `record` tells, or is marked.
        """
        row = {
            "id": record.key.delivery_id,
            "state": record.state,
            "held": record.tally.held,
        }
        return self._mark(_EXPORTED, row, entry)

    def mark_erased(self, delivery_id: DeliveryId, entry: Entry) -> None:
        """Record that the landed files are gone; once."""
        self._mark(_ERASED, {"id": delivery_id}, entry)

    def _mark(
        self, statement: TextClause, row: Mapping[str, object], entry: Entry
    ) -> bool:
        bound = {**row, "moment": self._clock.now()}
        with transaction(self._engine, "mark a delivery") as connection:
            marked = bool(connection.execute(statement, bound).rowcount)
            if marked:
                self._ledger.append(connection, entry)
        return marked
