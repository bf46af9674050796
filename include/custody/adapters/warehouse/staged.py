"""What every user of staging shares: its tables, how a delivery comes and leaves."""

from sqlalchemy import Connection, text

from custody.application.ports import Basis
from custody.domain.delivery import DeliveryId, DeliveryState, may_move
from custody.domain.language import Text
from custody.errors import ConflictError

STAGED_TABLES = (
    "staged_row",
    "staged_value",
    "staged_facts",
    "staged_token",
    "staged_row_token",
    "staged_suppression",
    "staged_projection",
)

_DROPS = tuple(
    text(f"DELETE FROM intake.{table} WHERE delivery_id = :id")  # noqa: S608 - constants
    for table in STAGED_TABLES
)
_DROP_DONE = tuple(
    text(
        f"DELETE FROM intake.{table} s USING intake.assignment a"  # noqa: S608 - constants
        " WHERE s.delivery_id = :id AND a.delivery_id = :id AND a.row = s.row"
        " AND a.outcome IN ('loaded', 'unchanged', 'refused')"
    )
    for table in STAGED_TABLES
    if table != "staged_facts"
)
_DROP_FACTS = text("DELETE FROM intake.staged_facts WHERE delivery_id = :id")
_WHOLE = text(
    "SELECT (SELECT count(*) FROM intake.staged_row WHERE delivery_id = :id)"
    " = (SELECT count(*) FROM intake.staged_projection WHERE delivery_id = :id)"
    " AND EXISTS (SELECT FROM intake.staged_facts WHERE delivery_id = :id)"
)

_HOLD = text(
    "SELECT state FROM intake.delivery WHERE delivery_id = :id FOR UPDATE NOWAIT"
)
_NOT_FROM = {
    Basis.LANDED: DeliveryState.HELD,
    Basis.STAGED: DeliveryState.ADMITTED,
    Basis.AFRESH: DeliveryState.ADMITTED,
}
"""A held delivery waits for a person; an admitted one has nothing staged."""
_NOT_WAITING = Text(
    "{delivery_id} 不在待加密状态", "{delivery_id} is not waiting to be sealed"
)


def hold_delivery(
    connection: Connection, delivery_id: DeliveryId, basis: Basis
) -> None:
    """Take the delivery for this run, or say who may not."""
    found = connection.execute(_HOLD, {"id": delivery_id}).scalar()
    refused = _NOT_FROM[basis]
    if found in {None, refused} or not may_move(
        DeliveryState(found), DeliveryState.SEALED
    ):
        raise _NOT_WAITING.as_error(ConflictError, delivery_id=delivery_id)


def drop_staging(connection: Connection, delivery_id: str) -> None:
    """Remove everything that a delivery has in staging."""
    for statement in _DROPS:
        connection.execute(statement, {"id": delivery_id})


def drop_done(connection: Connection, delivery_id: str, *, waiting: bool) -> None:
    """Remove what was loaded or found unchanged; `waiting` rows keep their staging."""
    if not waiting:
        drop_staging(connection, delivery_id)
        return
    for statement in (*_DROP_DONE, _DROP_FACTS):
        connection.execute(statement, {"id": delivery_id})


def staging_is_whole(connection: Connection, delivery_id: str) -> bool:
    """Whether the UNLOGGED tables still have what the logged ones tell of."""
    return bool(connection.execute(_WHOLE, {"id": delivery_id}).scalar_one())
