"""Reading for people on PostgreSQL: the reading role's queries."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text

from custody.adapters.warehouse.delivery_rows import tally_of
from custody.adapters.warehouse.waiting_views import PostgresWaitingViews
from custody.application.views import DeliverySummary, RecordView, RowView, united
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.outcome import Outcome

_DELIVERIES = text(
    "SELECT delivery_id, source_id, business_date, state, rows_read, loaded,"
    " unchanged, pending, quarantined, refused, held, reasons, received_at,"
    " exported_at, erased_at FROM intake.delivery"
    " WHERE (cardinality(CAST(:states AS text[])) = 0 OR state = ANY(:states))"
    " AND (CAST(:id AS text) IS NULL OR delivery_id = :id)"
    " ORDER BY received_at DESC, delivery_id DESC LIMIT :limit"
)
_ROWS = text(
    "SELECT o.row, o.outcome, o.reasons, o.handle, f.facts FROM intake.row_outcome o"
    " LEFT JOIN intake.row_facts f USING (delivery_id, row)"
    " WHERE delivery_id = :id ORDER BY o.row LIMIT :limit"
)
_RECORD = (
    "SELECT v.handle, v.number, v.version, v.delivery_id, v.row, v.state, v.level,"
    " v.tier, v.industry, v.customer_type, v.party, v.responsible, v.classes,"
    " p.name, p.shown, v.part FROM register.record_version v"
    " LEFT JOIN projection.record p USING (handle)"
)
_CUSTOMERS = text(
    "WITH latest AS (SELECT DISTINCT ON (number) handle, number"  # noqa: S608 - constants
    " FROM register.record_version WHERE number > :after AND part = ''"
    " ORDER BY number, version DESC LIMIT :limit)"
    f" {_RECORD} WHERE v.handle IN (SELECT handle FROM latest) ORDER BY v.number"
)
_PARTS = text(
    "WITH latest AS (SELECT DISTINCT ON (number, part) handle"  # noqa: S608 - constants
    " FROM register.record_version WHERE number = ANY(:numbers)"
    " AND part <> '' ORDER BY number, part, version DESC)"
    f" {_RECORD} WHERE v.handle IN (SELECT handle FROM latest)"
)
_HISTORY = text(f"{_RECORD} WHERE v.number = :number ORDER BY v.version DESC")
_BY_HANDLE = text(
    f"{_RECORD} WHERE v.handle = :handle"  # noqa: S608 - constants
    " UNION ALL SELECT r.handle, NULL, NULL, r.delivery_id, r.row,"
    " coalesce(o.outcome, 'staged'), r.level, r.tier, r.industry, r.customer_type,"
    " r.party, r.responsible, r.classes, p.name, p.shown, '' FROM intake.staged_row r"
    " LEFT JOIN intake.staged_projection p USING (delivery_id, row)"
    " LEFT JOIN intake.row_outcome o USING (delivery_id, row)"
    " WHERE r.handle = :handle"
)
# A customer's level is the highest of all parts; the rest is the full one's.
_LATEST_COUNT = (
    "SELECT '{0}', coalesce({0}, '-'), count(*) FROM (SELECT"
    " CASE WHEN bool_or(level = 'high') THEN 'high'"
    "  WHEN bool_or(level = 'medium') THEN 'medium' ELSE 'low' END AS level,"
    " max(tier) FILTER (WHERE part = '') AS tier,"
    " max(state) FILTER (WHERE part = '') AS state"
    " FROM (SELECT DISTINCT ON (number, part) number, part, level, tier, state"
    "  FROM register.record_version ORDER BY number, part, version DESC) each"
    " GROUP BY number) latest GROUP BY 2"
)
_COUNTS = text(
    "SELECT 'delivery_state' AS kind, state AS value, count(*) AS rows"  # noqa: S608 - constants
    " FROM intake.delivery GROUP BY state"
    " UNION ALL SELECT 'outcome', o.name, sum(o.rows)::bigint"
    " FROM intake.delivery, LATERAL (VALUES ('loaded', loaded),"
    " ('unchanged', unchanged), ('pending', pending), ('quarantined', quarantined),"
    " ('refused', refused), ('held', held)) AS o(name, rows) GROUP BY o.name"
    + "".join(
        f" UNION ALL {_LATEST_COUNT.format(name)}"
        for name in ("level", "tier", "state")
    )
)
_TAIL = text("SELECT line FROM ledger.entry ORDER BY position DESC LIMIT :last")


class PostgresViews(PostgresWaitingViews):
    """Implements `Views`; made for custody_reader."""

    def deliveries(
        self, *, states: Sequence[DeliveryState] = (), limit: int = 100
    ) -> tuple[DeliverySummary, ...]:
        """Return deliveries, the newest first."""
        wanted = {"id": None, "states": [str(one) for one in states], "limit": limit}
        return tuple(_summary(row) for row in self._rows(_DELIVERIES, wanted))

    def delivery(self, delivery_id: DeliveryId) -> DeliverySummary | None:
        """Return one delivery; None when it is unknown."""
        wanted = {"id": delivery_id, "states": [], "limit": 1}
        found = self._rows(_DELIVERIES, wanted)
        return _summary(found[0]) if found else None

    def rows(
        self, delivery_id: DeliveryId, *, limit: int = 1000
    ) -> tuple[RowView, ...]:
        """Return the rows of a delivery that are not simply loaded, in order."""
        found = self._rows(_ROWS, {"id": delivery_id, "limit": limit})
        return tuple(
            RowView(
                row=row.row,
                outcome=Outcome(row.outcome),
                reasons=tuple(row.reasons),
                handle=row.handle,
                facts=row.facts,
            )
            for row in found
        )

    def customers(self, *, after: str = "", limit: int = 100) -> tuple[RecordView, ...]:
        """Return each customer as a whole, by number, after a number."""
        found = self._rows(_CUSTOMERS, {"after": after, "limit": limit})
        parts: dict[str, list[RecordView]] = {}
        for row in self._rows(_PARTS, {"numbers": [one.number for one in found]}):
            parts.setdefault(row.number, []).append(_record(row))
        return tuple(united(_record(row), parts.get(row.number, ())) for row in found)

    def history(self, number: str) -> tuple[RecordView, ...]:
        """Return every version of a customer, the latest first; empty: unknown."""
        return tuple(_record(row) for row in self._rows(_HISTORY, {"number": number}))

    def record(self, handle: bytes) -> RecordView | None:
        """Return a record version or a waiting row by its handle."""
        found = self._rows(_BY_HANDLE, {"handle": handle})
        return _record(found[0]) if found else None

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return counts by what they count, then by its value."""
        counted: dict[str, dict[str, int]] = {}
        for row in self._rows(_COUNTS, {}):
            counted.setdefault(row.kind, {})[row.value] = int(row.rows)
        return counted

    def ledger_tail(self, *, last: int = 20) -> tuple[bytes, ...]:
        """Return the last lines of the ledger, in order."""
        found = self._rows(_TAIL, {"last": last})
        return tuple(row.line for row in reversed(found))


def _summary(row: Row[Any]) -> DeliverySummary:
    return DeliverySummary(
        delivery_id=DeliveryId(row.delivery_id),
        source_id=row.source_id,
        business_date=row.business_date,
        state=DeliveryState(row.state),
        tally=tally_of(row),
        reasons=tuple(row.reasons),
        received_at=row.received_at,
        exported_at=row.exported_at,
        erased_at=row.erased_at,
    )


def _record(row: Row[Any]) -> RecordView:
    return RecordView(
        handle=row.handle,
        number=row.number,
        version=row.version,
        delivery_id=DeliveryId(row.delivery_id),
        row=row.row,
        state=row.state,
        level=row.level,
        tier=row.tier,
        industry=row.industry,
        customer_type=row.customer_type,
        party=row.party,
        responsible=row.responsible,
        classes=row.classes,
        name=row.name,
        shown=None if row.shown is None else json.loads(row.shown),
        part=row.part,
    )
