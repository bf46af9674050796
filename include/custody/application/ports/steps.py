"""The ports of how a step goes: who hears of it, and what is fetched ahead of it.

Every effect calls `Reached` by name before and after, so that a test can end the
process, the database or the world exactly there.  What is shipped listens to nothing:
nothing in this package can end a process.
"""

from collections.abc import Generator, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Reached(Protocol):
    """Hears that a step was reached; whatever it raises ends the step."""

    def __call__(self, step: str) -> None:
        """Take the name: a constant of the calling line, `….before` or `….after`."""


def pass_by(step: str) -> None:
    """Listen to nothing: what Custody does unless a test lends it an ear."""


class Ahead(Protocol):
    """Fetches the next item while the last one is worked on."""

    def __call__(self, items: Iterator[Item], /) -> Generator[Item, None, None]:
        """Yield the items in order; a fault comes where its item would.

        Closed, it leaves what the items come from alone.
        """


def in_turn(items: Iterator[Item], /) -> Generator[Item, None, None]:
    """Fetch each item when it is asked for."""
    yield from items
