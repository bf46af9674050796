"""Held rows on PostgreSQL: one decision is one transaction with its ledger entry.

A decided row takes the road of a load: it is assigned its place and moved by the
same statements, and the counts of its delivery must add up at commit.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, Row, text

from custody.adapters.database import transaction
from custody.adapters.warehouse import moving, waiting
from custody.adapters.warehouse import row_words as words
from custody.adapters.warehouse.barred import is_barred
from custody.adapters.warehouse.delivery_rows import tally_columns
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.adapters.warehouse.numbering import number_founders
from custody.adapters.warehouse.pinned_rows import is_fit_for_pin
from custody.adapters.warehouse.register import ONE_AT_A_TIME
from custody.adapters.warehouse.supplements import close_answered
from custody.adapters.warehouse.suppressed import waits_suppressed
from custody.application.ports import Clock, Entry
from custody.application.ports.held_rows import Obstacle, Placed, Terms, Word
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.held_rows import (
    NewCustomer,
    Refuse,
    RowStanding,
    Ruling,
    ToCustomer,
    mark_of,
    outcome_of,
    tally_after,
)
from custody.domain.matching import Applicant, Customer, NewVersion
from custody.domain.outcome import Outcome, Tally
from custody.errors import ConflictError, EpochClosedError

_FIND = text(
    "SELECT d.delivery_id, f.row, d.state, o.outcome, o.reasons, v.number, v.version"
    " FROM (SELECT delivery_id, row FROM intake.row_outcome"
    "  WHERE handle = :handle AND outcome IN ('held', 'refused')"
    "  UNION SELECT delivery_id, row FROM register.record_version"
    "  WHERE handle = :handle"
    "  UNION SELECT delivery_id, row FROM intake.staged_row WHERE handle = :handle) f"
    " JOIN intake.delivery d USING (delivery_id)"
    " LEFT JOIN intake.row_outcome o USING (delivery_id, row)"
    " LEFT JOIN register.record_version v ON v.handle = :handle LIMIT 1"
)
# Whoever comes second finds the row taken, or no longer held; neither waits.
_TAKE_ROW = text(
    "SELECT outcome FROM intake.row_outcome"
    " WHERE delivery_id = :id AND row = :row FOR UPDATE SKIP LOCKED"
)
_TAKE_DELIVERY = text(
    "SELECT business_date, rows_read, loaded, unchanged, pending, quarantined,"
    " refused, held FROM intake.delivery"
    " WHERE delivery_id = :id AND state = 'loaded' FOR UPDATE"
)
_LATEST = text(
    "SELECT (SELECT max(version) FROM register.record_version WHERE number = :number)"
    " AS version FROM register.customer WHERE number = :number"
)
_FORGET = text("DELETE FROM intake.assignment WHERE delivery_id = :id")
_ASSIGN = text(
    "INSERT INTO intake.assignment"
    " (delivery_id, row, handle, number, version, outcome, batch)"
    " VALUES (:id, :row, :handle, :number, :version, 'loaded', :batch)"
)
_SHOWN = text(
    "SELECT EXISTS (SELECT FROM intake.staged_projection"
    " WHERE delivery_id = :id AND row = :row)"
)
_FACTS = text(
    "SELECT facts FROM intake.row_facts WHERE delivery_id = :id AND row = :row"
)
_OUTCOME = text(
    "UPDATE intake.row_outcome SET outcome = :outcome,"
    " reasons = array_append(reasons, CAST(:mark AS text))"
    " WHERE delivery_id = :id AND row = :row"
)
# What went off-site is no longer how it is: the delivery is exported again.
_COUNT = text(
    "UPDATE intake.delivery SET loaded = :loaded, refused = :refused, held = :held,"
    " exported_at = NULL WHERE delivery_id = :id"
)
_BATCH = 1


class PostgresHeldRows:
    """Implements `HeldRows`; made for custody_loader, who moves rows as it does."""

    def __init__(self, engine: Engine, ledger: LedgerWriter, clock: Clock) -> None:
        """Take the loader's engine, the ledger's writer and the clock."""
        self._engine = engine
        self._ledger = ledger
        self._clock = clock

    def find(self, handle: bytes) -> RowStanding | None:
        """Return how a row stands; None when nothing is known of the handle."""
        with transaction(self._engine, "find a row") as connection:
            found = connection.execute(_FIND, {"handle": handle}).one_or_none()
        return None if found is None else _standing(handle, found)

    def decide(
        self, standing: RowStanding, ruling: Ruling, word: Word, terms: Terms
    ) -> Placed | Obstacle:
        """Let a ruling take effect, with its ledger entry, in one transaction."""
        with transaction(self._engine, "decide a row") as connection:
            tally, row = self._take(connection, standing, terms)
            body = _body(standing, ruling, word)
            made = _make(connection, ruling, row, terms, body)
            if isinstance(made, Placed):
                _settle(connection, ruling, row, tally_after(tally, ruling))
                entry = Entry(
                    kind="row_decided", subject=standing.delivery_id, body=body
                )
                self._ledger.append(connection, entry)
        return made

    def _take(
        self, connection: Connection, standing: RowStanding, terms: Terms
    ) -> tuple[Tally, dict[str, object]]:
        """Take row and delivery; return its counts and what statements are bound to."""
        row: dict[str, object] = {"id": standing.delivery_id, "row": standing.row}
        outcome = connection.execute(_TAKE_ROW, row).scalar()
        found = connection.execute(_TAKE_DELIVERY, row).one_or_none()
        if outcome != Outcome.HELD or found is None:
            raise words.SOMEBODY_ELSE.as_error(
                ConflictError, row=standing.row, delivery_id=standing.delivery_id
            )
        date, read, *counts = found
        names = ("loaded", "unchanged", "pending", "quarantined", "refused", "held")
        return Tally(read=read, **dict(zip(names, counts, strict=True))), {
            **row,
            "handle": standing.handle,
            "date": date,
            "year": date.year,
            "year_text": str(date.year),
            "width": terms.number_width,
            "part": terms.part,
            "moment": self._clock.now(),
        }


def _make(
    connection: Connection,
    ruling: Ruling,
    row: Mapping[str, object],
    terms: Terms,
    body: dict[str, str | int],
) -> Placed | Obstacle:
    """Move the row as ruled; note in the entry's body what was moved."""
    if isinstance(ruling, Refuse):
        return Placed()
    connection.execute(ONE_AT_A_TIME)
    if not waiting.tokens_are_there(connection, row):
        return Obstacle.TOKENS_LOST
    if not waiting.epochs_are_open(connection, row):
        raise words.ENDED_TOKENS.as_error(EpochClosedError, row=row["id"])
    if waits_suppressed(connection, row):
        return Obstacle.SUPPRESSED
    if isinstance(ruling, ToCustomer) and is_barred(connection, ruling.number):
        return Obstacle.NOT_IN_USE
    place = None
    if is_fit_for_pin(connection, ruling, row):
        place = _place(connection, ruling, row)
    if place is None:
        return Obstacle.NO_CUSTOMER
    _move(connection, {**row, "number": place[0], "version": place[1]})
    root, leaves = moving.loaded_root(connection, row)
    shown = bool(connection.execute(_SHOWN, row).scalar_one())
    facts = _facts(connection, row)
    answered = close_answered(connection, row, terms.match_keys, facts)
    body |= {"root": root.hex(), "values": leaves, "answered": answered}
    body["links"] = moving.linked_root(connection, row).hex()
    return Placed(number=place[0], version=place[1], shown=shown, answered=answered)


def _place(
    connection: Connection, ruling: ToCustomer | NewCustomer, row: Mapping[str, object]
) -> tuple[str, int] | None:
    """Return number and version that the row gets; None without such a customer."""
    if isinstance(ruling, ToCustomer):
        bound = {"number": ruling.number}
        found = connection.execute(_LATEST, bound).one_or_none()
        return None if found is None else (ruling.number, (found.version or 0) + 1)
    handle = bytes(row["handle"])  # type: ignore[call-overload]
    founder = Customer(number=None, version=1, handle=handle, keys=(), row_tokens={})
    applicant = Applicant(
        row=int(str(row["row"])), handle=handle, keys=(), row_tokens={}
    )
    number_founders(connection, [(applicant, NewVersion(founder, 1))], row)
    return str(founder.number), 1


def _move(connection: Connection, row: Mapping[str, object]) -> None:
    waiting.stage_tokens(connection, row)
    connection.execute(_FORGET, row)
    connection.execute(_ASSIGN, {**row, "batch": _BATCH})
    at = int(str(row["row"]))
    moving.move_rows(connection, row, batch=_BATCH, low=at, high=at)
    moving.move_values(connection, row)


def _settle(
    connection: Connection, ruling: Ruling, row: Mapping[str, object], tally: Tally
) -> None:
    """Give the row its outcome, the delivery its counts; nothing waits any more."""
    told = {"outcome": outcome_of(ruling).value, "mark": mark_of(ruling)}
    connection.execute(_OUTCOME, {**row, **told})
    connection.execute(_COUNT, {**row, **tally_columns(tally)})
    waiting.let_go(connection, row)


def _facts(connection: Connection, row: Mapping[str, object]) -> list[pl.DataFrame]:
    """Return the facts that are kept of a held row."""
    told = connection.execute(_FACTS, row).scalar()
    return [] if told is None else [pl.DataFrame([{**told, "row": row["row"]}])]


def _body(standing: RowStanding, ruling: Ruling, word: Word) -> dict[str, str | int]:
    """Return what the ledger keeps: no number of a customer stands there (idea 6)."""
    names = {ToCustomer: "customer", NewCustomer: "new_customer", Refuse: "refuse"}
    return {
        "row": standing.row,
        "handle": standing.handle.hex(),
        "held_for": ",".join(standing.reasons),
        "ruling": names[type(ruling)],
        "outcome": outcome_of(ruling).value,
        "reason": word.reason,
        "actor": word.actor,
    }


def _standing(handle: bytes, found: Row[Any]) -> RowStanding:
    return RowStanding(
        delivery_id=DeliveryId(found.delivery_id),
        row=found.row,
        handle=handle,
        delivery_state=DeliveryState(found.state),
        outcome=None if found.outcome is None else Outcome(found.outcome),
        reasons=tuple(found.reasons or ()),
        number=found.number,
        version=found.version,
    )
