"""How customers' levels stand, and whether what is kept only is restricted for good.

Keys that left a live epoch still lie, wrapped under it, in older copies of the keyring:
restriction is complete when every live epoch that was there at that moment is gone at
its provider.  The same goes for a level from which a customer was raised: what the
lower level had sealed leaves the live epoch, and older copies open until that is gone.
Which epochs those are is kept nowhere: it follows from dates (R17, PIPL 47).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from custody.application.ports import ListedKeys
from custody.domain.epochs import EpochId, EpochState
from custody.domain.kept_customer import KeptCustomer
from custody.domain.levels import Level
from custody.domain.policy import Policy
from custody.domain.record_states import RecordState
from custody.domain.retention_plan import Fate, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingLevel:
    """How one level of a customer stands, since when; and when its keys left."""

    level: Level
    state: RecordState
    since: dt.datetime
    restricted_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """So many customers left a level for a higher one; the last of them when.

    `open` counts the versions whose keys are still under a live epoch; the last of the
    others left at `restricted_at`.
    """

    level: Level
    customers: int
    last: dt.datetime
    open: int = 0
    restricted_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochLife:
    """A live epoch of a level, as the keyring tells of it."""

    epoch: EpochId
    born_at: dt.datetime
    state: EpochState


class StandingViews(Protocol):
    """How customers stand, for people; the reader's port."""

    def levels(self, number: str) -> tuple[StandingLevel, ...]:
        """Return the levels of a customer that have a standing, from high to low."""

    def counted(self) -> tuple[tuple[Level, RecordState, int, dt.datetime], ...]:
        """Return each level and state with its customers and its last moment."""

    def raised(self) -> tuple[Raised, ...]:
        """Return each level from which customers were raised."""


class EpochLives(Protocol):
    """The live epochs of a level, living or not."""

    def of(self, level: Level) -> tuple[EpochLife, ...]:
        """Return them, by number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """Which epochs still open older copies; once none does, since when."""

    waits_for: tuple[EpochId, ...]
    complete_on: dt.date | None = None


class KeptCustomers(Protocol):
    """What is known of one customer that bears on retention; the registrar's port."""

    def customer(self, number: str, *, unknown_industry: str) -> KeptCustomer | None:
        """Return it; None when nothing of the customer is left, or ever was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellRestriction:
    """The use case of telling; it opens nothing."""

    policy: Policy
    views: StandingViews
    kept: KeptCustomers
    lives: EpochLives
    provider: ListedKeys

    def of_customer(self, number: str, on: dt.date) -> tuple[Fate, ...]:
        """Return how policy judges the customer's levels on a day."""
        unknown = self.policy.unknown_industry.code
        customer = self.kept.customer(number, unknown_industry=unknown)
        if customer is None:
            return ()
        return judge(customer, self.policy.retention, on)

    def restriction(self, level: Level, since: dt.datetime) -> Restriction:
        """Return which epochs still open what left the level at a moment."""
        there = [one for one in self.lives.of(level) if one.born_at <= since]
        return _restriction(there, self._ends(there))

    def _ends(self, there: Iterable[EpochLife]) -> dict[EpochId, dt.date]:
        """Return when each was seen to be gone; a pending one is not."""
        ends: dict[EpochId, dt.date] = {}
        for one in there:
            if one.state is EpochState.DESTROYED:
                state = self.provider.state(one.epoch)
                if state.name == "destroyed" and state.final is not None:
                    ends[one.epoch] = state.final
        return ends


def _restriction(
    there: Sequence[EpochLife], ends: dict[EpochId, dt.date]
) -> Restriction:
    waits = tuple(one.epoch for one in there if one.epoch not in ends)
    if waits or not ends:
        return Restriction(waits_for=waits)
    return Restriction(waits_for=(), complete_on=max(ends.values()))
