"""Whom an approved plan names, and what is to be known before it is carried out."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl
from sqlalchemy import Engine, TextClause, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.destruction import bound
from custody.adapters.warehouse.doomed import DOOMED
from custody.adapters.warehouse.fetching import VALUE_SCHEMA
from custody.adapters.warehouse.plans import LINE, line_of
from custody.application.ports.destruction import Intended
from custody.domain.destruction import LineStanding
from custody.domain.record_states import RecordState
from custody.domain.retention_plan import Due

CUSTOMERS_PER_PAGE = 500

_UNDER_WAY = "d.state IN ('admitted', 'sealed', 'checked', 'held')"
_OF_LINE = "v.number = l.number AND (l.up_to IS NULL OR (v.part = l.part"
# What comes again of who stays is a version of its own, and brings no older one back.
_STANDINGS = text(
    f"SELECT {LINE}, coalesce(s.state, 'in_use') AS state,"  # noqa: S608 - constants
    " EXISTS (SELECT FROM retention.legal_hold h WHERE h.number = l.number"
    "  AND h.lifted_at IS NULL) AS on_hold,"
    " EXISTS (SELECT FROM register.record_version v JOIN intake.delivery d"
    f"  USING (delivery_id) WHERE {_OF_LINE} AND v.version <= l.up_to))"
    "  AND d.erased_at IS NULL) AS landed,"
    " l.up_to IS NULL AND (EXISTS (SELECT FROM intake.pinned_row p"
    "  JOIN intake.delivery d USING (delivery_id)"
    f"  WHERE p.number = l.number AND {_UNDER_WAY})"
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
    f"SELECT d.number, d.position, {_VALUE} FROM {DOOMED} d"  # noqa: S608 - constants
    " JOIN register.sealed_value s ON s.handle = d.handle AND s.level = d.level"
    " WHERE d.plan = :plan AND d.number IN (SELECT DISTINCT number FROM"
    "  destruction.plan_line WHERE digest = :plan AND number > :after"
    "  ORDER BY number LIMIT :most)"
    " AND EXISTS (SELECT FROM register.sealed_value o WHERE o.handle = d.handle"
    f"  AND NOT EXISTS (SELECT FROM {DOOMED} p WHERE p.plan = :plan"
    "   AND p.handle = o.handle AND p.level = o.level))"
    " ORDER BY d.number, d.position"
)
_PAGE_END = text(
    "SELECT max(number) FROM (SELECT DISTINCT number FROM destruction.plan_line"
    " WHERE digest = :plan AND number > :after ORDER BY number LIMIT :most) page"
)
_FIRST_SCHEMA: dict[str, type[pl.DataType]] = {
    "number": pl.String,
    "asked": pl.Boolean,
    **VALUE_SCHEMA,
}
_PARTED_SCHEMA: dict[str, type[pl.DataType]] = {
    "number": pl.String,
    "position": pl.Int64,
    **VALUE_SCHEMA,
}
_INTEND = text(
    "INSERT INTO destruction.customer (plan, number, commitment, salt)"
    " VALUES (:plan, :number, :commitment, :salt) ON CONFLICT DO NOTHING"
)
_LINES = text(
    "INSERT INTO destruction.line"
    " (plan, position, number, level, rule, legal_basis, part, up_to)"
    " SELECT digest, position, number, level, rule, legal_basis, part, up_to"
    " FROM destruction.plan_line WHERE digest = :plan ON CONFLICT DO NOTHING"
)
_SALT = text(
    "UPDATE destruction.line SET salt_in = :handle WHERE plan = :plan"
    " AND number = :number AND level = :level AND up_to IS NOT NULL"
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
                yield (
                    line_of(row),
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
        """Yield what goes of versions that keep another level."""
        yield from self._pages(plan, _PARTED, _PARTED_SCHEMA)

    def _pages(
        self,
        plan: str,
        query: TextClause,
        schema: Mapping[str, type[pl.DataType]],
    ) -> Iterator[pl.DataFrame]:
        after: str | None = ""
        while after is not None:
            wanted = {**bound(plan), "after": after, "most": CUSTOMERS_PER_PAGE}
            with transaction(self._engine, "read whom a plan names") as connection:
                rows = [tuple(row) for row in connection.execute(query, wanted)]
                after = connection.execute(_PAGE_END, wanted).scalar()
            if rows:
                yield pl.DataFrame(rows, schema=dict(schema), orient="row")

    def intend(self, plan: str, customers: Sequence[Intended]) -> None:
        """Keep the lines and the commitments; repeatable."""
        with transaction(self._engine, "keep the intent") as connection:
            connection.execute(_LINES, bound(plan))
            for one in customers:
                row = {**bound(plan), "number": one.number}
                told = {"commitment": one.commitment, "salt": one.salt}
                connection.execute(_INTEND, {**row, **told})
                salt_in = {"handle": one.handle, "level": one.level.value}
                connection.execute(_SALT, {**row, **salt_in})

    def keep_fields(self, plan: str, fields: Mapping[int, set[str]]) -> None:
        """Keep what the lines of parted versions hold; repeatable."""
        with transaction(self._engine, "keep what lines hold") as connection:
            for position, names in fields.items():
                told = {"position": position, "fields": sorted(names)}
                connection.execute(_FIELDS, {**bound(plan), **told})
