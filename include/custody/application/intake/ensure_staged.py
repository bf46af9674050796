"""Ensure staged: what a database crash took out of staging is made again.

Facts, tokens and the projection lie in UNLOGGED tables (design section 2).  They
come back from the landed file, or from the staged sealed values when the file was
erased after a hold.
"""

from collections.abc import Callable
from dataclasses import dataclass

from custody.application.intake.load import Wholeness
from custody.application.intake.seal import LANDED_FILE_GONE
from custody.application.ports import DeliveryBook
from custody.domain.delivery import DeliveryId, DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureStaged:
    """The use case, to be called before a step that needs staging.

    `seal` is SealDelivery, `reclassify` ReclassifyDelivery.recover, `check`
    CheckDelivery.
    """

    book: DeliveryBook
    staging: Wholeness
    seal: Callable[[DeliveryId], str]
    reclassify: Callable[[DeliveryId], str]
    check: Callable[[DeliveryId], str]

    def __call__(self, delivery_id: DeliveryId) -> str:
        """Return `already`, `sealed`, or what came of checking again.

        A delivery that had been checked is checked again, for its facts are made
        by the policy of today; one that a steward released stays released unless
        something new holds it.  Any other state is returned as it stands.
        """
        record = self.book.find(delivery_id)
        if record is None:
            return "unknown"
        if record.state not in {DeliveryState.SEALED, DeliveryState.CHECKED}:
            return record.state.value
        if self.staging.whole(delivery_id):
            return "already"
        answer = self.seal(delivery_id)
        if answer == LANDED_FILE_GONE:
            answer = self.reclassify(delivery_id)
        if answer == "sealed" and record.state is DeliveryState.CHECKED:
            return self.check(delivery_id)
        return answer
