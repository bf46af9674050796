"""Tells people what became of deliveries, in ids, codes and counts (R25)."""

import datetime as dt

from custody.bootstrap import Custody
from custody.domain.delivery import DeliveryId, DeliveryState


def admit_and_tell(
    custody: Custody, source_id: str, business_date: dt.date | None
) -> list[DeliveryId]:
    """Admit what has landed, tell of what was quarantined; return the others.

    WorldError when some could not be judged; the rest are done and come again.
    """
    admission = custody.admit(source_id, business_date)
    for delivery_id, reasons in admission.quarantined:
        custody.notifier.notify(
            f"交付已隔离 delivery quarantined: {delivery_id}",
            "\n".join(reasons),
        )
    return list(admission.to_process)


def tell_outcome(custody: Custody, delivery_id: DeliveryId) -> str:
    """Tell of a delivery that waits for people; return its state.

    Silent when every row was loaded or is unchanged.
    """
    record = custody.book.find(delivery_id)
    if record is None:
        return "unknown"
    tally = record.tally
    calls = (
        record.state is not DeliveryState.LOADED or tally.pending or (tally.quarantined)
    )
    if calls:
        custody.notifier.notify(
            f"交付待处理 delivery needs attention: {delivery_id}",
            f"{record.state.value} {' '.join(record.reasons)}\n"
            f"read {tally.read}, loaded {tally.loaded}, unchanged {tally.unchanged},"
            f" pending {tally.pending}, quarantined {tally.quarantined},"
            f" refused {tally.refused}, held {tally.held}",
        )
    return record.state.value
