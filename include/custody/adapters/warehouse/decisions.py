"""Decisions on PostgreSQL: stored as they were signed, told to the ledger with it."""

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.application.ports import Clock, Entry
from custody.application.ports.decisions import TOLD
from custody.domain.decisions import Signed
from custody.domain.ledger import read_line

ADD = text(
    "INSERT INTO review.decision (digest, kind, subject, line, recorded_at)"
    " VALUES (:digest, :kind, :subject, :line, :moment) ON CONFLICT DO NOTHING"
)
_STORED = text("SELECT line FROM review.decision ORDER BY arrival")
# Narrows what is parsed; what a body merely quotes is left out after that.
_TOLD = text(
    "SELECT line FROM ledger.entry WHERE EXISTS (SELECT FROM unnest(:kinds) kind"
    " WHERE position(kind IN line) > 0) ORDER BY position"
)
_QUOTED = [f'"kind":"{kind}"'.encode() for kind in sorted(TOLD)]


class PostgresDecisions:
    """Implements `DecisionBook`; made for custody_registrar and custody_destroyer.

    The registrar alone may add.
    """

    def __init__(self, engine: Engine, ledger: LedgerWriter, clock: Clock) -> None:
        """Take a role's engine, the ledger's writer and the clock."""
        self._engine = engine
        self._ledger = ledger
        self._clock = clock

    def add(self, signed: Signed, entry: Entry) -> bool:
        """Store a decision with its ledger entry; False when it is known already."""
        row = row_of(signed, self._clock.now())
        with transaction(self._engine, "record a decision") as connection:
            if not connection.execute(ADD, row).rowcount:
                return False
            self._ledger.append(connection, entry)
            return True

    def stored(self) -> Iterator[bytes]:
        """Yield the lines of all decisions, in order of arrival."""
        with transaction(self._engine, "read the decisions") as connection:
            for line in connection.execute(_STORED).scalars():
                yield bytes(line)

    def told(self) -> Iterator[bytes]:
        """Yield the ledger's lines that tell of decisions, in order."""
        with transaction(self._engine, "read the ledger's decisions") as connection:
            for stored in connection.execute(_TOLD, {"kinds": _QUOTED}).scalars():
                line = bytes(stored)
                if read_line(line).kind in TOLD:
                    yield line

    def append(self, entry: Entry) -> int:
        """Tell the ledger of what came of a decision; return the position."""
        with transaction(self._engine, "append to the ledger") as connection:
            return self._ledger.append(connection, entry)


def row_of(signed: Signed, moment: dt.datetime) -> dict[str, object]:
    """Return a decision as it is bound to `ADD`, recorded at a moment."""
    return {
        "digest": bytes.fromhex(signed.digest),
        "kind": signed.decision.kind.value,
        "subject": signed.decision.subject,
        "line": signed.line,
        "moment": moment,
    }
