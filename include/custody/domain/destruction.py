"""Destruction 销毁: the life of one run, and what keeps it from beginning (R69-R72).

One table of moves, and one function that refuses every other.  A run goes from
state to state, each reached by one step that may be repeated: who was killed
before the move takes the step again, who was killed after it takes the next.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.epochs import EpochId, Purpose
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.domain.record_states import RecordState
from custody.domain.retention_plan import Due
from custody.errors import ConflictError

_NEVER = Text(
    "状态为 {old} 的销毁不能变为 {new}",
    "a destruction that is {old} does not become {new}",
)


class RunState(StrEnum):
    """Where a run stands; the code is stable."""

    BEGUN = "begun"
    APPROVED = "approved"  # the approval is used up by this run
    INTENDED = "intended"  # the ledger says who, by commitments
    ANCHORED = "anchored"  # and so do its copies, read back from every medium
    MARKED = "marked"  # the customers are `destroying`: nobody brings them again
    CONDEMNED = "condemned"  # and `destroyed`: from here there is no way back
    SAMPLED = "sampled"  # some were opened, for a last time
    SUPPRESSED = "suppressed"
    DELETED = "deleted"  # keys and rows
    REWRAPPED = "rewrapped"  # survivors and their tokens are under new epochs
    RESHOWN = "reshown"  # the projection is written anew
    ENDED = "ended"  # the old epochs are told to die where they are kept
    COVERED = "covered"  # a full set of the survivors lies on every medium
    PROVEN = "proven"  # what opened before does not open any more
    CERTIFIED = "certified"
    REFUSED = "refused"  # nothing was done
    SPARED = "spared"  # withdrawn, or everybody is under hold


_S = RunState
MOVES: Mapping[RunState, frozenset[RunState]] = {
    _S.BEGUN: frozenset({_S.APPROVED, _S.REFUSED}),
    _S.APPROVED: frozenset({_S.INTENDED, _S.REFUSED}),
    _S.INTENDED: frozenset({_S.ANCHORED}),
    _S.ANCHORED: frozenset({_S.MARKED, _S.REFUSED}),
    _S.MARKED: frozenset({_S.CONDEMNED, _S.SPARED}),
    _S.CONDEMNED: frozenset({_S.SAMPLED}),
    _S.SAMPLED: frozenset({_S.SUPPRESSED}),
    _S.SUPPRESSED: frozenset({_S.DELETED}),
    _S.DELETED: frozenset({_S.REWRAPPED}),
    _S.REWRAPPED: frozenset({_S.RESHOWN}),
    _S.RESHOWN: frozenset({_S.ENDED}),
    _S.ENDED: frozenset({_S.COVERED}),
    _S.COVERED: frozenset({_S.PROVEN}),
    _S.PROVEN: frozenset({_S.CERTIFIED}),
    _S.CERTIFIED: frozenset(),
    _S.REFUSED: frozenset(),
    _S.SPARED: frozenset(),
}

OVER = frozenset(state for state, further in MOVES.items() if not further)
"""A run that has come to one of these ends is never taken up again."""


def moved(old: RunState, new: RunState) -> RunState:
    """Return the new state; ConflictError when a run's life does not know this move."""
    if new not in MOVES[old]:
        raise _NEVER.as_error(ConflictError, old=old, new=new)
    return new


class Obstacle(StrEnum):
    """Why a plan is not carried out although it is approved; the codes are stable."""

    NOT_DUE = "not_due"  # judged anew, the level is not due, or by another rule
    ON_HOLD = "on_hold"
    NOT_RESTRICTED = "not_restricted"  # its state is not `due`: keys are still live
    LANDED = "landed"  # a landed file of the customer's is not erased yet
    UNSETTLED = "unsettled"  # a delivery that is under way brings the customer again
    RELINKED = "relinked"  # a version has another number than it came with


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStanding:
    """What the register says of one line of a plan immediately before the act.

    `due` is what of the line is due as it is judged today, None when nothing is;
    `state` is how the customer's level stands.
    """

    due: Due | None
    state: RecordState
    on_hold: bool = False
    landed: bool = False
    unsettled: bool = False


def obstacles(line: Due, found: LineStanding) -> Iterator[Obstacle]:
    """Yield everything that speaks against one line of an approved plan.

    Who stays does not leave use for the versions that go: nothing is restricted.
    """
    if found.on_hold:
        yield Obstacle.ON_HOLD
    elif found.due is None or not found.due.covers(line):
        yield Obstacle.NOT_DUE
    if line.up_to is None and found.state is not RecordState.DUE:
        yield Obstacle.NOT_RESTRICTED
    if found.landed:
        yield Obstacle.LANDED
    if found.unsettled:
        yield Obstacle.UNSETTLED


def ending(epochs: Iterable[EpochId], levels: Iterable[Level]) -> tuple[EpochId, ...]:
    """Return which living epochs end with the keys of these levels, in their order.

    The live and the restricted ones: an older copy of the keyring may have the same
    data key under either, and would open with whichever lived on.
    """
    touched, both = frozenset(levels), (Purpose.LIVE, Purpose.RESTRICTED)
    return tuple(
        epoch
        for epoch in sorted(epochs, key=str)
        if epoch.purpose in both and epoch.level in touched
    )
