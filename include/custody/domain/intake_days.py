"""Intake days: of which sources and dates everything has arrived and gone its way.

A backup proves from the register what it is complete of, and names what is missing
instead of waiting for it (R65; design section 2).
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from custody.domain.delivery import DeliveryState, is_owed
from custody.domain.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDelivery:
    """A delivery as the register has it.

    `owed`: a run or a person has still to do something; `came`: it was let in.
    """

    source_id: str
    business_date: dt.date
    owed: bool
    came: bool = True

    @classmethod
    def of(
        cls,
        source_id: str,
        business_date: dt.date,
        state: DeliveryState,
        *,
        exported: bool,
        erased: bool,
    ) -> "KnownDelivery":
        """Judge a delivery: one that is held waits for a person, so it is owed."""
        held = state is DeliveryState.HELD
        return cls(
            source_id=source_id,
            business_date=business_date,
            owed=held or is_owed(state, exported=exported, erased=erased),
            came=state is not DeliveryState.QUARANTINED,
        )


def missing_days(
    sources: Iterable[Source],
    deliveries: Iterable[KnownDelivery],
    *,
    first: dt.date,
    last: dt.date,
) -> tuple[str, ...]:
    """Return source and date of each intake day that is not complete, ordered.

    A day lacks something when one of its deliveries is owed, however long ago; or
    when from `first` on a source that is expected every day, and in force, brought
    nothing that was let in.
    """
    came: set[tuple[str, dt.date]] = set()
    found: set[tuple[str, dt.date]] = set()
    for one in deliveries:
        day = (one.source_id, one.business_date)
        if one.came:
            came.add(day)
        if one.owed and one.business_date <= last:
            found.add(day)
    found |= {day for day in _expected(sources, first, last) if day not in came}
    return tuple(sorted(f"{source} {day.isoformat()}" for source, day in found))


def _expected(
    sources: Iterable[Source], first: dt.date, last: dt.date
) -> Iterator[tuple[str, dt.date]]:
    for source in sources:
        if source.expected_by is None:
            continue
        day = max(first, source.authorisation.valid_from)
        while day <= min(last, source.authorisation.valid_until):
            yield str(source.source_id), day
            day += dt.timedelta(days=1)
