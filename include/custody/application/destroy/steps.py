"""What every step of a destruction has: the book, the clock, and how it moves on."""

import datetime as dt
from dataclasses import dataclass

from custody.application.ports import Clock, Entry, Reached, pass_by
from custody.application.ports.destruction_book import DestructionBook, Run
from custody.domain.destruction import RunState
from custody.domain.language import Text
from custody.domain.policy import Policy
from custody.errors import ConflictError

STEP_TAKEN = Text(
    "另一次运行已执行销毁的这一步", "another run has taken this step of the destruction"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The parts that all steps share."""

    policy: Policy
    book: DestructionBook
    clock: Clock
    reached: Reached = pass_by

    def advance(
        self, run: Run, new: RunState, *entries: Entry, at: dt.datetime | None = None
    ) -> Run:
        """Move a run on; ConflictError when somebody else has done it."""
        found = self.book.move(run, new, *entries, at=at or self.clock.now())
        return insist(found)


def insist(run: Run | None) -> Run:
    """Return a run that was moved; ConflictError when somebody else moved it."""
    if run is None:
        raise STEP_TAKEN.as_error(ConflictError)
    return run
