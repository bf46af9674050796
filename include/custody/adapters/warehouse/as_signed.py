"""What a run does is what people signed: its lines are the plan's, or nothing happens.

A run keeps lines of its own, which nobody signed.  Whoever can write them could have
the destroyer end a customer whom no plan names, keys in the other database included.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from custody.adapters.warehouse.destruction import bound
from custody.domain.language import Text
from custody.errors import EvidenceError

_DIFFER = (
    "(l.number, l.level, l.rule, l.legal_basis, l.part, l.up_to) IS DISTINCT FROM"
    " (p.number, p.level, p.rule, p.legal_basis, p.part, p.up_to)"
)
_OTHERWISE = text(
    "SELECT EXISTS (SELECT FROM"  # noqa: S608 - constants
    " (SELECT * FROM destruction.line WHERE plan = :plan) l"
    " FULL JOIN (SELECT * FROM destruction.plan_line WHERE digest = :plan) p"
    f" USING (position) WHERE {_DIFFER})"
)
_OTHERWISE_THERE = text(
    "SELECT EXISTS (SELECT FROM destruction.line l"  # noqa: S608 - constants
    " LEFT JOIN destruction.plan_line p ON p.digest = l.plan"
    "  AND p.position = l.position"
    f" WHERE l.plan = :plan AND l.position = ANY(:positions) AND {_DIFFER})"
)
_OTHER_LINES = Text(
    "本次销毁的行与计划 {plan} 不符", "the run's lines are not those of the plan {plan}"
)


def insist_as_signed(
    connection: Connection, plan: str, positions: Sequence[int] | None = None
) -> None:
    """Compare a run's lines, or some, with the plan's; EvidenceError names the plan."""
    row: dict[str, object] = bound(plan)
    query = _OTHERWISE
    if positions is not None:
        query, row = _OTHERWISE_THERE, {**row, "positions": list(positions)}
    if connection.execute(query, row).scalar_one():
        raise _OTHER_LINES.as_error(EvidenceError, plan=plan)
