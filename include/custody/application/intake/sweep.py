"""Sweep: what dropped into the landing zone without being announced.

Drops of approved sources are named for a run of their date; drops of anybody
else are quarantined (R19), and so is what was begun and never finished; what is
there too long goes, escrows stay locked; a source that is late is told of (R25),
and a ledger that was not copied off-site for
a day is an alarm, and so is a living key that somebody disabled or had deleted.
A step that fails stops no other.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from custody.application.intake.admission import Admission
from custody.application.ports import Clock, DeliveryBook, Landing, Notifier
from custody.domain.delivery import DeliveryKey
from custody.domain.policy import Policy
from custody.domain.sources import Source
from custody.errors import CustodyError

TELL_FOR = dt.timedelta(hours=3)
"""A lateness is told in each hourly sweep of this time: one may be missed."""

Pair = tuple[str, dt.date]


@dataclass(frozen=True, slots=True)
class Swept:
    """Which (source, business date) need a run, ordered; what failed meanwhile."""

    waiting: tuple[Pair, ...]
    faults: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    waiting: set[Pair] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepLanding:
    """The use case; it moves no delivery of an approved source itself."""

    policy: Policy
    landing: Landing
    book: DeliveryBook
    notifier: Notifier
    clock: Clock
    quarantine_unknown: Callable[[], Admission]
    seal_abandoned: Callable[[], Sequence[str]]
    expire_quarantine: Callable[[], object]
    care_for_escrows: Callable[[], object]
    uncopied: Callable[[], Sequence[str]]
    threatened: Callable[[], Sequence[str]]

    def __call__(self) -> Swept:
        """Do every step; each fault is named by its step or its delivery."""
        found = _Found()
        for step in (
            self._seal_strangers_away,
            self._seal_abandoned_away,
            self._find_landed,
            self._find_owed,
            self._tell_of_late_sources,
            lambda _: self.expire_quarantine(),
            lambda _: self.care_for_escrows(),
            self._tell_of_uncopied_ledger,
            self._tell_of_threatened_keys,
        ):
            try:
                step(found)
            except CustodyError as error:
                found.faults.append(f"{type(error).__name__}: {error}")
        return Swept(tuple(sorted(found.waiting)), tuple(found.faults))

    def _seal_strangers_away(self, found: _Found) -> None:
        failed = self.quarantine_unknown().failed
        found.faults += [f"not judged: {delivery_id}" for delivery_id in failed]

    def _seal_abandoned_away(self, found: _Found) -> None:
        found.faults += self.seal_abandoned()

    def _find_landed(self, found: _Found) -> None:
        found.waiting |= {
            (str(key.source_id), key.business_date)
            for key in self.landing.deliveries()
            if self._is_approved(key)
        }

    def _find_owed(self, found: _Found) -> None:
        """Name what is owed; tell of what is owed to a source without a run."""
        owed = [record.key for record in self.book.owed()]
        found.waiting |= {
            (str(key.source_id), key.business_date)
            for key in owed
            if self._is_approved(key)
        }
        stranded = [key.delivery_id for key in owed if not self._is_approved(key)]
        if stranded:
            self.notifier.notify(
                "未完成的交付已无批准来源 unfinished deliveries of removed sources: "
                f"{len(stranded)}",
                "\n".join(stranded),
            )

    def _tell_of_uncopied_ledger(self, found: _Found) -> None:
        """Raise the alarm for a ledger line that is a day old and on one place."""
        found.faults += [
            f"the ledger has lines older than a day that are not on {medium}"
            for medium in self.uncopied()
        ]

    def _tell_of_threatened_keys(self, found: _Found) -> None:
        """Raise the alarm while the deletion of a key can still be withdrawn."""
        found.faults += self.threatened()

    def _is_approved(self, key: DeliveryKey) -> bool:
        return self.policy.source(key.source_id) is not None

    def _tell_of_late_sources(self, _: _Found) -> None:
        now = self.clock.now().astimezone(self.policy.time_zone)
        for source in self.policy.sources:
            for due in _lately_due(source, now):
                if not self._has_arrived(source, due.date()):
                    self.notifier.notify(
                        f"交付逾期 delivery overdue: {source.source_id}",
                        f"{due.date().isoformat()} 应于 {due:%H:%M} 前到达；"
                        f"expected by {due:%H:%M}, nothing has arrived",
                    )

    def _has_arrived(self, source: Source, day: dt.date) -> bool:
        known = self.book.list(source_id=source.source_id, business_date=day)
        return any(not record.key.reclassifies for record in known)


def _lately_due(source: Source, now: dt.datetime) -> Iterator[dt.datetime]:
    """Yield when the source was due, if that was within TELL_FOR; past midnight too."""
    if source.expected_by is None:
        return
    for day in (now.date() - dt.timedelta(days=1), now.date()):
        due = dt.datetime.combine(day, source.expected_by, tzinfo=now.tzinfo)
        if due <= now < due + TELL_FOR:
            yield due
