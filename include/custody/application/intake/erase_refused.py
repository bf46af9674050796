"""Erase refused: a folder goes whose content lies sealed in the quarantine."""

from custody.application.ports import DeliveryBook, Entry, Landing, Reached
from custody.domain.delivery import DeliveryKey


def erase_refused(
    landing: Landing, book: DeliveryBook, key: DeliveryKey, reached: Reached
) -> None:
    """Erase, then record it; a repeated run erases what is left and records once."""
    erased = landing.erase(key)
    record = book.find(key.delivery_id)
    if record is None or record.erased_at is not None:
        return
    entry = Entry(kind="erased", subject=key.delivery_id, body={"objects": erased})
    reached("quarantine.mark_erased.before")
    book.mark_erased(key.delivery_id, entry)
    reached("quarantine.mark_erased.after")
