"""The ledger port on PostgreSQL: one line after the other, in the caller's hands."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.application.ports import Clock, Entry, Reached, pass_by
from custody.domain.ledger import Signer, hash_line, read_line, write_line

_LINES_PER_FETCH = 1_000

_TAKE_TURN = text("SELECT gate FROM ledger.turn FOR UPDATE")
_LAST = text("SELECT line FROM ledger.entry ORDER BY position DESC LIMIT 1")
_APPEND = text(
    "INSERT INTO ledger.entry (position, line, hash) VALUES (:position, :line, :hash)"
)
_LINES = text(
    "SELECT line FROM ledger.entry WHERE position >= :first ORDER BY position"
)

# The index `drill` has the very expression (migration 0023).
_DRILLS = text(
    "(SELECT position, line FROM ledger.entry ORDER BY position LIMIT 1)"
    " UNION SELECT position, line FROM ledger.entry"
    ' WHERE position(\'"kind":"drill\'::bytea IN line) > 0 ORDER BY position'
)

# The index `sets` has the very expression (migration 0025).
_SETS = text(
    "(SELECT position, line FROM ledger.entry ORDER BY position LIMIT 1)"
    " UNION SELECT position, line FROM ledger.entry"
    ' WHERE position(\'"kind":"backed_up"\'::bytea IN line) > 0'
    ' OR position(\'"kind":"full_set_written"\'::bytea IN line) > 0 ORDER BY position'
)

# The index `answers` has the very expression (migration 0026).
_RESTORES = text(
    'SELECT line FROM ledger.entry WHERE position(\'"kind":"restored"\'::bytea IN line)'
    " > 0 OR position('\"restored\":'::bytea IN line) > 0 ORDER BY position"
)
_NAMING = text(
    "SELECT line FROM ledger.entry WHERE EXISTS (SELECT FROM unnest(:names) name"
    " WHERE position(name IN line) > 0) ORDER BY position"
)


class LedgerWriter:
    """Appends a line inside the transaction of the change that it tells of."""

    def __init__(
        self, signer: Signer, clock: Clock, reached: Reached = pass_by
    ) -> None:
        """Take the ledger's signing key and the clock."""
        self._signer = signer
        self._clock = clock
        self._reached = reached

    def append(self, connection: Connection, entry: Entry) -> int:
        """Append; return the position.

        Holds the ledger's turn until the transaction ends: call it last.
        EvidenceError when the clock stands far behind the last line.
        """
        self._reached("ledger.before")
        connection.execute(_TAKE_TURN)
        last = connection.execute(_LAST).scalar()
        line = write_line(
            entry, last=last, moment=self._clock.now(), signer=self._signer
        )
        position = read_line(line).position
        connection.execute(
            _APPEND, {"position": position, "line": line, "hash": hash_line(line)}
        )
        self._reached("ledger.after")
        return position


class PostgresLedger:
    """Implements `Ledger`."""

    def __init__(self, engine: Engine, writer: LedgerWriter) -> None:
        """Take an engine whose role may append, and the writer."""
        self._engine = engine
        self._writer = writer

    def append(self, entry: Entry) -> int:
        """Append in a transaction of its own; return the position."""
        with transaction(self._engine, "append to the ledger") as connection:
            return self._writer.append(connection, entry)

    def lines(self, *, first: int = 1) -> Iterator[bytes]:
        """Yield the stored lines in order, from a position on (docs/formats.md)."""
        return ledger_lines(self._engine, first=first)

    def last(self) -> bytes | None:
        """Return the last line, None when there is none."""
        with transaction(self._engine, "read the ledger's end") as connection:
            found = connection.execute(_LAST).scalar()
        return None if found is None else bytes(found)


def ledger_lines(engine: Engine, *, first: int = 1) -> Iterator[bytes]:
    """Yield the stored lines in order; any role that may read the ledger."""
    with transaction(engine, "read the ledger") as connection:
        yield from connection.execute(
            _LINES, {"first": first}, execution_options={"yield_per": _LINES_PER_FETCH}
        ).scalars()


def drill_lines(engine: Engine) -> Iterator[bytes]:
    """Yield the first line and those of drills, in order, without a walk."""
    with transaction(engine, "read what the ledger tells of drills") as connection:
        for row in connection.execute(_DRILLS):
            yield bytes(row.line)


def set_lines(engine: Engine) -> Iterator[bytes]:
    """Yield the first line and those of sets, in order, without a walk."""
    with transaction(engine, "read what the ledger tells of backups") as connection:
        for row in connection.execute(_SETS):
            yield bytes(row.line)


def restore_lines(engine: Engine) -> Iterator[bytes]:
    """Yield the lines of restores and those that answer them, without a walk."""
    with transaction(engine, "read what the ledger tells of restores") as connection:
        yield from map(bytes, connection.execute(_RESTORES).scalars())


def lines_naming(engine: Engine, names: Sequence[str]) -> Iterator[bytes]:
    """Yield the lines in which one of these ids stands, in order; a walk."""
    with transaction(engine, "read what the ledger tells of some") as connection:
        bound = {"names": [one.encode() for one in names]}
        yield from map(bytes, connection.execute(_NAMING, bound).scalars())
