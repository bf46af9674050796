"""A delivery as rows of the warehouse, both ways."""

import json
from typing import Any

from sqlalchemy import Connection, Row, text

from custody.application.ports import DeliveryRecord
from custody.domain.delivery import DeliveryKey, DeliveryState, ManifestFile
from custody.domain.outcome import Tally
from custody.domain.sources import SourceId

_ADD_FILE = text(
    "INSERT INTO intake.delivery_file (delivery_id, sha256, name, size, rows)"
    " VALUES (:id, :sha256, :name, :size, :rows)"
)


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


def tally_of(row: Row[Any]) -> Tally:
    """Return the counters of a row that has the columns of a delivery."""
    return Tally(
        read=row.rows_read,
        loaded=row.loaded,
        unchanged=row.unchanged,
        pending=row.pending,
        quarantined=row.quarantined,
        refused=row.refused,
        held=row.held,
    )


def add_files(connection: Connection, record: DeliveryRecord) -> None:
    """Insert the files that a delivery was recorded with."""
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


def parameters(record: DeliveryRecord) -> dict[str, object]:
    """Return what the row of a new delivery is made of."""
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


def record_of(row: Row[tuple[object, ...]]) -> DeliveryRecord:
    """Return the delivery that a row tells of."""
    return DeliveryRecord(
        key=DeliveryKey(
            source_id=SourceId(row.source_id),
            business_date=row.business_date,
            sequence=row.sequence,
        ),
        state=DeliveryState(row.state),
        manifest_digest=row.manifest_digest,
        files=tuple(ManifestFile(**file) for file in row.files),
        tally=tally_of(row),
        reasons=tuple(row.reasons),
        policy_digest=row.policy_digest,
        received_at=row.received_at,
        erased_at=row.erased_at,
        exported_at=row.exported_at,
        released=tuple(row.released),
    )
