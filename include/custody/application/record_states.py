"""Record states: customers' levels go where time, events and holds lead (R17, R69).

Whatever a person records moves the customer's levels at once; this use case finds
those whose day has come by itself, who became due, and who is due no more.  Which
moves there are, `domain.record_states` says; keys are restricted elsewhere.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from custody.application.ports import Clock, Entry
from custody.domain.policy import Policy
from custody.domain.record_states import Judging, Move


class RecordStates(Protocol):
    """The states of customers' levels, by who may judge; the registrar's port."""

    def lagging(self, judging: Judging) -> Iterator[tuple[str, ...]]:
        """Yield the customers of whom a level is to move, batch by batch."""

    def follow(
        self,
        numbers: Sequence[str],
        judging: Judging,
        entry: Callable[[Sequence[Move]], Entry],
    ) -> tuple[Move, ...]:
        """Move these customers' levels as they are judged now; one transaction.

        Everything is judged anew under the locks of those who change it.  The entry
        is made of the moves; without one none is appended.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowStates:
    """The use case; a second run finds everybody where they belong."""

    policy: Policy
    states: RecordStates
    clock: Clock

    def __call__(self) -> Counter[str]:
        """Return how many levels moved, by `level old>new`."""
        judging = judging_now(self.policy, self.clock)
        moved: Counter[str] = Counter()
        for numbers in self.states.lagging(judging):
            moved.update(map(str, self.states.follow(numbers, judging, self._entry)))
        return moved

    def _entry(self, moves: Sequence[Move]) -> Entry:
        body = {"policy": self.policy.digest}
        return with_moves(
            Entry(kind="states_followed", subject=self.policy.dataset, body=body), moves
        )


def judging_now(policy: Policy, clock: Clock) -> Judging:
    """Return policy's judgement of this day, in its own time zone."""
    return Judging(
        schedule=policy.retention,
        on=policy.today(clock.now()),
        unknown_industry=policy.unknown_industry.code,
    )


def with_moves(entry: Entry, moves: Sequence[Move]) -> Entry:
    """Return an entry that tells the moves made with it: counts, and no customer."""
    counts = Counter(map(str, moves))
    told = [f"{move} {count}" for move, count in sorted(counts.items())]
    return replace(entry, body={**entry.body, "moved": told})
