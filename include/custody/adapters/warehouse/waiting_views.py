"""Reading for people what waits for them: held rows and supplement requests."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Row, TextClause, text

from custody.adapters.database import transaction
from custody.application.views import SupplementCount, SupplementView, WaitingRow
from custody.domain.delivery import DeliveryId
from custody.domain.outcome import Outcome

_NAME = "customer_name"

_WAITING = text(
    "SELECT o.delivery_id, o.row, o.handle, o.outcome, o.reasons, r.level, p.name,"
    " p.shown, c.numbers, c.fields FROM intake.row_outcome o"
    " JOIN intake.staged_row r USING (delivery_id, row)"
    " LEFT JOIN intake.staged_projection p USING (delivery_id, row)"
    " LEFT JOIN LATERAL (SELECT array_agg(m.number ORDER BY m.number) AS numbers,"
    "   array_agg(array_to_string(m.fields, ',') ORDER BY m.number) AS fields"
    "  FROM intake.match_candidate m"
    "  WHERE m.delivery_id = o.delivery_id AND m.row = o.row) c ON true"
    " WHERE o.outcome = ANY(:outcomes)"
    " AND (CAST(:id AS text) IS NULL OR o.delivery_id = :id)"
    " ORDER BY o.delivery_id, o.row LIMIT :limit"
)
# The oldest are cut off before anything is joined to them.
_SUPPLEMENTS = text(
    "SELECT q.id, q.delivery_id, q.row, q.handle, q.field, q.reason, q.opened_at,"
    " q.closed_at, q.closed_by, v.number, coalesce(p.name, s.name) AS name,"
    " coalesce(p.shown, s.shown) AS shown"
    " FROM (SELECT * FROM intake.supplement_request"
    "  WHERE (:closed OR state = 'open')"
    "  AND (CAST(:id AS text) IS NULL OR delivery_id = :id)"
    "  ORDER BY id LIMIT :limit) q"
    " LEFT JOIN register.record_version v USING (handle)"
    " LEFT JOIN projection.record p USING (handle)"
    " LEFT JOIN intake.staged_projection s"
    "  ON s.delivery_id = q.delivery_id AND s.row = q.row ORDER BY q.id"
)
_COUNTS = text(
    "SELECT delivery_id, count(*) FILTER (WHERE state = 'open') AS open,"
    " count(*) FILTER (WHERE state = 'closed') AS closed"
    " FROM intake.supplement_request"
    " WHERE CAST(:id AS text) IS NULL OR delivery_id = :id"
    " GROUP BY delivery_id ORDER BY 2 DESC, delivery_id"
)


class PostgresWaitingViews:
    """The part of `Views` about what waits; made for custody_reader."""

    def __init__(self, engine: Engine) -> None:
        """Take the reader's engine."""
        self._engine = engine

    def waiting(
        self,
        *,
        outcomes: Sequence[Outcome] = (Outcome.HELD,),
        delivery_id: DeliveryId | None = None,
        limit: int = 1000,
    ) -> tuple[WaitingRow, ...]:
        """Return rows of loaded deliveries that wait, by delivery and row."""
        wanted = {
            "outcomes": [str(outcome) for outcome in outcomes],
            "id": delivery_id,
            "limit": limit,
        }
        return tuple(_waiting(row) for row in self._rows(_WAITING, wanted))

    def supplements(
        self,
        *,
        delivery_id: DeliveryId | None = None,
        closed: bool = False,
        limit: int = 1000,
    ) -> tuple[SupplementView, ...]:
        """Return open supplement requests, the oldest first; `closed` ones too."""
        wanted = {"id": delivery_id, "closed": closed, "limit": limit}
        return tuple(_supplement(row) for row in self._rows(_SUPPLEMENTS, wanted))

    def supplement_counts(
        self, delivery_id: DeliveryId | None = None
    ) -> tuple[SupplementCount, ...]:
        """Return open and closed requests by delivery, most open first."""
        return tuple(
            SupplementCount(
                delivery_id=DeliveryId(row.delivery_id),
                open=row.open,
                closed=row.closed,
            )
            for row in self._rows(_COUNTS, {"id": delivery_id})
        )

    def _rows(self, query: TextClause, bound: Mapping[str, object]) -> list[Row[Any]]:
        with transaction(self._engine, "read") as connection:
            return list(connection.execute(query, bound))


def _waiting(row: Row[Any]) -> WaitingRow:
    named = zip(row.numbers or (), row.fields or (), strict=True)
    return WaitingRow(
        delivery_id=DeliveryId(row.delivery_id),
        row=row.row,
        handle=row.handle,
        outcome=Outcome(row.outcome),
        reasons=tuple(row.reasons),
        level=row.level,
        name=_name(row),
        candidates={number: tuple(fields.split(",")) for number, fields in named},
    )


def _supplement(row: Row[Any]) -> SupplementView:
    return SupplementView(
        request_id=row.id,
        delivery_id=DeliveryId(row.delivery_id),
        row=row.row,
        handle=row.handle,
        field=row.field,
        reason=row.reason,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        closed_by=None if row.closed_by is None else DeliveryId(row.closed_by),
        number=row.number,
        name=_name(row),
    )


def _name(row: Row[Any]) -> str | None:
    """Return a legal person's name or the mask of a name, as the register shows it."""
    shown: Mapping[str, str] = json.loads(row.shown) if row.shown else {}
    return row.name or shown.get(_NAME)
