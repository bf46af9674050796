"""Independence: whoever gets into one place gets into no other by what lies there.

Production's credentials are refused where a backup is restored and kept, those of a
backup in production, and what opens one medium opens no other (R68).  A door that
could not be tried counts as one that is open.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from custody.application.ports import Offsite
from custody.domain.drills import DrillFault
from custody.errors import CustodyError


@dataclass(frozen=True, slots=True)
class Door:
    """A place and a credential that must not fit; `fault` is what it is if it does."""

    fault: DrillFault
    opens: Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class TryDoors:
    """The use case, for one medium."""

    doors: Callable[[Offsite], Sequence[Door]]
    fault: DrillFault = DrillFault.OTHER

    def __call__(self, medium: Offsite) -> Iterator[DrillFault]:
        """Yield each kind of door that is open, once."""
        open_ones = {one.fault for one in self.doors(medium) if _opens(one)}
        yield from sorted(open_ones)


def _opens(door: Door) -> bool:
    try:
        return door.opens()
    except CustodyError:
        return True
