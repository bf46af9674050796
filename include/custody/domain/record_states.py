"""The life of a customer's level, from use to destruction (R17, R69, PIPL 47).

One table of moves, and one function that refuses every other.  What the register
keeps of a customer and level is a state here; without one it is in use.  Time,
events and holds decide by way of a `Fate`; who seals, re-wraps or destroys moves on
what is left to them: `storage_only` and everything from `destroying` on.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.kept_customer import KeptCustomer
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.domain.retention import RetentionSchedule
from custody.domain.retention_plan import Fate, Standing, judge
from custody.errors import ConflictError

_NEVER = Text(
    "状态为 {old} 的记录不能变为 {new}", "a record that is {old} does not become {new}"
)


class RecordState(StrEnum):
    """Where all versions of a customer's level stand; the code is stable."""

    IN_USE = "in_use"  # without a row; with one its keys may be restricted still
    DEREGISTERED = "deregistered"  # the end is recorded: no longer shown or matched
    STORAGE_ONLY = "storage_only"  # and its keys are restricted
    DUE = "due"  # and its time is over: an approved destruction may take it
    DESTROYING = "destroying"
    DESTROYED = "destroyed"


_S = RecordState
MOVES: Mapping[RecordState, frozenset[RecordState]] = {
    _S.IN_USE: frozenset({_S.DEREGISTERED}),
    # An event that was recorded in error is withdrawn, at any time before the end.
    _S.DEREGISTERED: frozenset({_S.STORAGE_ONLY, _S.IN_USE}),
    _S.STORAGE_ONLY: frozenset({_S.DUE, _S.IN_USE}),
    # A hold, a longer period or another event takes the due day back.
    _S.DUE: frozenset({_S.DESTROYING, _S.STORAGE_ONLY, _S.IN_USE}),
    # A hold or a withdrawal spares who is not destroyed yet.
    _S.DESTROYING: frozenset({_S.DESTROYED, _S.STORAGE_ONLY}),
    _S.DESTROYED: frozenset(),
}

KEPT_BACK = (_S.DEREGISTERED, _S.STORAGE_ONLY, _S.DUE)
"""Nothing but storage is allowed: not shown, not opened, matched by a person only."""

ENDING = (_S.DESTROYING, _S.DESTROYED)
"""Treated as gone already: whoever brings such a customer again is suppressed."""


def moved(old: RecordState, new: RecordState) -> RecordState:
    """Return the new state; ConflictError when a life does not know this move."""
    if new not in MOVES[old]:
        raise _NEVER.as_error(ConflictError, old=old, new=new)
    return new


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a customer's level."""

    level: Level
    old: RecordState
    new: RecordState

    def __str__(self) -> str:
        """Return it as the ledger keeps it: `high in_use>deregistered`."""
        return f"{self.level} {self.old}>{self.new}"


def steps(states: Mapping[Level, RecordState], fates: Iterable[Fate]) -> Iterator[Move]:
    """Yield where a customer's levels go now, each by one step, as they are judged.

    A level that `states` does not name is in use.  Only what follows from time,
    events and holds is told: that keys are restricted, and that a record is being
    destroyed or is under hold then, is for those who do it.
    """
    for fate in fates:
        old = states.get(fate.level, _S.IN_USE)
        new = _LEADS[fate.standing].get(old, old)
        if new is not old:
            yield Move(fate.level, old, moved(old, new))


_KEEPS = {_S.IN_USE: _S.DEREGISTERED, _S.DUE: _S.STORAGE_ONLY}
_LEADS: Mapping[Standing, Mapping[RecordState, RecordState]] = {
    # The event that ended the use was withdrawn; whose keys are restricted by then
    # gets them back, and who is being destroyed is spared first.
    Standing.IN_USE: {
        _S.DEREGISTERED: _S.IN_USE,
        _S.STORAGE_ONLY: _S.IN_USE,
        _S.DUE: _S.IN_USE,
        _S.DESTROYING: _S.STORAGE_ONLY,
    },
    Standing.STORAGE_ONLY: _KEEPS,
    Standing.ON_HOLD: _KEEPS,  # of who is being destroyed, the destroyer sees it
    Standing.DUE: {_S.IN_USE: _S.DEREGISTERED, _S.STORAGE_ONLY: _S.DUE},
}
"""Where a judgement leads from a state; from any other it leads nowhere."""


def in_use(
    levels: Iterable[Level], states: Mapping[Level, RecordState]
) -> frozenset[Level]:
    """Return the levels of which a projection may be made."""
    return frozenset(
        level for level in levels if states.get(level, _S.IN_USE) is _S.IN_USE
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """Policy and a day: whoever changes what bears on retention moves states by it."""

    schedule: RetentionSchedule
    on: dt.date
    unknown_industry: str

    def steps(
        self, customer: KeptCustomer, states: Mapping[Level, RecordState]
    ) -> tuple[Move, ...]:
        """Return where the customer's levels go."""
        return tuple(steps(states, judge(customer, self.schedule, self.on)))


class Barrier(StrEnum):
    """Why a row that names a customer may not simply be loaded; a reason code."""

    STORAGE_ONLY = "storage_only"  # held: a person decides
    SUPPRESSED = "suppressed"  # refused: the customer is gone, or about to be


def barrier(states: Iterable[RecordState]) -> Barrier | None:
    """Return what bars a customer, of whom these are the states of all levels.

    Suppressed is who is gone or going as a whole; of whom something is kept or used
    a person decides.
    """
    found = list(states)
    if all(state is _S.IN_USE for state in found):
        return None
    gone = all(state in ENDING for state in found)
    return Barrier.SUPPRESSED if gone else Barrier.STORAGE_ONLY


def barrier_of_row(named: Iterable[Barrier | None]) -> Barrier | None:
    """Return what bars a row whose match keys name these customers."""
    found = set(named)
    if found <= {None}:
        return None
    return Barrier.SUPPRESSED if found == {Barrier.SUPPRESSED} else Barrier.STORAGE_ONLY
