"""What a trial restore holds, read for the roots of loads; as a server's superuser."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.adapters.snapshots import fetched
from custody.domain.rowset import LoadedValue

_VALUES_PER_FETCH = 10_000

# What a set's tables place, and what a later delivery's object does.
_LOADED = (
    "SELECT s.handle, coalesce(v.number, p.customer, ''),"
    " coalesce(v.version, p.version, 0), s.level, s.key_id, sha256(s.sealed),"
    " coalesce(v.delivery_id, p.delivery_id, '')"
    " FROM register.sealed_value s LEFT JOIN register.record_version v USING (handle)"
    " LEFT JOIN restoring.place p USING (handle)"
    ' ORDER BY s.handle, s.level COLLATE "C"'
)
_DESTROYED = text(
    "SELECT DISTINCT v.delivery_id FROM register.record_version v"
    " WHERE EXISTS (SELECT FROM destruction.line l WHERE l.number = v.number"
    "  AND l.state IN ('condemned', 'deleted'))"
)


@dataclass(frozen=True, slots=True)
class PostgresTrialRows:
    """Implements `TrialRows`; the roles of the warehouse may not enter by then."""

    engine: Engine

    def loaded(self) -> Iterator[tuple[str, LoadedValue]]:
        """Yield each value of a customer, and its delivery, by handle and level."""
        with transaction(self.engine, "read a trial restore") as connection:
            for rows in fetched(
                connection, _LOADED, name="loaded", at_once=_VALUES_PER_FETCH
            ):
                for handle, number, version, level, key_id, digest, delivery in rows:
                    yield (
                        delivery,
                        LoadedValue(
                            handle=handle,
                            number=number,
                            version=version,
                            level=level,
                            key_id=key_id,
                            sealed_digest=digest,
                        ),
                    )

    def destroyed(self) -> frozenset[str]:
        """Return the deliveries some of whose values were destroyed by then."""
        with transaction(self.engine, "read a trial restore") as connection:
            return frozenset(connection.execute(_DESTROYED).scalars())
