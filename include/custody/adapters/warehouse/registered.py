"""The latest versions of all customers, read by the role that may open them.

Page by page: a sort of everything would spill names and masks to a file.
"""

from collections.abc import Iterator

import polars as pl
from sqlalchemy import Engine, text

from custody.adapters.database import transaction

CUSTOMERS_PER_PAGE = 1_000

# Who is kept only is not examined, nor is anybody whose keys are restricted still.
_PAGE = text(
    "SELECT number FROM register.customer c WHERE number > :after"
    " AND NOT EXISTS (SELECT FROM register.standing s WHERE s.number = c.number)"
    " ORDER BY number LIMIT :most"
)
_LATEST = text(
    "SELECT v.handle, v.number, v.part, d.source_id, v.business_date,"
    " v.level AS record_level, v.tier, v.industry, v.customer_type, v.party,"
    " v.responsible, v.classes, coalesce(o.reasons, '{}') AS reasons,"
    " p.name, p.shown, EXISTS (SELECT FROM intake.pinned_row q"
    "  WHERE q.former = v.handle AND q.policy_digest = :policy) AS waits,"
    " s.level, s.sealed, s.key_id, s.digest"
    " FROM (SELECT DISTINCT ON (number, part) * FROM register.record_version"
    "  WHERE number = ANY(:numbers) ORDER BY number, part, version DESC) v"
    " JOIN intake.delivery d USING (delivery_id)"
    " LEFT JOIN register.sealed_value s USING (handle)"
    " LEFT JOIN projection.record p USING (handle)"
    " LEFT JOIN intake.row_outcome o"
    "  ON o.delivery_id = v.delivery_id AND o.row = v.row"
    " ORDER BY v.number, v.part, s.level"
)
_TEXTS = (
    *("record_level", "tier", "industry", "customer_type", "party", "responsible"),
    "classes",
)
_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "handle": pl.Binary,
    "number": pl.String,
    "part": pl.String,
    "source_id": pl.String,
    "business_date": pl.Date,
    **dict.fromkeys(_TEXTS, pl.String),
    "reasons": pl.List(pl.String),
    "name": pl.String,
    "shown": pl.String,
    "waits": pl.Boolean,
    "level": pl.String,
    "sealed": pl.Binary,
    "key_id": pl.Binary,
    "digest": pl.Binary,
}


class PostgresRegisteredValues:
    """Implements `RegisteredValues`; made for custody_rebuilder."""

    def __init__(self, engine: Engine, *, page: int = CUSTOMERS_PER_PAGE) -> None:
        """Take the rebuilder's engine."""
        self._engine = engine
        self._page = page

    def latest(self, policy_digest: str) -> Iterator[pl.DataFrame]:
        """Yield the latest versions of a page of customers at a time."""
        after = ""
        while True:
            with transaction(self._engine, "read the register") as connection:
                wanted = {"after": after, "most": self._page}
                numbers = list(connection.execute(_PAGE, wanted).scalars())
                if not numbers:
                    return
                bound = {"numbers": numbers, "policy": policy_digest}
                rows = [tuple(row) for row in connection.execute(_LATEST, bound)]
            after = numbers[-1]
            if rows:
                yield pl.DataFrame(rows, schema=_SCHEMA, orient="row")
