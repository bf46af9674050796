"""An in-memory `DeliveryBook`: its contract suite also runs on PostgreSQL."""

import dataclasses
import datetime as dt
from collections.abc import Sequence

from custody.application.ports import DeliveryRecord, Entry
from custody.domain.delivery import DeliveryId, DeliveryState, may_move
from custody.domain.outcome import Tally
from custody.errors import EvidenceError

_FINAL = frozenset(DeliveryState) - {
    DeliveryState.ADMITTED,
    DeliveryState.SEALED,
    DeliveryState.CHECKED,
}
"""States in which every row read has its outcome."""


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
            for record in reversed(self._oldest_first())
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
            for record in self._oldest_first()
            if record.is_owed
            and source_id in {None, record.key.source_id}
            and business_date in {None, record.key.business_date}
        )

    def seen(self, source_id: str, file_digests: Sequence[str]) -> DeliveryId | None:
        """Return a delivery of the source that brought any of these files."""
        return next(
            (
                record.key.delivery_id
                for record in self._oldest_first()
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
        self._keep(
            dataclasses.replace(record, exported_at=None, erased_at=None, released=())
        )
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
        record = self.records.get(delivery_id)
        if record is None or record.state not in old or not may_move(record.state, new):
            return False
        releases = (record.state, new) == (DeliveryState.HELD, DeliveryState.CHECKED)
        self._keep(
            dataclasses.replace(
                record,
                state=new,
                tally=tally or _following(record.tally, new),
                reasons=tuple(reasons),
                exported_at=(
                    None if new is DeliveryState.CHECKED else record.exported_at
                ),
                released=record.reasons if releases else record.released,
            )
        )
        self.entries.append(entry)
        return True

    def mark_exported(self, record: DeliveryRecord, entry: Entry) -> bool:
        """Record that the data object was read back from every medium; once."""
        now = self.records.get(record.key.delivery_id)
        if (
            now is None
            or now.exported_at is not None
            or (now.state, now.tally.held) != (record.state, record.tally.held)
        ):
            return False
        self._keep(dataclasses.replace(now, exported_at=self._moment))
        self.entries.append(entry)
        return True

    def mark_erased(self, delivery_id: DeliveryId, entry: Entry) -> None:
        """Record that the landed files are gone; once."""
        record = self.records.get(delivery_id)
        if record is not None and record.erased_at is None:
            self._keep(dataclasses.replace(record, erased_at=self._moment))
            self.entries.append(entry)

    def _keep(self, record: DeliveryRecord) -> None:
        if record.state in _FINAL and not record.tally.conserves:
            message = "rows_conserved: a row has no outcome, or two"
            raise EvidenceError(message)
        self.records[record.key.delivery_id] = record

    def _oldest_first(self) -> "Listed":
        return sorted(
            self.records.values(),
            key=lambda record: (record.received_at, record.key.delivery_id),
        )


Listed = list[DeliveryRecord]  # `list` is a method's name in the class


def _following(tally: Tally, new: DeliveryState) -> Tally:
    """Return the rows as they follow a state that was told without them."""
    if new is DeliveryState.QUARANTINED:
        return Tally()
    readable = tally.read - tally.quarantined
    return dataclasses.replace(
        tally,
        held=readable if new is DeliveryState.HELD else 0,
        refused=readable if new is DeliveryState.REFUSED else 0,
    )
