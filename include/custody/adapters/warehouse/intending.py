"""Whom an approved plan names, and what is to be known before it is carried out."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl
from sqlalchemy import Engine, TextClause, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.destruction import bound
from custody.application.ports.destruction import Intended
from custody.domain.destruction import LineStanding
from custody.domain.levels import Level
from custody.domain.record_states import RecordState
from custody.domain.retention_plan import Due

CUSTOMERS_PER_PAGE = 500

_UNDER_WAY = "d.state IN ('admitted', 'sealed', 'checked', 'held')"
_STANDINGS = text(
    "SELECT l.number, l.level, l.last_day, l.rule, l.legal_basis,"  # noqa: S608 - constants
    " coalesce(s.state, 'in_use') AS state,"
    " EXISTS (SELECT FROM retention.legal_hold h WHERE h.number = l.number"
    "  AND h.lifted_at IS NULL) AS on_hold,"
    " EXISTS (SELECT FROM register.record_version v JOIN intake.delivery d"
    "  USING (delivery_id) WHERE v.number = l.number AND d.erased_at IS NULL)"
    "  AS landed,"
    " (EXISTS (SELECT FROM intake.pinned_row p JOIN intake.delivery d"
    f"  USING (delivery_id) WHERE p.number = l.number AND {_UNDER_WAY})"
    " OR EXISTS (SELECT FROM register.token t JOIN intake.staged_token g"
    "  USING (field, token) JOIN intake.delivery d ON d.delivery_id = g.delivery_id"
    f"  WHERE t.number = l.number AND {_UNDER_WAY})) AS unsettled"
    " FROM destruction.plan_line l LEFT JOIN register.standing s USING (number, level)"
    " WHERE l.digest = :plan ORDER BY l.position"
)
_VALUE = "s.handle, s.level, s.sealed, s.key_id, s.digest"
# The lowest level of the first version that is left: where the salt stands.
_FIRST = text(
    f"SELECT l.number, l.asked, f.* FROM (SELECT number, bool_or(rule = 'request')"  # noqa: S608 - constants
    "  AS asked FROM destruction.plan_line WHERE digest = :plan AND number > :after"
    "  GROUP BY number ORDER BY number LIMIT :most) l"
    f" CROSS JOIN LATERAL (SELECT {_VALUE} FROM register.record_version v"
    "  JOIN register.sealed_value s USING (handle) WHERE v.number = l.number"
    "  ORDER BY v.version, array_position(ARRAY['low', 'medium', 'high'], s.level)"
    "  LIMIT 1) f ORDER BY l.number"
)
_PARTED = text(
    f"SELECT l.number, l.position, {_VALUE} FROM (SELECT * FROM destruction.plan_line"  # noqa: S608 - constants
    "  WHERE digest = :plan AND number IN (SELECT DISTINCT number FROM"
    "  destruction.plan_line WHERE digest = :plan AND number > :after"
    "  ORDER BY number LIMIT :most)) l"
    " JOIN register.record_version v USING (number) JOIN register.sealed_value s"
    "  ON s.handle = v.handle AND s.level = l.level"
    " WHERE EXISTS (SELECT FROM register.record_version w JOIN register.sealed_value o"
    "  USING (handle) WHERE w.number = l.number AND NOT EXISTS (SELECT FROM"
    "  destruction.plan_line p WHERE p.digest = :plan AND p.number = l.number"
    "  AND p.level = o.level)) ORDER BY l.number, l.position"
)
_PAGE_END = text(
    "SELECT max(number) FROM (SELECT DISTINCT number FROM destruction.plan_line"
    " WHERE digest = :plan AND number > :after ORDER BY number LIMIT :most) page"
)
_VALUE_SCHEMA: dict[str, type[pl.DataType]] = {
    "handle": pl.Binary,
    "level": pl.String,
    "sealed": pl.Binary,
    "key_id": pl.Binary,
    "digest": pl.Binary,
}
_FIRST_SCHEMA: dict[str, type[pl.DataType]] = {
    "number": pl.String,
    "asked": pl.Boolean,
    **_VALUE_SCHEMA,
}
_PARTED_SCHEMA: dict[str, type[pl.DataType]] = {
    "number": pl.String,
    "position": pl.Int64,
    **_VALUE_SCHEMA,
}
_INTEND = text(
    "INSERT INTO destruction.customer (plan, number, commitment, salt)"
    " VALUES (:plan, :number, :commitment, :salt) ON CONFLICT DO NOTHING"
)
_LINES = text(
    "INSERT INTO destruction.line (plan, position, number, level, rule, legal_basis)"
    " SELECT digest, position, number, level, rule, legal_basis"
    " FROM destruction.plan_line WHERE digest = :plan ON CONFLICT DO NOTHING"
)
_FIELDS = text(
    "UPDATE destruction.line SET fields = :fields"
    " WHERE plan = :plan AND position = :position"
)


class PostgresIntending:
    """Implements `Intending`; made for custody_destroyer."""

    def __init__(self, engine: Engine) -> None:
        """Take the destroyer's engine."""
        self._engine = engine

    def standings(self, plan: str) -> Iterator[tuple[Due, LineStanding]]:
        """Yield each line of a plan with what the register says of it."""
        with transaction(self._engine, "look at a plan's customers") as connection:
            for row in connection.execute(_STANDINGS, bound(plan)):
                line = Due(
                    number=row.number,
                    level=Level(row.level),
                    last_day=row.last_day,
                    rule_id=row.rule,
                    legal_basis=row.legal_basis,
                )
                yield (
                    line,
                    LineStanding(
                        due=None,
                        state=RecordState(row.state),
                        on_hold=row.on_hold,
                        landed=row.landed,
                        unsettled=row.unsettled,
                    ),
                )

    def first_values(self, plan: str) -> Iterator[pl.DataFrame]:
        """Yield one sealed value a customer: where the salt is."""
        yield from self._pages(plan, _FIRST, _FIRST_SCHEMA)

    def parted_values(self, plan: str) -> Iterator[pl.DataFrame]:
        """Yield the values of lines whose customer keeps another level."""
        yield from self._pages(plan, _PARTED, _PARTED_SCHEMA)

    def _pages(
        self, plan: str, query: TextClause, schema: Mapping[str, type[pl.DataType]]
    ) -> Iterator[pl.DataFrame]:
        after: str | None = ""
        while after is not None:
            wanted = {**bound(plan), "after": after, "most": CUSTOMERS_PER_PAGE}
            with transaction(self._engine, "read whom a plan names") as connection:
                rows = [tuple(row) for row in connection.execute(query, wanted)]
                after = connection.execute(_PAGE_END, wanted).scalar()
            if rows:
                yield pl.DataFrame(rows, schema=dict(schema), orient="row")

    def intend(
        self, plan: str, customers: Sequence[Intended], fields: Mapping[int, set[str]]
    ) -> None:
        """Keep the lines, the commitments, and what parted lines hold; repeatable."""
        with transaction(self._engine, "keep the intent") as connection:
            connection.execute(_LINES, bound(plan))
            for one in customers:
                row = {"commitment": one.commitment, "salt": one.salt}
                connection.execute(
                    _INTEND, {**bound(plan), "number": one.number, **row}
                )
            for position, names in fields.items():
                told = {"position": position, "fields": sorted(names)}
                connection.execute(_FIELDS, {**bound(plan), **told})
