"""The register as people look at it: newest versions, masks and classes.

Runs as `custody_reader`, which holds no right on sealed values and tokens.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Row, text

from custody.adapters.database import transaction
from custody.application.ports.browsing import RegisterLine

_LINES = (
    "SELECT v.*, coalesce(p.shown, '{}') AS shown FROM register.record_version v"
    " LEFT JOIN projection.record p USING (handle)"
    " WHERE v.version = (SELECT max(version) FROM register.record_version n"
    " WHERE n.number = v.number)"
)
_PAGE = text(f"{_LINES} AND v.number > :after ORDER BY v.number LIMIT :limit")
_ONE = text(f"{_LINES} AND v.number = :number")
_COUNTS: Mapping[str, Any] = {
    name: text(f"SELECT {column}, count(*) FROM {place} GROUP BY 1 ORDER BY 1")
    for name, column, place in (
        ("deliveries", "state", "intake.delivery"),
        ("levels", "level", "register.record_version"),
        ("tiers", "coalesce(tier, '-')", "register.record_version"),
    )
}


class PostgresRegisterBrowser:
    """Reads pages and counts of the register."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of `custody_reader`."""
        self._engine = engine

    def lines(self, *, after: str, limit: int) -> Sequence[RegisterLine]:
        """Return customers by number, those after a number."""
        with transaction(self._engine, "browse the register") as connection:
            rows = connection.execute(_PAGE, {"after": after, "limit": limit}).all()
        return tuple(map(_line, rows))

    def line(self, number: str) -> RegisterLine | None:
        """Return one customer."""
        with transaction(self._engine, "show a customer") as connection:
            row = connection.execute(_ONE, {"number": number}).one_or_none()
        return None if row is None else _line(row)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return deliveries by state, record versions by level and by tier."""
        with transaction(self._engine, "count the register") as connection:
            return {
                name: {row[0]: row[1] for row in connection.execute(query)}
                for name, query in _COUNTS.items()
            }


def _line(row: Row[Any]) -> RegisterLine:
    return RegisterLine(
        number=row.number,
        version=row.version,
        level=row.level,
        tier=row.tier,
        industry=row.industry,
        customer_type=row.customer_type,
        responsible=row.responsible,
        classes=json.loads(row.classes or "{}"),
        state=row.state,
        business_date=row.business_date,
        delivery_id=row.delivery_id,
        shown=json.loads(row.shown),
    )
