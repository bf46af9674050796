"""States of customers' levels on PostgreSQL, moved as policy judges.

Whoever moves somebody out of use, or back, takes the lock of a load first: what is
loaded was matched before the move or after it, never across.
"""

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.kept_customers import everybody, these
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.application.ports import Clock, Entry
from custody.domain.language import Text
from custody.domain.record_states import Judging, Move, RecordState
from custody.errors import ConflictError

NUMBERS_PER_BATCH = 500

_PATIENCE = text("SET LOCAL lock_timeout = '15min'")
_REGISTER = text("SELECT pg_advisory_xact_lock(8402)")
_TAKE = text(
    "SELECT level FROM register.standing WHERE number = ANY(:numbers)"
    " ORDER BY number, level FOR UPDATE"
)
_MOVE = text(
    "INSERT INTO register.standing AS s (number, level, state, since)"
    " VALUES (:number, :level, :new, :moment) ON CONFLICT (number, level)"
    " DO UPDATE SET state = excluded.state, since = excluded.since"
    " WHERE s.state = :old"
)
_HIDE = text("DELETE FROM projection.record WHERE number = ANY(:numbers)")
_MOVED = Text(
    "他人正在变更该客户：请重试", "somebody else moves this customer: repeat this"
)


class PostgresRecordStates:
    """Implements `RecordStates`; made for custody_registrar."""

    def __init__(self, engine: Engine, ledger: LedgerWriter, clock: Clock) -> None:
        """Take the registrar's engine, the ledger's writer and the clock."""
        self._engine = engine
        self._ledger = ledger
        self._clock = clock

    def lagging(self, judging: Judging) -> Iterator[tuple[str, ...]]:
        """Yield the customers of whom a level is to move, batch by batch."""
        unknown = judging.unknown_industry
        with transaction(self._engine, "look whose state is late") as connection:
            numbers = (
                customer.number
                for customer, states in everybody(connection, unknown_industry=unknown)
                if judging.steps(customer, states)
            )
            while batch := tuple(itertools.islice(numbers, NUMBERS_PER_BATCH)):
                yield batch

    def follow(
        self,
        numbers: Sequence[str],
        judging: Judging,
        entry: Callable[[Sequence[Move]], Entry],
    ) -> tuple[Move, ...]:
        """Move these customers' levels as they are judged now; one transaction."""
        with transaction(self._engine, "let states follow") as connection:
            take_register(connection)
            moves = follow_in(connection, numbers, judging, self._clock.now())
            if moves:
                self._ledger.append(connection, entry(moves))
        return moves


def take_register(connection: Connection) -> None:
    """Wait until no load runs, and let none begin before the end of this."""
    connection.execute(_PATIENCE)
    connection.execute(_REGISTER)


def take_states(connection: Connection, numbers: Sequence[str]) -> None:
    """Hold what stands of these customers against whoever would move it."""
    connection.execute(_TAKE, {"numbers": list(numbers)})


def follow_in(
    connection: Connection,
    numbers: Sequence[str],
    judging: Judging,
    moment: dt.datetime,
) -> tuple[Move, ...]:
    """Move these customers' levels as they are judged inside of a transaction.

    Who leaves use leaves the projection; what of it may still be shown the
    rebuilder makes again.
    """
    take_states(connection, numbers)
    kept = these(connection, numbers, unknown_industry=judging.unknown_industry)
    found = [
        (customer.number, move)
        for customer, states in kept
        for move in judging.steps(customer, states)
    ]
    for number, move in found:
        row = {"number": number, "level": move.level.value, "moment": moment}
        bound = {**row, "old": move.old.value, "new": move.new.value}
        if connection.execute(_MOVE, bound).rowcount != 1:
            raise _MOVED.as_error(ConflictError)
    left = [number for number, move in found if move.old is RecordState.IN_USE]
    connection.execute(_HIDE, {"numbers": left})
    return tuple(move for _, move in found)
