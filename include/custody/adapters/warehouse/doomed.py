"""What the lines of a run take: handles of versions, each with the level that goes.

All versions of a level, or those of a part up to one of them; of the latter the one
that has the customer's salt stays (ADR 21).
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, TextClause, text

from custody.application.ports.destruction_book import EndOf, Fate, VersionsOf
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

_CONDEMNED = "state IN ('condemned', 'deleted')"
_LINES_OF = (
    "SELECT FROM destruction.line l WHERE l.plan = c.plan AND l.number = c.number"
)
_OF_FATE: Mapping[Fate, TextClause] = {
    fate: text(
        "SELECT c.commitment FROM destruction.customer c WHERE c.plan = :plan"  # noqa: S608 - constants
        f" AND {lines} ORDER BY c.commitment"
    )
    for fate, lines in (
        (Fate.INTENDED, f"EXISTS ({_LINES_OF} AND l.state = 'intended')"),
        (Fate.SPARED, f"NOT EXISTS ({_LINES_OF} AND l.state <> 'spared')"),
        (Fate.CONDEMNED, f"EXISTS ({_LINES_OF} AND l.{_CONDEMNED})"),
    )
}
_ENDS = text(
    "SELECT g.commitment, g.levels, NOT EXISTS (SELECT FROM register.record_version v"
    "  JOIN register.sealed_value s USING (handle)"
    "  WHERE v.number = g.number AND s.level <> ALL(g.levels)) AS whole"
    " FROM (SELECT c.number, c.commitment,"
    "   array_agg(l.level ORDER BY l.level) AS levels"
    "  FROM destruction.customer c JOIN destruction.line l USING (plan, number)"
    "  WHERE c.plan = :plan AND l.up_to IS NULL GROUP BY c.number, c.commitment) g"
    " ORDER BY g.commitment"
)
_SPARED_LINES = text(
    "SELECT c.commitment, l.level, l.part, l.up_to FROM destruction.line l"  # noqa: S608 - constants
    " JOIN destruction.customer c USING (plan, number)"
    " WHERE l.plan = :plan AND l.state = 'spared' AND EXISTS (SELECT"
    "  FROM destruction.line o WHERE o.plan = l.plan AND o.number = l.number"
    f"  AND o.{_CONDEMNED}) ORDER BY c.commitment, l.level, l.part"
)


def versions_of(
    connection: Connection, plan: Mapping[str, object]
) -> tuple[VersionsOf, ...]:
    """Return which versions of customers who stay a run names, by commitment."""
    return tuple(map(version_of, connection.execute(_VERSIONS, plan)))


def version_of(row: Row[Any]) -> VersionsOf:
    """Return which versions a line names that is of some."""
    return VersionsOf(
        commitment=bytes(row.commitment),
        level=Level(row.level),
        up_to=UpTo(row.part, row.up_to),
    )


def who_goes(connection: Connection, plan: Mapping[str, object]) -> tuple[EndOf, ...]:
    """Return of whom all versions are to go, by commitment."""
    return tuple(
        EndOf(
            commitment=bytes(row.commitment),
            levels=() if row.whole else tuple(map(Level, row.levels)),
        )
        for row in connection.execute(_ENDS, plan)
    )


def commitments_of(
    connection: Connection, plan: Mapping[str, object], which: Fate
) -> tuple[bytes, ...]:
    """Return the commitments of customers of this fate, in order."""
    return tuple(map(bytes, connection.execute(_OF_FATE[which], plan).scalars()))


def spared_lines(connection: Connection, plan: Mapping[str, object]) -> tuple[str, ...]:
    """Return the spared lines of customers of whom others are condemned."""
    return tuple(
        f"{bytes(row.commitment).hex()} {row.level}"
        if row.up_to is None
        else str(version_of(row))
        for row in connection.execute(_SPARED_LINES, plan)
    )
