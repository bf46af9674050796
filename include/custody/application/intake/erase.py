"""Erase: the landed file goes once its sealed copy lies off-site (design idea 2).

Only what was admitted has such a copy.  What was put in its place meanwhile is
sealed into the quarantine first; what is put there while the folder is being
erased, in the instant between looking and erasing, is not seen.
"""

from dataclasses import dataclass

from custody.application.intake.contents import Contents, contents_of
from custody.application.intake.seal_again import record_once, seal_again
from custody.application.intake.seal_away import SealAway
from custody.application.intake.telling import tell_quarantined
from custody.application.ports import (
    Clock,
    DeliveryBook,
    DeliveryRecord,
    Entry,
    Landing,
    Ledger,
    Notifier,
    Quarantine,
    Reached,
    pass_by,
)
from custody.domain.delivery import DeliveryId, DeliveryState, Refusal
from custody.domain.policy import Policy

_SETTLED = frozenset({DeliveryState.LOADED, DeliveryState.HELD, DeliveryState.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseLandedFile:
    """The use case; record first that it is off-site, then destroy."""

    policy: Policy
    book: DeliveryBook
    landing: Landing
    quarantine: Quarantine
    ledger: Ledger
    notifier: Notifier
    clock: Clock
    reached: Reached = pass_by

    def __call__(self, delivery_id: DeliveryId) -> str:
        """Return `erased`, `already`, or `kept` when the sealed copy is not off-site.

        A file that an earlier, killed run left behind is erased all the same; one
        that was never admitted is kept in the quarantine as `place_taken`.
        """
        record = self.book.find(delivery_id)
        if record is None or record.state not in _SETTLED:
            return "kept"
        if record.exported_at is None:
            return "kept"
        if self._contents(record).has_anything_other(record):
            self._keep_other(record)
        self.reached("erase.before")
        erased = self.landing.erase(record.key)
        self.reached("erase.after")
        if record.erased_at is not None:
            return "already"
        self.reached("erase.mark.before")
        self.book.mark_erased(
            delivery_id,
            Entry(kind="erased", subject=delivery_id, body={"objects": erased}),
        )
        self.reached("erase.mark.after")
        return "erased"

    def _contents(self, record: DeliveryRecord) -> Contents:
        most = self.policy.max_landed_bytes
        return contents_of(self.landing, record.key, most=most)

    def _keep_other(self, record: DeliveryRecord) -> None:
        """Seal first, record, then tell; a repeated run finds each step done."""
        today = self.policy.today(self.clock.now())
        most = self.policy.max_landed_bytes
        seal = SealAway(
            self.landing, self.quarantine, record.key, self.reached, most=most
        )
        sealed = seal_again(seal, today=today)
        reason = Refusal.PLACE_TAKEN
        delivery_id = record.key.delivery_id
        body = {"reasons": [reason.value], **sealed.told()}
        entry = Entry(kind="quarantined", subject=delivery_id, body=body)
        self.reached("erase.keep.before")
        record_once(self.ledger, entry, sealed)
        self.reached("erase.keep.after")
        self.reached("erase.tell.before")
        tell_quarantined(self.notifier, delivery_id, (reason,))
        self.reached("erase.tell.after")
