"""Erase: the landed file goes once its sealed copy lies off-site (design idea 2)."""

from dataclasses import dataclass

from custody.application.ports import DeliveryBook, Entry, Landing
from custody.domain.delivery import DeliveryId, DeliveryState

_SETTLED = frozenset({DeliveryState.LOADED, DeliveryState.HELD, DeliveryState.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseLandedFile:
    """The use case; record first that it is off-site, then destroy."""

    book: DeliveryBook
    landing: Landing

    def __call__(self, delivery_id: DeliveryId) -> str:
        """Return `erased`, `already`, or `kept` when the sealed copy is not off-site.

        A file that an earlier, killed run left behind is erased all the same.
        """
        record = self.book.find(delivery_id)
        if record is None or record.state not in _SETTLED:
            return "kept"
        if record.exported_at is None:
            return "kept"
        erased = self.landing.erase(record.key)
        if record.erased_at is not None:
            return "already"
        self.book.mark_erased(
            delivery_id,
            Entry(kind="erased", subject=delivery_id, body={"objects": erased}),
        )
        return "erased"
