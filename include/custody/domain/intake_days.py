"""Intake days: of which sources and dates everything has arrived and gone its way.

A backup proves from the register what it is complete of, and names what is missing
instead of waiting for it (R65; design section 2).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from custody.domain.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDelivery:
    """A delivery as the register has it; `owed`: a run has still to do something."""

    source_id: str
    business_date: dt.date
    owed: bool


def missing_days(
    sources: Iterable[Source],
    deliveries: Iterable[KnownDelivery],
    *,
    first: dt.date,
    last: dt.date,
) -> tuple[str, ...]:
    """Return source and date of each intake day that is not complete, ordered.

    A day lacks something when one of its deliveries is on its way, or when a source
    that is expected every day, and in force, has brought nothing.
    """
    owed: dict[tuple[str, dt.date], bool] = defaultdict(bool)
    for one in deliveries:
        owed[one.source_id, one.business_date] |= one.owed
    found = {day for day, still in owed.items() if still and first <= day[1] <= last}
    found |= {day for day in _expected(sources, first, last) if day not in owed}
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
