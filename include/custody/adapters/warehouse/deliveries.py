"""The book of deliveries on PostgreSQL; every change carries its ledger entry."""

import datetime as dt
import json
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, Row, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.adapters.warehouse.staged import drop_staging
from custody.application.ports import Clock, DeliveryRecord, Entry
from custody.domain.delivery import (
    DeliveryId,
    DeliveryKey,
    DeliveryState,
    ManifestFile,
    may_move,
)
from custody.domain.outcome import Tally
from custody.domain.sources import SourceId

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
_SEEN = text(
    "SELECT delivery_id FROM intake.delivery JOIN intake.delivery_file"
    " USING (delivery_id) WHERE source_id = :source AND sha256 = ANY(:digests)"
    " AND state <> 'quarantined' ORDER BY received_at LIMIT 1"
)
_ADD = text(
    "INSERT INTO intake.delivery (delivery_id, source_id, business_date, sequence,"
    " state, manifest_digest, files, rows_read, loaded, unchanged, pending,"
    " quarantined, refused, held, reasons, policy_digest, received_at)"
    " VALUES (:id, :source, :date, :sequence, :state, :digest,"
    " CAST(:files AS jsonb), :rows_read, :loaded, :unchanged, :pending,"
    " :quarantined, :refused, :held, :reasons, :policy, :received)"
    " ON CONFLICT (delivery_id) DO NOTHING"
)
_ADD_FILE = text(
    "INSERT INTO intake.delivery_file (delivery_id, sha256, name, size, rows)"
    " VALUES (:id, :sha256, :name, :size, :rows)"
)
# A held or refused delivery holds or refuses all rows that could be read.  What a
# held one exported is no longer true once it is released: it is exported again.
# What a steward let pass is remembered, for its staging may have to be made again.
_MOVE = text(
    "UPDATE intake.delivery SET state = :new, reasons = :reasons,"
    " exported_at = CASE WHEN :new = 'checked' THEN NULL ELSE exported_at END,"
    " released = CASE WHEN state = 'held' AND :new = 'checked' THEN reasons"
    " ELSE released END,"
    " held = CASE WHEN :new = 'held' THEN rows_read - quarantined ELSE 0 END,"
    " refused = CASE WHEN :new = 'refused' THEN rows_read - quarantined ELSE 0 END"
    " WHERE delivery_id = :id AND state = ANY(:old)"
)
_COUNT = text(
    "UPDATE intake.delivery SET rows_read = :rows_read, loaded = :loaded,"
    " unchanged = :unchanged, pending = :pending, quarantined = :quarantined,"
    " refused = :refused, held = :held WHERE delivery_id = :id"
)
_EXPORTED = text(
    "UPDATE intake.delivery SET exported_at = :moment"
    " WHERE delivery_id = :id AND exported_at IS NULL"
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
        return None if row is None else _record(row)

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
            return tuple(_record(row) for row in connection.execute(_LIST, wanted))

    def seen(self, source_id: str, file_digests: Sequence[str]) -> DeliveryId | None:
        """Return a delivery of the source that brought any of these files."""
        wanted = {"source": source_id, "digests": list(file_digests)}
        with transaction(self._engine, "look for a replay") as connection:
            found = connection.execute(_SEEN, wanted).scalar()
        return None if found is None else DeliveryId(found)

    def add(self, record: DeliveryRecord, entry: Entry) -> bool:
        """Insert with its ledger entry; False when the id is known already."""
        with transaction(self._engine, "add a delivery") as connection:
            if not connection.execute(_ADD, _parameters(record)).rowcount:
                return False
            _add_files(connection, record)
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
        of both.  Refusing removes the staging.
        """
        known = [str(state) for state in old if may_move(state, new)]
        row = {"id": delivery_id, "old": known, "new": new, "reasons": list(reasons)}
        with transaction(self._engine, "move a delivery") as connection:
            if connection.execute(_MOVE, row).rowcount != 1:
                return False
            if tally is not None:
                connection.execute(_COUNT, {"id": delivery_id, **tally_columns(tally)})
            if new is DeliveryState.REFUSED:
                drop_staging(connection, delivery_id)
            self._ledger.append(connection, entry)
        return True

    def mark_exported(self, delivery_id: DeliveryId, entry: Entry) -> None:
        """Record that the data object was read back from every medium; once."""
        self._mark(_EXPORTED, delivery_id, entry)

    def mark_erased(self, delivery_id: DeliveryId, entry: Entry) -> None:
        """Record that the landed files are gone; once."""
        self._mark(_ERASED, delivery_id, entry)

    def _mark(self, statement: object, delivery_id: DeliveryId, entry: Entry) -> None:
        row = {"id": delivery_id, "moment": self._clock.now()}
        with transaction(self._engine, "mark a delivery") as connection:
            if connection.execute(statement, row).rowcount:  # type: ignore[call-overload]
                self._ledger.append(connection, entry)


def tally_columns(tally: Tally) -> dict[str, int]:
    """Return the counters of a tally by the names of their columns."""
    return {
        "rows_read": tally.read,
        "loaded": tally.loaded,
        "unchanged": tally.unchanged,
        "pending": tally.pending,
        "quarantined": tally.quarantined,
        "refused": tally.refused,
        "held": tally.held,
    }


def _add_files(connection: Connection, record: DeliveryRecord) -> None:
    rows = [
        {"id": record.key.delivery_id, **_file_columns(file)} for file in record.files
    ]
    if rows:
        connection.execute(_ADD_FILE, rows)


def _file_columns(file: ManifestFile) -> dict[str, str | int | None]:
    return {
        "name": file.name,
        "sha256": file.sha256,
        "size": file.size,
        "rows": file.rows,
    }


def _parameters(record: DeliveryRecord) -> dict[str, object]:
    files = json.dumps([_file_columns(file) for file in record.files])
    return {
        "id": record.key.delivery_id,
        "source": record.key.source_id,
        "date": record.key.business_date,
        "sequence": record.key.sequence,
        "state": record.state,
        "digest": record.manifest_digest,
        "files": files,
        "reasons": list(record.reasons),
        "policy": record.policy_digest,
        "received": record.received_at,
        **tally_columns(record.tally),
    }


def _record(row: Row[tuple[object, ...]]) -> DeliveryRecord:
    return DeliveryRecord(
        key=DeliveryKey(
            source_id=SourceId(row.source_id),
            business_date=row.business_date,
            sequence=row.sequence,
        ),
        state=DeliveryState(row.state),
        manifest_digest=row.manifest_digest,
        files=tuple(ManifestFile(**file) for file in row.files),
        tally=Tally(
            read=row.rows_read,
            loaded=row.loaded,
            unchanged=row.unchanged,
            pending=row.pending,
            quarantined=row.quarantined,
            refused=row.refused,
            held=row.held,
        ),
        reasons=tuple(row.reasons),
        policy_digest=row.policy_digest,
        received_at=row.received_at,
        erased_at=row.erased_at,
        exported_at=row.exported_at,
        released=tuple(row.released),
    )
