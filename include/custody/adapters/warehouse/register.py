"""The register port on PostgreSQL: one delivery becomes customers and versions.

One transaction for everything, its ledger entry included, so a kill at any moment
leaves all of it or none.  Loads run one at a time: two deliveries that bring the
same new customer must not found it twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import polars as pl
from sqlalchemy import Connection, Engine, text

from custody.adapters.copying import copy_frame
from custody.adapters.database import driver, transaction
from custody.adapters.warehouse import candidates, moving
from custody.adapters.warehouse import row_words as words
from custody.adapters.warehouse.barred import bar_rows
from custody.adapters.warehouse.delivery_rows import tally_columns
from custody.adapters.warehouse.index_epochs import hold_open
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.adapters.warehouse.numbering import number_founders
from custody.adapters.warehouse.outcomes import record_outcomes
from custody.adapters.warehouse.pinned_rows import assign_pinned
from custody.adapters.warehouse.simple import assign_simple
from custody.adapters.warehouse.staged import drop_done, staging_is_whole
from custody.adapters.warehouse.suppressed import assign_suppressed
from custody.application.ports import Clock, DeliveryRecord, Entry, Reached, pass_by
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.matching import Applicant, Decision, Held, NewVersion
from custody.domain.outcome import Outcome, Tally
from custody.domain.sources import Source
from custody.errors import ConflictError, EpochClosedError

_HOLD = text(
    "SELECT state FROM intake.delivery WHERE delivery_id = :id FOR UPDATE NOWAIT"
)
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(8402)")
# Staging has no statistics, nor has a register that has just grown: a nested loop
# chosen by guess would be quadratic, and so would a scan in place of a look-up.
_NO_LOOPS = text("SET LOCAL enable_nestloop = off")
_NO_SCANS = text("SET LOCAL enable_seqscan = off")
_ROOM = text("SET LOCAL work_mem = '64MB'")
PATIENCE = text("SET LOCAL lock_timeout = '15min'")
_ALLOW_LOOPS = text("SET LOCAL enable_nestloop = on")
_STAGED_EPOCHS = text(
    "SELECT e.state FROM register.index_epoch e WHERE e.number IN"
    " (SELECT index_epoch FROM intake.staged_token WHERE delivery_id = :id UNION"
    " SELECT index_epoch FROM intake.staged_row_token WHERE delivery_id = :id)"
    " ORDER BY e.number FOR SHARE"
)
_RANGE = text(
    "SELECT coalesce(min(row), 0), coalesce(max(row), 0) FROM intake.staged_row"
    " WHERE delivery_id = :id"
)
_LOADED = text(
    "UPDATE intake.delivery SET state = 'loaded', rows_read = :rows_read,"
    " loaded = :loaded, unchanged = :unchanged, pending = :pending,"
    " quarantined = :quarantined, refused = :refused, held = :held"
    " WHERE delivery_id = :id AND state = 'checked'"
)
_FORGET = text("DELETE FROM intake.assignment WHERE delivery_id = :id")

_ASSIGNMENT = {
    "delivery_id": "text",
    "row": "int8",
    "handle": "bytea",
    "number": "text",
    "version": "int4",
    "outcome": "text",
    "reason": "text",
    "same_as": "bytea",
    "batch": "int4",
}
_ASSIGNMENT_SCHEMA = {
    "row": pl.Int64,
    "handle": pl.Binary,
    "number": pl.String,
    "version": pl.Int32,
    "outcome": pl.String,
    "reason": pl.String,
    "same_as": pl.Binary,
}


class PostgresRegister:
    """Implements `Register`; moves rows and opens nothing."""

    def __init__(
        self,
        engine: Engine,
        ledger: LedgerWriter,
        clock: Clock,
        reached: Reached = pass_by,
    ) -> None:
        """Take the loader's engine, the ledger's writer and the clock."""
        self._engine = engine
        self._ledger = ledger
        self._clock = clock
        self._reached = reached

    def load(
        self, record: DeliveryRecord, source: Source, *, number_width: int
    ) -> Tally:
        """Load one checked delivery in one transaction, its entry included.

        ConflictError when the delivery is not `checked`, is held by another run,
        or lost its UNLOGGED staging; EpochClosedError while an index epoch is
        closing, and when its tokens are of one that is destroyed: seal it again.
        """
        delivery_id = record.key.delivery_id
        year = record.key.business_date.year
        load: dict[str, object] = {
            "id": delivery_id,
            "date": record.key.business_date,
            "year": year,
            "year_text": str(year),
            "width": number_width,
            "moment": self._clock.now(),
            "part": source.part,
        }
        with transaction(self._engine, f"load {delivery_id}") as connection:
            self._reached("load.claim.before")
            _admit(connection, delivery_id)
            self._reached("load.claim.after")
            self._place(connection, load, record, source)
            tally = self._settle(connection, load, source)
            self._reached("load.commit.before")
        self._reached("load.commit.after")
        return tally

    def _place(
        self,
        connection: Connection,
        load: Mapping[str, object],
        record: DeliveryRecord,
        source: Source,
    ) -> None:
        """Write customers, versions and tokens, then sealed values and projection."""
        self._reached("load.match.before")
        if record.key.reclassifies:
            _renew(connection, load)
        else:
            _match(connection, load, source)
        self._reached("load.match.after")
        self._reached("load.values.before")
        moving.move_values(connection, load)
        self._reached("load.values.after")

    def _settle(
        self, connection: Connection, load: Mapping[str, object], source: Source
    ) -> Tally:
        """Write outcomes, clear the staging, and tell the ledger, last."""
        delivery_id = DeliveryId(str(load["id"]))
        root, leaves = moving.loaded_root(connection, load)
        links = moving.linked_root(connection, load)
        self._reached("load.outcomes.before")
        tally = record_outcomes(connection, load, source.match_keys)
        self._reached("load.outcomes.after")
        self._reached("load.mark.before")
        connection.execute(_LOADED, {"id": delivery_id, **tally_columns(tally)})
        self._reached("load.mark.after")
        self._reached("load.clear.before")
        drop_done(connection, delivery_id, waiting=bool(tally.pending or tally.held))
        connection.execute(_FORGET, load)
        self._reached("load.clear.after")
        body = asdict(tally) | {"root": root.hex(), "values": leaves}
        body["links"] = links.hex()
        if source.enriches:
            body["part"] = source.part
        entry = Entry(kind="loaded", subject=delivery_id, body=body)
        self._ledger.append(connection, entry)
        return tally


def _admit(connection: Connection, delivery_id: DeliveryId) -> None:
    """Take the delivery, then the register; refuse what cannot be loaded."""
    state = connection.execute(_HOLD, {"id": delivery_id}).scalar()
    if state != DeliveryState.CHECKED:
        raise words.NOT_CHECKED.as_error(
            ConflictError, delivery_id=delivery_id, state=state or "unknown"
        )
    for statement in (_NO_LOOPS, _NO_SCANS, _ROOM, PATIENCE, ONE_AT_A_TIME):
        connection.execute(statement)
    if not staging_is_whole(connection, delivery_id):
        raise words.LOST_STAGING.as_error(ConflictError, delivery_id=delivery_id)
    hold_open(connection, delivery_id)
    epochs = connection.execute(_STAGED_EPOCHS, {"id": delivery_id}).scalars().all()
    if any(state != "open" for state in epochs):
        raise words.DELIVERY_TOKENS.as_error(EpochClosedError, delivery_id=delivery_id)


def _renew(connection: Connection, load: Mapping[str, object]) -> None:
    """Give every row to the customer whose version it is: nobody is matched."""
    connection.execute(_FORGET, load)
    assign_suppressed(connection, load)
    assign_pinned(connection, load)
    low, high = connection.execute(_RANGE, load).one()
    moving.move_rows(connection, load, batch=0, low=low, high=high)


def _match(connection: Connection, load: Mapping[str, object], source: Source) -> None:
    """Assign every row, and write customers, versions and tokens."""
    keys = source.match_keys
    connection.execute(_FORGET, load)
    suppressed = assign_suppressed(connection, load)
    assign_simple(connection, keys, load, enriches=source.enriches, placed=suppressed)
    bar_rows(connection, keys, load)
    low, high = connection.execute(_RANGE, load).one()
    moving.move_rows(connection, load, batch=0, low=low, high=high)
    batches = candidates.applicants(connection, str(load["id"]), keys)
    for batch, rows in enumerate(batches, start=1):
        connection.execute(_ALLOW_LOOPS)
        matcher = candidates.informed_matcher(connection, rows, source)
        connection.execute(_NO_LOOPS)
        decided = [(row, matcher.decide(row)) for row in rows]
        number_founders(connection, decided, load)
        _assign(connection, load, batch, decided)
        moving.move_rows(
            connection, load, batch=batch, low=rows[0].row, high=rows[-1].row
        )


def _assign(
    connection: Connection,
    load: Mapping[str, object],
    batch: int,
    decided: Sequence[tuple[Applicant, Decision]],
) -> None:
    rows = [_assignment(applicant, decision) for applicant, decision in decided]
    frame = pl.DataFrame(rows, schema=_ASSIGNMENT_SCHEMA, orient="row").with_columns(
        delivery_id=pl.lit(load["id"]), batch=pl.lit(batch, dtype=pl.Int32)
    )
    copy_frame(driver(connection), "intake.assignment", frame, columns=_ASSIGNMENT)


def _assignment(applicant: Applicant, decision: Decision) -> tuple[object, ...]:
    place = (applicant.row, applicant.handle)
    if isinstance(decision, NewVersion):
        number = decision.customer.number
        return (*place, number, decision.version, Outcome.LOADED.value, None, None)
    if isinstance(decision, Held):
        return (*place, None, None, Outcome.HELD.value, decision.reason.value, None)
    return (*place, None, None, Outcome.UNCHANGED.value, None, decision.same_as)
