"""What people decided and ended, written into a restore; made for custody_owner."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.certificates import ADD, row_of
from custody.adapters.warehouse.decisions import ADD as ADD_DECISION
from custody.adapters.warehouse.decisions import row_of as decision_row
from custody.adapters.warehouse.destruction import bound
from custody.adapters.warehouse.run_proofs import keep_recovery, keep_sets
from custody.application.ports.certificates import KeptCertificate
from custody.domain.acts import Word
from custody.domain.decisions import Signed
from custody.domain.destruction import RunState
from custody.domain.destruction_story import DestructionStory

_END = tuple(
    text(
        f"UPDATE retention.{table} SET {ended} = :at"  # noqa: S608 - constants
        f" WHERE {name} = :id AND {ended} IS NULL"
    )
    for table, name, ended in (
        ("event", "event_id", "withdrawn_at"),
        ("legal_hold", "hold_id", "lifted_at"),
    )
)
_WORDS = text(
    "SELECT encode(event_id, 'hex') FROM retention.event"
    " UNION ALL SELECT encode(hold_id, 'hex') FROM retention.legal_hold"
)
_RUNS = text("SELECT plan, state FROM destruction.run ORDER BY begun_at, plan")
_SETTLE = text(
    "UPDATE destruction.run SET state = :state, moved_at = :at WHERE plan = :plan"
)
_TOUCHED = text(
    "SELECT DISTINCT v.delivery_id FROM register.record_version v"
    " JOIN destruction.line l USING (number)"
    " WHERE l.plan = :plan AND l.state IN ('condemned', 'deleted')"
)
_LEAVE_OUT = (
    text(
        "UPDATE register.standing t SET state = 'storage_only'"
        " FROM destruction.line l WHERE l.plan = :plan AND t.number = l.number"
        " AND t.level = l.level AND t.state = 'destroying'"
    ),
    *(
        text(f"DELETE FROM destruction.{table} WHERE plan = :plan")  # noqa: S608 - constants
        for table in (
            *("sample", "recovery", "full_set", "succession", "customer", "line"),
            "run",
        )
    ),
)
_CERTIFICATES = text(
    "SELECT encode(certificate_id, 'hex') FROM destruction.certificate"
)


@dataclass(frozen=True, slots=True)
class RestoredActs:
    """Implements `RestoreActs`."""

    engine: Engine

    def add_decisions(self, told: Iterable[tuple[dt.datetime, Signed]]) -> None:
        """Add those that are not there, in their order, as recorded then."""
        with transaction(self.engine, "restore decisions") as connection:
            for moment, signed in told:
                connection.execute(ADD_DECISION, decision_row(signed, moment))

    def end_words(self, events: Mapping[str, Word], holds: Mapping[str, Word]) -> None:
        """Let events be withdrawn and holds be lifted that were since."""
        with transaction(self.engine, "restore what was taken back") as connection:
            for statement, words in zip(_END, (events, holds), strict=True):
                for name, word in words.items():
                    if word.ended_at is not None:
                        row = {"id": bytes.fromhex(name), "at": word.ended_at}
                        connection.execute(statement, row)

    def words(self) -> frozenset[str]:
        """Return the ids of the events and holds that are there, ended ones too."""
        with transaction(self.engine, "read restored events and holds") as connection:
            return frozenset(connection.execute(_WORDS).scalars())

    def runs(self) -> Sequence[tuple[str, RunState]]:
        """Return the plan of each run that is there, and where it stands."""
        with transaction(self.engine, "read restored runs") as connection:
            rows = connection.execute(_RUNS).all()
        return [(bytes(row.plan).hex(), RunState(row.state)) for row in rows]

    def settle(self, plan: str, state: RunState, story: DestructionStory) -> None:
        """Let a run stand where it came to, with what it had shown by then."""
        row = {**bound(plan), "state": state, "at": story.told_at}
        with transaction(self.engine, "restore a run") as connection:
            connection.execute(_SETTLE, row)
            keep_sets(connection, plan, story.full_sets)
            if story.recovery is not None:
                keep_recovery(connection, plan, story.recovery)

    def leave_out(self, plan: str) -> frozenset[str]:
        """Take a run out that cannot go on; who was marked by it is not any more.

        Return the deliveries of whose customers it had destroyed something.
        """
        with transaction(self.engine, "leave a run out") as connection:
            touched = frozenset(connection.execute(_TOUCHED, bound(plan)).scalars())
            for statement in _LEAVE_OUT:
                connection.execute(statement, bound(plan))
        return touched

    def certificates(self) -> frozenset[str]:
        """Return the ids of the certificates that are there."""
        with transaction(self.engine, "read restored certificates") as connection:
            return frozenset(connection.execute(_CERTIFICATES).scalars())

    def add_certificate(self, kept: KeptCertificate) -> None:
        """Add a certificate."""
        with transaction(self.engine, "restore a certificate") as connection:
            connection.execute(ADD, row_of(kept))
