"""Validation reports on PostgreSQL."""

import json
from collections.abc import Mapping

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.application.ports import CheckReport, Clock
from custody.domain.delivery import LAST_LANDED_SEQUENCE, DeliveryId

_PUT = text(
    "INSERT INTO intake.report (delivery_id, page, corrections, summary, made_at)"
    " VALUES (:id, :page, :corrections, CAST(:summary AS jsonb), :moment)"
    " ON CONFLICT (delivery_id) DO UPDATE SET page = excluded.page,"
    " corrections = excluded.corrections, summary = excluded.summary,"
    " made_at = excluded.made_at"
)
_GET = text(
    "SELECT page, corrections, summary FROM intake.report WHERE delivery_id = :id"
)
_RATES = text(
    "SELECT summary -> 'token_rates' AS rates FROM intake.report"
    " JOIN intake.delivery USING (delivery_id)"
    " WHERE source_id = :source AND summary ? 'token_rates'"
    " AND sequence <= :landed"
    " ORDER BY made_at DESC, delivery_id DESC LIMIT :last"
)


class PostgresReports:
    """Implements `Reports`; the loader writes, the reader reads."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """Take an engine and the clock."""
        self._engine = engine
        self._clock = clock

    def put(self, delivery_id: DeliveryId, report: CheckReport) -> None:
        """Store or replace."""
        row = {
            "id": delivery_id,
            "page": report.page,
            "corrections": report.corrections,
            "summary": json.dumps(dict(report.summary), ensure_ascii=False),
            "moment": self._clock.now(),
        }
        with transaction(self._engine, "store a report") as connection:
            connection.execute(_PUT, row)

    def get(self, delivery_id: DeliveryId) -> CheckReport | None:
        """Return the report."""
        with transaction(self._engine, "read a report") as connection:
            row = connection.execute(_GET, {"id": delivery_id}).one_or_none()
        if row is None:
            return None
        return CheckReport(
            page=row.page, corrections=row.corrections, summary=row.summary
        )

    def rates(self, source_id: str, *, last: int) -> tuple[Mapping[str, float], ...]:
        """Return `summary["token_rates"]` of a source's last reports, newest first."""
        wanted = {"source": source_id, "last": last, "landed": LAST_LANDED_SEQUENCE}
        with transaction(self._engine, "read token rates") as connection:
            return tuple(connection.execute(_RATES, wanted).scalars())
