"""The line of sealing: pieces of a delivery go in, sealed pieces come out in order.

What is done with one piece needs nothing of the pieces before, so a line may do
several at once, in this process or beside it; whoever asks sees no difference.  A
restore opens its records on the same line.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import polars as pl

from custody.columns.blocks import Examined, SealedBlock
from custody.columns.seal import Sealer

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SealedPiece:
    """One piece sealed, and its fingerprints for the rules on the whole file."""

    block: SealedBlock
    seen: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceWork:
    """Examines and seals one piece.

    It holds wrapping keys: it may travel to a worker through memory, never lie in
    a file.  Each piece draws its own handles and keys, wherever it is sealed.
    """

    examine: Callable[[pl.DataFrame], tuple[Examined, pl.DataFrame]]
    sealer: Sealer

    def __call__(self, cells: pl.DataFrame, headers: Headers) -> SealedPiece:
        """Return the piece sealed: same rows, in order."""
        examined, seen = self.examine(cells)
        return SealedPiece(self.sealer.seal(examined, headers=headers), seen)

    def __repr__(self) -> str:
        """Show nothing: there are keys inside."""
        return "PieceWork()"


Made = TypeVar("Made")
Made_co = TypeVar("Made_co", covariant=True)
Work = Callable[[pl.DataFrame, Headers], Made]
"""What is done with one piece; its keys travel with it, through memory only."""


class Line(Protocol[Made_co]):
    """Works on pieces; what comes out has the order of what went in."""

    def put(self, cells: pl.DataFrame, headers: Headers) -> Iterator[Made_co]:
        """Take one piece; yield what is made by now.  To be run to its end."""

    def rest(self) -> Iterator[Made_co]:
        """Yield what is still to come."""


class OneByOne(Generic[Made]):
    """The line that works on each piece at once, here."""

    def __init__(self, work: Work[Made]) -> None:
        """Take what is to be done with a piece."""
        self._work = work

    def put(self, cells: pl.DataFrame, headers: Headers) -> Iterator[Made]:
        """Do the piece and yield what it came to."""
        yield self._work(cells, headers)

    def rest(self) -> Iterator[Made]:
        """Yield nothing: everything has come out."""
        yield from ()


class Lines(Protocol):
    """Opens a line for one delivery; leaving it ends whatever it started."""

    def __call__(self, work: Work[Made], /) -> AbstractContextManager[Line[Made]]:
        """Return the line of this work."""


@contextmanager
def one_by_one(work: Work[Made], /) -> Iterator[Line[Made]]:
    """Open a line that uses this process alone."""
    yield OneByOne(work)
