"""Quarantine: what people may do with what was not admitted (R19).

It is kept `quarantine_days` by policy and then erased; each opening, refusal and
expiry is in the ledger, an opening before the first byte is unsealed.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.application.intake.evidence import kept_of
from custody.application.intake.seal_again import came_again_on
from custody.application.ports import Clock, DeliveryBook, Entry, Ledger, Quarantine
from custody.domain.delivery import DeliveryId, DeliveryKey
from custody.domain.policy import Policy
from custody.domain.reason import is_fit_reason

_DELIVERY_PARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One sealed file: its name, its delivery, why, and until when it is kept.

    `delivery_id` None: the name is not of a delivery; the moments and reasons are
    then unknown.  What came again to a taken place has the day on which it came;
    why, the ledger tells.  `cut`: only so many bytes of so many landed are kept;
    None: it is kept whole.
    """

    name: str
    delivery_id: DeliveryId | None
    reasons: tuple[str, ...]
    received_at: dt.datetime | None
    kept_until: dt.date | None
    cut: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRoom:
    """The use cases."""

    policy: Policy
    quarantine: Quarantine
    book: DeliveryBook
    ledger: Ledger
    clock: Clock

    def list(self) -> tuple[Quarantined, ...]:
        """Return what is kept, ordered by name."""
        return tuple(self._describe(name) for name in sorted(self.quarantine.names()))

    def show(self, name: str) -> Quarantined | None:
        """Return what is known of one file; None when it is not kept."""
        return self._describe(name) if name in set(self.quarantine.names()) else None

    def open(
        self, name: str, *, identity: str, reason: str, actor: str
    ) -> bytes | None:
        """Return the plain bytes; None when not kept or the reason is unfit.

        The ledger says who and why first; an identity that does not fit is
        OpenError, and the line stays.
        """
        if not is_fit_reason(reason) or self.show(name) is None:
            return None
        body = {"reason": reason, "actor": actor}
        self.ledger.append(Entry(kind="quarantine_opened", subject=name, body=body))
        return self.quarantine.open(name, identity)

    def refuse(self, name: str, *, reason: str, actor: str) -> bool:
        """Erase one file before its time; False as `open` is None."""
        if not is_fit_reason(reason) or self.show(name) is None:
            return False
        body = {"reason": reason, "actor": actor}
        self.ledger.append(Entry(kind="quarantine_refused", subject=name, body=body))
        self.quarantine.erase(name)
        return True

    def expire(self) -> tuple[str, ...]:
        """Erase what policy's `quarantine_days` no longer keep; return the names."""
        today = self.policy.today(self.clock.now())
        due = tuple(self._due(today))
        for name in due:
            body = {"days": self.policy.quarantine_days}
            entry = Entry(kind="quarantine_expired", subject=name, body=body)
            self.ledger.append(entry)
            self.quarantine.erase(name)
        return due

    def _due(self, today: dt.date) -> Iterator[str]:
        for item in self.list():
            if item.kept_until is not None and item.kept_until < today:
                yield item.name

    def _describe(self, name: str) -> Quarantined:
        parts = name.split("/")
        key = DeliveryKey.parse("/".join(parts[:_DELIVERY_PARTS]))
        record = None if key is None else self.book.find(key.delivery_id)
        if key is None or record is None:
            return Quarantined(
                name=name,
                delivery_id=None if key is None else key.delivery_id,
                reasons=(),
                received_at=None,
                kept_until=None,
                cut=_cut_of(parts),
            )
        again = came_again_on("".join(parts[_DELIVERY_PARTS : _DELIVERY_PARTS + 1]))
        came = again or self.policy.today(record.received_at)
        return Quarantined(
            name=name,
            delivery_id=key.delivery_id,
            reasons=() if again else record.reasons,
            received_at=self._begin_of(again) if again else record.received_at,
            kept_until=came + dt.timedelta(days=self.policy.quarantine_days),
            cut=_cut_of(parts),
        )

    def _begin_of(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), tzinfo=self.policy.time_zone)


def _cut_of(parts: Sequence[str]) -> tuple[int, int] | None:
    """Return bytes kept and landed when a folder's name says that it was cut."""
    told = (kept_of(part) for part in parts[_DELIVERY_PARTS:-1])
    return next((cut for cut in told if cut is not None), None)
