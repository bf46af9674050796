"""Abandoned: what was begun in the landing zone and never finished (R19, R64).

Without a manifest nobody admits it, and it is plaintext all the same.  People hear
of it once a day by place and age; after policy's `incomplete_days` without a change
it is sealed into the quarantine and erased.  What lies where no delivery can be is
told of only: people put it there, and people take it away.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from custody.application.intake.refusing import Refusing
from custody.application.ports import Incomplete
from custody.domain.delivery import DeliveryKey, DeliveryState, Refusal
from custody.domain.manifest import MANIFEST_NAME
from custody.errors import ConflictError, WorldError

DAY = dt.timedelta(days=1)
TELL_FOR = dt.timedelta(hours=3)
"""Each hourly sweep of the first hours of a day of its age tells: one may be missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What lies incomplete: where, and for how long nothing of it has changed."""

    place: str
    key: DeliveryKey | None
    age: dt.timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SealAbandoned:
    """The use case; `refusing` is what turns away whatever has a manifest, too."""

    refusing: Refusing

    def begun(self) -> tuple[Begun, ...]:
        """Return what lies incomplete, ordered by place; being written counts too."""
        return tuple(map(self._aged, self.refusing.landing.incomplete()))

    def __call__(self) -> tuple[str, ...]:
        """Tell of what is a day old, seal away what is too old; return the faults."""
        begun = self.begun()
        self._tell([one for one in begun if _is_to_be_told(one.age)])
        self._record_erased()
        return tuple(self._faults(begun))

    def _faults(self, begun: tuple[Begun, ...]) -> Iterator[str]:
        for one in begun:
            if one.key is None:
                continue
            try:
                self._judge(one.key, one.age)
            except (WorldError, ConflictError) as error:
                yield f"not sealed away: {one.place}: {error}"

    def _judge(self, key: DeliveryKey, age: dt.timedelta) -> None:
        """Seal it away when it is too old, and finish what a killed run has begun."""
        refusing = self.refusing
        known = refusing.book.find(key.delivery_id)
        if known is not None and known.is_owed:
            if known.state is DeliveryState.QUARANTINED:
                refusing.tell_and_erase(key, known.reasons)
            return  # else the run that settles it erases it
        if age.days < refusing.policy.incomplete_days or self._is_complete(key):
            return
        if known is not None:
            refusing.seal_again_away(known, Refusal.PLACE_TAKEN)
            return
        approved = refusing.policy.source(key.source_id) is not None
        stranger = () if approved else (Refusal.UNKNOWN_SOURCE,)
        refusing.seal_away(key, b"", (*stranger, Refusal.INCOMPLETE))

    def _record_erased(self) -> None:
        """Record what a killed run erased last of all: of a stranger no run would."""
        refusing = self.refusing
        for record in refusing.book.owed():
            refused = record.state is DeliveryState.QUARANTINED
            if refused and not refusing.landing.files(record.key):
                refusing.erase(record.key)

    def _is_complete(self, key: DeliveryKey) -> bool:
        """Whether its manifest came meanwhile: then it is admission's."""
        landed = self.refusing.landing.files(key)
        return any(file.name == MANIFEST_NAME for file in landed)

    def _aged(self, found: Incomplete) -> Begun:
        age = self.refusing.clock.now() - found.changed_at
        return Begun(place=found.place, key=found.key, age=age)

    def _tell(self, begun: list[Begun]) -> None:
        if begun:
            self.refusing.notifier.notify(
                f"落地区有未写完的交付 incomplete deliveries: {len(begun)}",
                "\n".join(map(self._line, begun)),
            )

    def _line(self, one: Begun) -> str:
        days = self.refusing.policy.incomplete_days
        ends = (
            "不属于任何交付，请人工处理 no delivery can be there: a person removes it"
            if one.key is None
            else f"满 {days} 天即封存并擦除 sealed away and erased at {days} days"
        )
        return f"{one.place}: {one.age.days} 天 days; {ends}"


def _is_to_be_told(age: dt.timedelta) -> bool:
    return age >= DAY and age % DAY < TELL_FOR
