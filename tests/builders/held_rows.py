"""Rows that wait, for tests: how a held row of an invented delivery stands."""

from custody.domain.delivery import DeliveryState
from custody.domain.held_rows import RowStanding
from custody.domain.outcome import Outcome
from tests.builders.deliveries import delivery_key

HANDLE = bytes(range(16))


def held_row(
    state: DeliveryState = DeliveryState.LOADED,
    outcome: Outcome | None = Outcome.HELD,
    *,
    reasons: tuple[str, ...] = ("ambiguous_match",),
    number: str | None = None,
    version: int | None = None,
    source: str = "website",
) -> RowStanding:
    """Return the standing of row 3 of a delivery; held unless told otherwise."""
    return RowStanding(
        delivery_id=delivery_key(source=source).delivery_id,
        row=3,
        handle=HANDLE,
        delivery_state=state,
        outcome=outcome,
        reasons=reasons,
        number=number,
        version=version,
    )
