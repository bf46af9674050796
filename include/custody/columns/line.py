"""The line of sealing: pieces of a delivery go in, sealed pieces come out in order.

What is done with one piece needs nothing of the pieces before, so a line may do
several at once, in this process or beside it; whoever asks sees no difference.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

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


class Line(Protocol):
    """Seals pieces; what comes out has the order of what went in."""

    def put(self, cells: pl.DataFrame, headers: Headers) -> Iterator[SealedPiece]:
        """Take one piece; yield what is sealed by now.  To be run to its end."""

    def rest(self) -> Iterator[SealedPiece]:
        """Yield what is still to come."""


class OneByOne:
    """The line that seals each piece at once, here."""

    def __init__(self, work: PieceWork) -> None:
        """Take what is to be done with a piece."""
        self._work = work

    def put(self, cells: pl.DataFrame, headers: Headers) -> Iterator[SealedPiece]:
        """Seal the piece and yield it."""
        yield self._work(cells, headers)

    def rest(self) -> Iterator[SealedPiece]:
        """Yield nothing: everything has come out."""
        yield from ()


Lines = Callable[[PieceWork], AbstractContextManager[Line]]
"""Opens a line for one delivery; leaving it ends whatever it started."""


@contextmanager
def one_by_one(work: PieceWork) -> Iterator[Line]:
    """Open a line that uses this process alone."""
    yield OneByOne(work)
