"""Views in memory: what the pages read in unit tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custody.application.views import (
    DeliverySummary,
    RecordView,
    RowView,
    SupplementView,
)
from custody.domain.delivery import DeliveryId, DeliveryState


@dataclass(frozen=True)
class FakeViews:
    """Implements `Views` over given deliveries and records."""

    known: Sequence[DeliverySummary]
    records: Sequence[RecordView]

    def deliveries(
        self, *, states: Sequence[DeliveryState] = (), limit: int = 100
    ) -> tuple[DeliverySummary, ...]:
        """Return the given deliveries in their order."""
        kept = [d for d in self.known if not states or d.state in states]
        return tuple(kept[:limit])

    def rows(
        self, delivery_id: DeliveryId, *, limit: int = 1000
    ) -> tuple[RowView, ...]:
        """Return none."""
        del delivery_id, limit
        return ()

    def supplements(self, *, limit: int = 1000) -> tuple[SupplementView, ...]:
        """Return none."""
        del limit
        return ()

    def customers(self, *, after: str = "", limit: int = 100) -> tuple[RecordView, ...]:
        """Return the given records behind a number."""
        return tuple(r for r in self.records if (r.number or "") > after)[:limit]

    def history(self, number: str) -> tuple[RecordView, ...]:
        """Return the records of a number."""
        return tuple(r for r in self.records if r.number == number)

    def record(self, handle: bytes) -> RecordView | None:
        """Return a record by its handle."""
        return next((r for r in self.records if r.handle == handle), None)

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return the number of records by level."""
        return {"level": {"high": len(self.records)}}

    def ledger_tail(self, *, last: int = 20) -> tuple[bytes, ...]:
        """Return none."""
        del last
        return ()
