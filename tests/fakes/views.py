"""Views in memory: their contract suite also runs on PostgreSQL."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custody.application.views import (
    DeliverySummary,
    RecordView,
    RowView,
    SupplementCount,
    SupplementView,
    WaitingRow,
    whole,
)
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.outcome import Outcome

NO_ROWS: Mapping[DeliveryId, Sequence[RowView]] = {}


@dataclass(frozen=True)
class FakeViews:
    """Implements `Views` over what it is given, in any order."""

    known: Sequence[DeliverySummary]
    records: Sequence[RecordView]
    rows_waiting: Sequence[WaitingRow] = ()
    requests: Sequence[SupplementView] = ()
    rows_told: Mapping[DeliveryId, Sequence[RowView]] = dataclasses.field(
        default_factory=lambda: NO_ROWS
    )
    lines: Sequence[bytes] = ()

    def deliveries(
        self, *, states: Sequence[DeliveryState] = (), limit: int = 100
    ) -> tuple[DeliverySummary, ...]:
        """Return deliveries, the newest first."""
        kept = [one for one in self.known if not states or one.state in states]
        kept.sort(key=lambda one: (one.received_at, one.delivery_id), reverse=True)
        return tuple(kept[:limit])

    def delivery(self, delivery_id: DeliveryId) -> DeliverySummary | None:
        """Return one of the given deliveries."""
        return next((d for d in self.known if d.delivery_id == delivery_id), None)

    def rows(
        self, delivery_id: DeliveryId, *, limit: int = 1000
    ) -> tuple[RowView, ...]:
        """Return the given rows of a delivery, in order."""
        told = sorted(self.rows_told.get(delivery_id, ()), key=lambda one: one.row)
        return tuple(told[:limit])

    def waiting(
        self,
        *,
        outcomes: Sequence[Outcome] = (Outcome.HELD,),
        delivery_id: DeliveryId | None = None,
        limit: int = 1000,
    ) -> tuple[WaitingRow, ...]:
        """Return the given rows that wait, by delivery and row."""
        kept = [
            row
            for row in self.rows_waiting
            if row.outcome in outcomes and delivery_id in {None, row.delivery_id}
        ]
        kept.sort(key=lambda row: (row.delivery_id, row.row))
        return tuple(kept[:limit])

    def supplements(
        self,
        *,
        delivery_id: DeliveryId | None = None,
        closed: bool = False,
        limit: int = 1000,
    ) -> tuple[SupplementView, ...]:
        """Return the given requests, the oldest first."""
        kept = [
            one
            for one in self.requests
            if (closed or one.closed_at is None)
            and delivery_id in {None, one.delivery_id}
        ]
        return tuple(sorted(kept, key=lambda one: one.request_id)[:limit])

    def supplement_counts(
        self, delivery_id: DeliveryId | None = None
    ) -> tuple[SupplementCount, ...]:
        """Count the given requests by delivery, most open first."""
        opened: Counter[DeliveryId] = Counter()
        closed: Counter[DeliveryId] = Counter()
        for one in self.supplements(delivery_id=delivery_id, closed=True):
            (opened if one.closed_at is None else closed)[one.delivery_id] += 1
        names = sorted({*opened, *closed}, key=lambda name: (-opened[name], name))
        return tuple(
            SupplementCount(delivery_id=name, open=opened[name], closed=closed[name])
            for name in names
        )

    def customers(self, *, after: str = "", limit: int = 100) -> tuple[RecordView, ...]:
        """Return each customer as a whole, by number, after a number."""
        numbers = sorted({one.number for one in self.records if one.number is not None})
        behind = [number for number in numbers if number > after]
        found = (whole(self.history(number)) for number in behind[:limit])
        return tuple(one for one in found if one is not None)

    def history(self, number: str) -> tuple[RecordView, ...]:
        """Return every version of a customer, the latest first."""
        found = [one for one in self.records if one.number == number]
        return tuple(sorted(found, key=lambda one: one.version or 0, reverse=True))

    def record(self, handle: bytes) -> RecordView | None:
        """Return a record by its handle."""
        return next((r for r in self.records if r.handle == handle), None)

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return counts by what they count; of customers the latest versions."""
        latest = self.customers(limit=len(self.records))
        counted = {
            "delivery_state": Counter(str(one.state) for one in self.known),
            "outcome": self._outcomes(),
            "level": Counter(one.level for one in latest),
            "tier": Counter(one.tier or "-" for one in latest),
            "state": Counter(one.state for one in latest),
        }
        return {kind: dict(values) for kind, values in counted.items() if values}

    def _outcomes(self) -> Mapping[str, int]:
        return {
            outcome.value: sum(getattr(one.tally, outcome) for one in self.known)
            for outcome in (Outcome if self.known else ())
        }

    def ledger_tail(self, *, last: int = 20) -> tuple[bytes, ...]:
        """Return the last of the given lines, in order."""
        return tuple(self.lines[max(len(self.lines) - last, 0) :])
