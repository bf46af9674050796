"""Sweep: what dropped into the landing zone without being announced.

Drops of approved sources are named for a run of their date; drops of anybody
else are quarantined (R19), what is there too long goes; a source that is late is
told of once (R25).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from custody.application.ports import Clock, DeliveryBook, Landing, Notifier
from custody.domain.delivery import SETTLED, UNFINISHED
from custody.domain.policy import Policy
from custody.domain.sources import Source

SWEEP_INTERVAL = dt.timedelta(hours=1)
"""The sweep's schedule; a lateness is told in the one sweep that follows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepLanding:
    """The use case; it moves no delivery of an approved source itself."""

    policy: Policy
    landing: Landing
    book: DeliveryBook
    notifier: Notifier
    clock: Clock
    quarantine_unknown: Callable[[], object]
    expire_quarantine: Callable[[], object]

    def __call__(self) -> tuple[tuple[str, dt.date], ...]:
        """Return the (source, business date) pairs that need a run, ordered."""
        self.quarantine_unknown()
        self.expire_quarantine()
        waiting = {
            (str(key.source_id), key.business_date)
            for key in self.landing.deliveries()
            if self.policy.source(key.source_id) is not None
        }
        waiting |= {
            (str(record.key.source_id), record.key.business_date)
            for record in self.book.list(states=(*UNFINISHED, *SETTLED))
            if record.is_owed
        }
        self._tell_of_late_sources()
        return tuple(sorted(waiting))

    def _tell_of_late_sources(self) -> None:
        now = self.clock.now().astimezone(self.policy.time_zone)
        for source in self.policy.sources:
            if _became_late(source, now) and not self.book.list(
                source_id=source.source_id, business_date=now.date(), limit=1
            ):
                self.notifier.notify(
                    f"交付逾期 delivery overdue: {source.source_id}",
                    f"{now.date().isoformat()} 应于 {source.expected_by:%H:%M} 前到达；"
                    f"expected by {source.expected_by:%H:%M}, nothing has arrived",
                )


def _became_late(source: Source, now: dt.datetime) -> bool:
    """Whether the source's hour passed within the last sweep interval."""
    if source.expected_by is None:
        return False
    due = dt.datetime.combine(now.date(), source.expected_by, tzinfo=now.tzinfo)
    return due <= now < due + SWEEP_INTERVAL
