"""Load: move a checked delivery into the register, exactly once (R27, R28).

Numbers, matches and moves rows; opens nothing.  Records then wait as
`pending_review` until the review has passed (R50).
"""

from dataclasses import dataclass
from typing import Protocol

from custody.application.ports import (
    DeliveryBook,
    DeliveryRecord,
    Reached,
    Register,
    pass_by,
)
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.policy import Policy
from custody.errors import ConflictError


class Wholeness(Protocol):
    """Tells whether UNLOGGED staging survived."""

    def whole(self, delivery_id: DeliveryId) -> bool:
        """Whether it still has every staged row (no crash since)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadDelivery:
    """The use case; repeating it finds the delivery loaded and does nothing."""

    policy: Policy
    book: DeliveryBook
    staging: Wholeness
    register: Register
    reached: Reached = pass_by

    def __call__(self, delivery_id: DeliveryId) -> str:
        """Return `loaded`, `already`, `staging_lost` or the state that stands.

        `staging_lost`: a database crash emptied the UNLOGGED staging; make it
        again first (`EnsureStaged`).
        """
        record = self.book.find(delivery_id)
        if record is None:
            return "unknown"
        if record.state is DeliveryState.LOADED:
            return "already"
        if record.state is not DeliveryState.CHECKED:
            return record.state.value
        if not self.staging.whole(delivery_id):
            return "already" if self._is_loaded(record) else "staging_lost"
        return self._load(record)

    def _is_loaded(self, record: DeliveryRecord) -> bool:
        """Look again: who loads clears the staging, too."""
        now = self.book.find(record.key.delivery_id)
        return now is not None and now.state is DeliveryState.LOADED

    def _load(self, record: DeliveryRecord) -> str:
        source = self.policy.source(record.key.source_id)
        if source is None:
            return "source_not_approved"
        self.reached("load.before")
        try:
            self.register.load(record, source, number_width=self.policy.number_width)
        except ConflictError:
            if not self._is_loaded(record):
                raise
            return "already"
        self.reached("load.after")
        return "loaded"
