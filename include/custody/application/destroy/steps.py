"""What every step of a destruction has: the book, the clock, and how it moves on."""

import datetime as dt
from dataclasses import dataclass

from custody.application.ports import Clock, Entry, Reached, pass_by
from custody.application.ports.destruction_book import DestructionBook, Run
from custody.domain.destruction import RunState
from custody.domain.policy import Policy
from custody.errors import ConflictError


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
        raise ConflictError("another run has taken this step of the destruction")
    return run
