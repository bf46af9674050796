"""Rows pinned to their customers: examined again, and never matched."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl
from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.deliveries import ADD
from custody.adapters.warehouse.delivery_rows import parameters
from custody.adapters.warehouse.fetching import whole_groups
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.application.ports import DeliveryRecord, Entry
from custody.domain.delivery import DeliveryId
from custody.domain.held_rows import OVERTAKEN, NewCustomer, Refuse, Ruling
from custody.domain.reclassifying import Pin
from custody.domain.record_states import Barrier

_PIN = text(
    "INSERT INTO intake.pinned_row (delivery_id, row, number, part, former,"
    " business_date, policy_digest, reason) VALUES (:id, :row, :number, :part,"
    " :former, :date, :policy, :reason)"
)
# The version that a pinned row would replace is the latest, or it is overtaken; who
# left use since is examined no more (PIPL 47).
_ASSIGN = text(
    "INSERT INTO intake.assignment"
    " (delivery_id, row, handle, outcome, number, version, reason)"
    " SELECT :id, s.row, s.handle, s.outcome,"
    " CASE s.outcome WHEN 'loaded' THEN s.number END,"
    " CASE s.outcome WHEN 'loaded' THEN s.version + 1 END,"
    " CASE s.outcome WHEN 'refused' THEN CASE WHEN s.kept_back"
    "  THEN CAST(:kept_back AS text) ELSE CAST(:overtaken AS text) END"
    "  WHEN 'held' THEN s.reason END"
    " FROM (SELECT r.row, r.handle, p.number, p.reason, l.version, k.kept_back, CASE"
    "  WHEN f.handle <> p.former OR k.kept_back THEN 'refused'"
    "  WHEN p.reason IS NOT NULL THEN 'held'"
    "  WHEN r.verdict = 'pending' THEN 'pending' ELSE 'loaded' END AS outcome"
    "  FROM intake.staged_row r JOIN intake.pinned_row p USING (delivery_id, row)"
    "  CROSS JOIN LATERAL (SELECT version FROM register.record_version"
    "   WHERE number = p.number ORDER BY version DESC LIMIT 1) l"
    "  CROSS JOIN LATERAL (SELECT handle FROM register.record_version"
    "   WHERE number = p.number AND part = p.part ORDER BY version DESC LIMIT 1) f"
    "  CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM register.standing g"
    "   WHERE g.number = p.number AND g.state <> 'in_use') AS kept_back) k"
    "  WHERE r.delivery_id = :id AND NOT EXISTS (SELECT FROM intake.assignment a"
    "   WHERE a.delivery_id = :id AND a.row = r.row)) s ORDER BY s.row"
)
_STANDS = text(
    "SELECT p.number, p.former = (SELECT handle FROM register.record_version"
    "  WHERE number = p.number AND part = p.part ORDER BY version DESC LIMIT 1)"
    " AS latest FROM intake.pinned_row p WHERE p.delivery_id = :id AND p.row = :row"
)
_VALUES = text(
    "SELECT p.row, p.former AS handle, v.level, v.sealed, v.key_id, v.digest"
    " FROM intake.pinned_row p LEFT JOIN register.sealed_value v"
    " ON v.handle = p.former WHERE p.delivery_id = :id ORDER BY p.row, v.level"
)
_VALUE: dict[str, type[pl.DataType]] = {
    "row": pl.Int64,
    "handle": pl.Binary,
    "level": pl.String,
    "sealed": pl.Binary,
    "key_id": pl.Binary,
    "digest": pl.Binary,
}


class PostgresPins:
    """Implements `Pins`; made for custody_loader."""

    def __init__(self, engine: Engine, ledger: LedgerWriter) -> None:
        """Take the loader's engine and the ledger's writer."""
        self._engine = engine
        self._ledger = ledger

    def add(self, record: DeliveryRecord, pins: Sequence[Pin], entry: Entry) -> bool:
        """Add the delivery, its pins and its entry, or nothing."""
        with transaction(self._engine, "pin rows to customers") as connection:
            if not connection.execute(ADD, parameters(record)).rowcount:
                return False
            rows = [
                {
                    "id": record.key.delivery_id,
                    "row": row,
                    "number": pin.number,
                    "part": pin.part,
                    "former": pin.former,
                    "date": pin.business_date,
                    "policy": record.policy_digest,
                    "reason": pin.reason,
                }
                for row, pin in enumerate(pins, start=1)
            ]
            connection.execute(_PIN, rows)
            self._ledger.append(connection, entry)
        return True


class PostgresPinnedValues:
    """Implements `StagedValues` over the register; made for custody_rebuilder."""

    def __init__(self, engine: Engine) -> None:
        """Take the rebuilder's engine."""
        self._engine = engine

    def of(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield what the pinned rows are examined from; a row is never split."""
        with transaction(self._engine, "read pinned values") as connection:
            yield from whole_groups(
                connection, _VALUES, {"id": delivery_id}, schema=_VALUE
            )


def assign_pinned(connection: Connection, load: Mapping[str, object]) -> None:
    """Give every staged row that has no place its own customer's next version."""
    why = {"overtaken": OVERTAKEN, "kept_back": Barrier.STORAGE_ONLY.value}
    connection.execute(_ASSIGN, {**load, **why})


def is_fit_for_pin(
    connection: Connection, ruling: Ruling, row: Mapping[str, object]
) -> bool:
    """Whether a ruling leaves a pinned row with its customer; any other row is free.

    What was overtaken meanwhile may only be refused: older data never comes last.
    """
    pin = connection.execute(_STANDS, row).one_or_none()
    if pin is None or isinstance(ruling, Refuse):
        return True
    if isinstance(ruling, NewCustomer):
        return False
    return bool(pin.latest) and ruling.number == pin.number
