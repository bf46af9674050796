"""Delivery records for tests: invented, complete, and said so."""

import datetime as dt

from custody.application.ports import DeliveryRecord
from custody.domain.delivery import DeliveryKey, DeliveryState, ManifestFile
from custody.domain.outcome import Tally
from custody.domain.sources import SourceId

MOMENT = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 23)


def delivery_key(sequence: int = 1, *, source: str = "website") -> DeliveryKey:
    """Return the key of an invented delivery of DAY."""
    return DeliveryKey(source_id=SourceId(source), business_date=DAY, sequence=sequence)


def delivery_record(
    state: DeliveryState = DeliveryState.ADMITTED,
    *,
    sequence: int = 1,
    source: str = "website",
    sha256: str = "00" * 32,
    tally: Tally | None = None,
    exported_at: dt.datetime | None = None,
) -> DeliveryRecord:
    """Return an invented delivery with one file."""
    return DeliveryRecord(
        key=delivery_key(sequence, source=source),
        state=state,
        manifest_digest="11" * 32,
        files=(ManifestFile(name="rows.jsonl", sha256=sha256, size=10, rows=1),),
        tally=tally or Tally(),
        reasons=(),
        policy_digest="22" * 32,
        received_at=MOMENT,
        erased_at=None,
        exported_at=exported_at,
    )
