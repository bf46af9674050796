"""Telling: people hear of each delivery that was not let in, whoever looked (R25)."""

from collections.abc import Iterable, Sequence

from custody.application.ports import DeliveryRecord, Notifier
from custody.domain.delivery import DeliveryId, DeliveryState, Refusal


def tell_quarantined(
    notifier: Notifier, delivery_id: DeliveryId, reasons: Iterable[Refusal | str]
) -> None:
    """Tell of one delivery that was sealed away, by its id and reason codes."""
    notifier.notify(
        f"交付已隔离 delivery quarantined: {delivery_id}", "\n".join(reasons)
    )


def owed_reasons(record: DeliveryRecord) -> tuple[str, ...]:
    """Return why it was refused when the run that knows may have died untold."""
    refused = record.state is DeliveryState.QUARANTINED
    return record.reasons if refused and record.erased_at is None else ()


def tell_unjudged(notifier: Notifier, delivery_ids: Sequence[DeliveryId]) -> None:
    """Tell of deliveries that could not be judged; they are tried again by itself."""
    if delivery_ids:
        notifier.notify(
            f"交付未能验收 deliveries not judged: {len(delivery_ids)}",
            "\n".join(delivery_ids),
        )
