"""What the lines of a run take: handles of versions, each with the level that goes.

All versions of a level, or those of a part up to one of them; of the latter the one
that has the customer's salt stays (ADR 21).
"""

from collections.abc import Mapping

from sqlalchemy import Connection, text

from custody.application.ports.destruction_book import VersionsOf
from custody.domain.levels import Level
from custody.domain.retention_plan import UpTo

DOOMED = (
    "(SELECT l.plan, l.position, l.state, l.number, l.level, l.fields, v.handle,"
    " v.delivery_id FROM destruction.line l"
    " JOIN register.record_version v ON v.number = l.number"
    " AND (l.up_to IS NULL OR (v.part = l.part AND v.version <= l.up_to"
    "  AND v.handle IS DISTINCT FROM l.salt_in)))"
)
"""A relation: the rows of every run, whatever is left of the versions."""

GONE = "NOT EXISTS (SELECT FROM register.sealed_value o WHERE o.handle = d.handle)"
"""Of the version in `d` nothing is left at any level."""

_VERSIONS = text(
    "SELECT c.commitment, l.level, l.part, l.up_to FROM destruction.line l"
    " JOIN destruction.customer c USING (plan, number)"
    " WHERE l.plan = :plan AND l.up_to IS NOT NULL"
    " ORDER BY c.commitment, l.level, l.part"
)


def versions_of(
    connection: Connection, plan: Mapping[str, object]
) -> tuple[VersionsOf, ...]:
    """Return which versions of customers who stay a run names, by commitment."""
    return tuple(
        VersionsOf(
            commitment=bytes(row.commitment),
            level=Level(row.level),
            up_to=UpTo(row.part, row.up_to),
        )
        for row in connection.execute(_VERSIONS, plan)
    )
