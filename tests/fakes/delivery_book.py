"""An in-memory `DeliveryBook`: its contract suite also runs on PostgreSQL."""

import dataclasses
import datetime as dt
from collections.abc import Sequence

from custody.application.ports import DeliveryRecord, Entry
from custody.domain.delivery import DeliveryId, DeliveryState, may_move
from custody.domain.outcome import Tally


class FakeDeliveryBook:
    """Keeps deliveries in a dict and entries in a list."""

    def __init__(self, moment: dt.datetime) -> None:
        """Start empty; `moment` stamps what is marked."""
        self.records: dict[DeliveryId, DeliveryRecord] = {}
        self.entries: list[Entry] = []
        self._moment = moment

    def find(self, delivery_id: DeliveryId) -> DeliveryRecord | None:
        """Return one delivery."""
        return self.records.get(delivery_id)

    def list(
        self,
        *,
        source_id: str | None = None,
        business_date: dt.date | None = None,
        states: Sequence[DeliveryState] = (),
        limit: int = 1000,
    ) -> tuple[DeliveryRecord, ...]:
        """Return deliveries, the newest first."""
        found = [
            record
            for record in reversed(self.records.values())
            if source_id in {None, record.key.source_id}
            and business_date in {None, record.key.business_date}
            and (not states or record.state in states)
        ]
        return tuple(found[:limit])

    def owed(
        self, source_id: str | None = None, business_date: dt.date | None = None
    ) -> tuple[DeliveryRecord, ...]:
        """Return every delivery that is owed, the oldest first."""
        return tuple(
            record
            for record in self.records.values()
            if record.is_owed
            and source_id in {None, record.key.source_id}
            and business_date in {None, record.key.business_date}
        )

    def seen(self, source_id: str, file_digests: Sequence[str]) -> DeliveryId | None:
        """Return a delivery of the source that brought any of these files."""
        return next(
            (
                delivery_id
                for delivery_id, record in self.records.items()
                if record.key.source_id == source_id
                and record.state is not DeliveryState.QUARANTINED
                and {file.sha256 for file in record.files} & set(file_digests)
            ),
            None,
        )

    def add(self, record: DeliveryRecord, entry: Entry) -> bool:
        """Insert with its ledger entry; False when the id is known already."""
        if record.key.delivery_id in self.records:
            return False
        self.records[record.key.delivery_id] = record
        self.entries.append(entry)
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
        """Move if the state is one of `old`; False when another run moved it."""
        record = self.records[delivery_id]
        if record.state not in old or not may_move(record.state, new):
            return False
        removed = new is DeliveryState.QUARANTINED
        releases = (record.state, new) == (DeliveryState.HELD, DeliveryState.CHECKED)
        self.records[delivery_id] = dataclasses.replace(
            record,
            state=new,
            tally=Tally() if removed else tally or record.tally,
            reasons=tuple(reasons),
            exported_at=None if new is DeliveryState.CHECKED else record.exported_at,
            released=record.reasons if releases else record.released,
        )
        self.entries.append(entry)
        return True

    def mark_exported(self, delivery_id: DeliveryId, entry: Entry) -> None:
        """Record that the data object was read back from every medium."""
        record = self.records[delivery_id]
        self.records[delivery_id] = dataclasses.replace(
            record, exported_at=self._moment
        )
        self.entries.append(entry)

    def mark_erased(self, delivery_id: DeliveryId, entry: Entry) -> None:
        """Record that the landed files are gone."""
        record = self.records[delivery_id]
        self.records[delivery_id] = dataclasses.replace(record, erased_at=self._moment)
        self.entries.append(entry)
