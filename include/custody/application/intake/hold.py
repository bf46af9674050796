"""Hold: a steward releases or refuses a delivery that waits for a person."""

from dataclasses import dataclass, replace
from enum import StrEnum

from custody.application.ports import DeliveryBook, Entry
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.held_rows import REFUSED_BY_STEWARD
from custody.domain.outcome import Tally
from custody.domain.reason import is_fit_reason


class Verdict(StrEnum):
    """What came of a steward's word; the code is stable and printed."""

    DONE = "done"
    UNKNOWN = "unknown"
    NOT_HELD = "not_held"
    UNFIT_REASON = "unfit_reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDeliveries:
    """The use cases; each is one transaction with its ledger entry."""

    book: DeliveryBook

    def release(self, delivery_id: DeliveryId, *, reason: str, actor: str) -> Verdict:
        """Let a held delivery go on to load, as if its checks had passed.

        Its readable rows have no outcome until the load gives each one.
        """
        refusal = self._why_not(delivery_id, reason)
        if refusal is not None:
            return refusal
        record = self.book.find(delivery_id)
        tally = replace(Tally() if record is None else record.tally, held=0)
        entry = Entry(
            kind="released",
            subject=delivery_id,
            body={"reason": reason, "actor": actor},
        )
        return self._move(delivery_id, DeliveryState.CHECKED, entry, tally=tally)

    def refuse(self, delivery_id: DeliveryId, *, reason: str, actor: str) -> Verdict:
        """Refuse a held delivery for good; all its rows count as refused."""
        refusal = self._why_not(delivery_id, reason)
        if refusal is not None:
            return refusal
        record = self.book.find(delivery_id)
        held = Tally() if record is None else record.tally
        tally = replace(held, refused=held.refused + held.held, held=0)
        entry = Entry(
            kind="refused",
            subject=delivery_id,
            body={"reason": reason, "actor": actor, "rows": held.held},
        )
        return self._move(delivery_id, DeliveryState.REFUSED, entry, tally=tally)

    def _why_not(self, delivery_id: DeliveryId, reason: str) -> Verdict | None:
        if not is_fit_reason(reason):
            return Verdict.UNFIT_REASON
        record = self.book.find(delivery_id)
        if record is None:
            return Verdict.UNKNOWN
        return None if record.state is DeliveryState.HELD else Verdict.NOT_HELD

    def _move(
        self, delivery_id: DeliveryId, new: DeliveryState, entry: Entry, *, tally: Tally
    ) -> Verdict:
        record = self.book.find(delivery_id)
        reasons = () if record is None else record.reasons
        if new is DeliveryState.REFUSED:
            reasons = (*reasons, REFUSED_BY_STEWARD)
        moved = self.book.move(
            delivery_id,
            (DeliveryState.HELD,),
            new,
            entry,
            tally=tally,
            reasons=reasons,
        )
        return Verdict.DONE if moved else Verdict.NOT_HELD
