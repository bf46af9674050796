"""Whose keys are to be restricted, or to come back, on PostgreSQL; the destroyer's."""

from collections.abc import Iterator

from sqlalchemy import Engine, TextClause, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.application.ports import Clock, Entry
from custody.application.restrict import KeptLevel
from custody.domain.levels import Level
from custody.domain.record_states import RecordState

NUMBERS_PER_BATCH = 500

# By number, after the last batch: who stays as they are do not come twice.
_NUMBERS = text(
    "SELECT number FROM register.standing WHERE level = :level AND state = :state"
    " AND number > :after ORDER BY number LIMIT :most"
)
# What is restricted because its customer was raised does not come back.
_HANDLES = text(
    "SELECT v.handle FROM register.record_version v"
    " JOIN register.sealed_value s ON s.handle = v.handle AND s.level = :level"
    " WHERE v.number = ANY(:numbers) AND (:all OR NOT EXISTS (SELECT"
    "  FROM register.raised r WHERE r.handle = v.handle AND r.level = s.level))"
    " ORDER BY v.handle"
)
_RESTRICT = text(
    "UPDATE register.standing SET state = 'storage_only', since = :moment,"
    " restricted_at = :moment"
    " WHERE level = :level AND number = ANY(:numbers) AND state = 'deregistered'"
)
_RETURN = text(
    "DELETE FROM register.standing"
    " WHERE level = :level AND number = ANY(:numbers) AND state = 'in_use'"
)


class PostgresStandings:
    """Implements `Standings`; made for custody_destroyer."""

    def __init__(self, engine: Engine, ledger: LedgerWriter, clock: Clock) -> None:
        """Take the destroyer's engine, the ledger's writer and the clock."""
        self._engine = engine
        self._ledger = ledger
        self._clock = clock

    def standing(self, level: Level, state: RecordState) -> Iterator[KeptLevel]:
        """Yield whose level stands so, batch by batch; each batch is read afresh."""
        after = ""
        while True:
            wanted = {"level": level.value, "state": state.value, "after": after}
            with transaction(self._engine, "look who is to be moved") as connection:
                bound = {**wanted, "most": NUMBERS_PER_BATCH}
                numbers = connection.execute(_NUMBERS, bound).scalars().all()
                if not numbers:
                    return
                row: dict[str, object] = {
                    "level": level.value,
                    "numbers": list(numbers),
                }
                row["all"] = state is not RecordState.IN_USE
                handles = connection.execute(_HANDLES, row).scalars().all()
            after = numbers[-1]
            yield KeptLevel(
                level=level, numbers=tuple(numbers), handles=tuple(map(bytes, handles))
            )

    def restricted(self, kept: KeptLevel, entry: Entry) -> int:
        """Let the level be kept only, where it is deregistered still."""
        return self._settle(_RESTRICT, kept, entry, moment=self._clock.now())

    def returned(self, kept: KeptLevel, entry: Entry) -> int:
        """Let the level be in use as if nothing had been."""
        return self._settle(_RETURN, kept, entry)

    def _settle(
        self, statement: TextClause, kept: KeptLevel, entry: Entry, **more: object
    ) -> int:
        row = {"level": kept.level.value, "numbers": list(kept.numbers), **more}
        with transaction(self._engine, "settle who was moved") as connection:
            settled = connection.execute(statement, row).rowcount
            if settled:
                self._ledger.append(connection, entry)
        return settled
