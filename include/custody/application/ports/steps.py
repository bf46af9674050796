"""The port that hears of each step of the intake as it is taken.

Every effect calls it by name before and after, so that a test can end the process,
the database or the world exactly there.  What is shipped listens to nothing:
nothing in this package can end a process.
"""

from typing import Protocol


class Reached(Protocol):
    """Hears that a step was reached; whatever it raises ends the step."""

    def __call__(self, step: str) -> None:
        """Take the name: a constant of the calling line, `….before` or `….after`."""


def pass_by(step: str) -> None:
    """Listen to nothing: what Custody does unless a test lends it an ear."""
