"""How customers' levels stand, for people: the reader's and the registrar's queries."""

import datetime as dt

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.kept_customers import these
from custody.adapters.warehouse.raised import OLD_VERSIONS, ORDER
from custody.application.restriction import Raised, StandingLevel
from custody.domain.kept_customer import KeptCustomer
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.record_states import RecordState

_LEVELS = text(
    "SELECT level, state, since, coalesce(restricted_at, since) AS restricted_at"
    " FROM register.standing WHERE number = :number"
)
_COUNTED = text(
    "SELECT level, state, count(*) AS customers,"
    " max(coalesce(restricted_at, since)) AS last"
    " FROM register.standing GROUP BY level, state"
)
_DUE = text(
    "SELECT count(DISTINCT number) AS due,"
    " count(DISTINCT number) FILTER (WHERE since < :before) AS overdue"
    " FROM register.standing WHERE state = 'due'"
)
_RAISED = text(
    "SELECT o.level, count(DISTINCT o.number) AS customers, max(o.loaded_at) AS last,"  # noqa: S608 - constants
    " count(DISTINCT o.handle) FILTER (WHERE r.restricted_at IS NULL) AS open,"
    " max(r.restricted_at) AS restricted_at"
    f" FROM {OLD_VERSIONS} o LEFT JOIN register.raised r USING (handle, level)"
    " GROUP BY o.level"
)


class PostgresStandingViews:
    """Implements `StandingViews` and `DueViews`; made for custody_reader."""

    def __init__(self, engine: Engine) -> None:
        """Take the reader's engine."""
        self._engine = engine

    def levels(self, number: str) -> tuple[StandingLevel, ...]:
        """Return the levels of a customer that have a standing, from high to low."""
        with transaction(self._engine, "look how a customer stands") as connection:
            rows = connection.execute(_LEVELS, {"number": number}).all()
        found = {
            Level(row.level): StandingLevel(
                level=Level(row.level),
                state=RecordState(row.state),
                since=row.since,
                restricted_at=row.restricted_at,
            )
            for row in rows
        }
        return tuple(found[level] for level in LEVELS_FROM_HIGH if level in found)

    def counted(self) -> tuple[tuple[Level, RecordState, int, dt.datetime], ...]:
        """Return each level and state with its customers and its last moment."""
        with transaction(self._engine, "count how customers stand") as connection:
            rows = connection.execute(_COUNTED).all()
        found = [
            (Level(row.level), RecordState(row.state), int(row.customers), row.last)
            for row in rows
        ]
        lives = list(RecordState)
        return tuple(
            sorted(
                found,
                key=lambda one: (LEVELS_FROM_HIGH.index(one[0]), lives.index(one[1])),
            )
        )

    def due(self, *, before: dt.datetime) -> tuple[int, int]:
        """Return how many customers are due, and how many have been since before."""
        with transaction(self._engine, "count who is due") as connection:
            row = connection.execute(_DUE, {"before": before}).one()
        return row.due, row.overdue

    def raised(self) -> tuple[Raised, ...]:
        """Return each level from which customers were raised."""
        with transaction(self._engine, "look who was raised") as connection:
            rows = connection.execute(_RAISED, ORDER).all()
        return tuple(
            Raised(
                level=Level(row.level),
                customers=row.customers,
                last=row.last,
                open=row.open,
                restricted_at=row.restricted_at,
            )
            for row in rows
        )


class PostgresKeptCustomers:
    """Implements `KeptCustomers`; made for custody_registrar."""

    def __init__(self, engine: Engine) -> None:
        """Take the registrar's engine."""
        self._engine = engine

    def customer(self, number: str, *, unknown_industry: str) -> KeptCustomer | None:
        """Return what is known of a customer."""
        with transaction(self._engine, "read a customer for retention") as connection:
            found = list(these(connection, [number], unknown_industry=unknown_industry))
        return found[0][0] if found else None
