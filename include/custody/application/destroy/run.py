"""Run: the steps of a destruction, one after the other, each taken up where it stands.

A run is killed anywhere and repeated as it is: what a step did before its move it does
once more, to the same end.  One run at a time, and nobody else moves keys meanwhile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from custody.application.destroy.begin import BeginRun, Refusal
from custody.application.ports.destruction_book import Run
from custody.application.ports.rekey import Exclusively
from custody.domain.destruction import OVER, RunState

Step = Callable[[Run], Run]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroy:
    """The use case; `steps` says what is done in which state."""

    begin: BeginRun
    steps: Mapping[RunState, Step]
    exclusively: Exclusively

    def __call__(self, plan: str, *, until: RunState | None = None) -> Run | Refusal:
        """Carry an approved plan out to its end, or until a state is reached.

        Refused plans change nothing.  A run that awaits its key service comes back
        as it is: ask again on another day.
        """
        with self.exclusively():
            run = self.begin(plan)
            if isinstance(run, Refusal):
                return run
            while run.state not in OVER and not _has_reached(run, until):
                further = self.steps[run.state](run)
                if further.state is run.state:
                    break
                run = further
            return run


_ORDER = list(RunState)


def _has_reached(run: Run, until: RunState | None) -> bool:
    return until is not None and _ORDER.index(run.state) >= _ORDER.index(until)
