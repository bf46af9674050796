"""Views in memory: what the pages read in unit tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custody.application.views import (
    DeliverySummary,
    RecordView,
    RowView,
    SupplementCount,
    SupplementView,
    WaitingRow,
)
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.outcome import Outcome


@dataclass(frozen=True)
class FakeViews:
    """Implements `Views` over given deliveries and records."""

    known: Sequence[DeliverySummary]
    records: Sequence[RecordView]
    rows_waiting: Sequence[WaitingRow] = ()
    requests: Sequence[SupplementView] = ()

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

    def delivery(self, delivery_id: DeliveryId) -> DeliverySummary | None:
        """Return one of the given deliveries."""
        return next((d for d in self.known if d.delivery_id == delivery_id), None)

    def waiting(
        self,
        *,
        outcomes: Sequence[Outcome] = (Outcome.HELD,),
        delivery_id: DeliveryId | None = None,
        limit: int = 1000,
    ) -> tuple[WaitingRow, ...]:
        """Return the given rows that wait."""
        return tuple(
            row
            for row in self.rows_waiting
            if row.outcome in outcomes and delivery_id in {None, row.delivery_id}
        )[:limit]

    def supplements(
        self,
        *,
        delivery_id: DeliveryId | None = None,
        closed: bool = False,
        limit: int = 1000,
    ) -> tuple[SupplementView, ...]:
        """Return the given requests."""
        return tuple(
            one
            for one in self.requests
            if (closed or one.closed_at is None)
            and delivery_id in {None, one.delivery_id}
        )[:limit]

    def supplement_counts(
        self, delivery_id: DeliveryId | None = None
    ) -> tuple[SupplementCount, ...]:
        """Count the given requests by delivery."""
        counted: dict[DeliveryId, list[bool]] = {}
        for one in self.requests:
            if delivery_id in {None, one.delivery_id}:
                counted.setdefault(one.delivery_id, []).append(one.closed_at is None)
        return tuple(
            SupplementCount(
                delivery_id=name, open=sum(opens), closed=len(opens) - sum(opens)
            )
            for name, opens in counted.items()
        )

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
