"""Port to the runs of destruction: where each stands, what it ends, what was seen."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from custody.application.ports.warehouse import Entry
from custody.domain.destroyed import Portion
from custody.domain.destruction import RunState
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from custody.domain.observations import FullSetSeen, Recovery
from custody.domain.retention_plan import UpTo


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: of which plan (digest, hex), where it stands, since when."""

    plan: str
    state: RunState
    begun_at: dt.datetime
    moved_at: dt.datetime


class Fate(StrEnum):
    """What became of a line of a run, so far."""

    INTENDED = "intended"
    SPARED = "spared"  # of a customer: every line
    CONDEMNED = "condemned"  # deleted ones too; of a customer: any line


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsOf:
    """Versions that go of a customer who stays, by the commitment."""

    commitment: bytes
    level: Level
    up_to: UpTo

    def __str__(self) -> str:
        """Return it as the ledger keeps it: `commitment level version part`."""
        told = f"{self.commitment.hex()} {self.level} {self.up_to.version}"
        return f"{told} {self.up_to.part}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOf:
    """A customer of whom all versions go: at these levels, at none named as a whole."""

    commitment: bytes
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """An epoch that ends, and the one that its survivors go to, once it is known."""

    old: EpochId
    new: EpochId | None = None


class DestructionBook(Protocol):
    """The runs, as the destroyer has them; a move is one transaction with its lines."""

    def find(self, plan: str) -> Run | None:
        """Return the run of a plan."""

    def runs(self) -> Iterator[Run]:
        """Yield all runs, the newest first."""

    def begin(self, plan: str, *, at: dt.datetime) -> bool:
        """Begin the run of a plan; False while another run is not over."""

    def move(
        self, run: Run, new: RunState, *entries: Entry, at: dt.datetime
    ) -> Run | None:
        """Move a run on; None when it is not where `run` says any more."""

    def expect(self, run: Run, epochs: Sequence[EpochId]) -> None:
        """Note which epochs end with this run; repeatable."""

    def successions(self, plan: str) -> tuple[Succession, ...]:
        """Return the epochs that end with a run, and their successors."""

    def succeed(self, plan: str, old: EpochId, new: EpochId) -> None:
        """Note the successor of an epoch that ends."""

    def who_goes(self, plan: str) -> tuple[EndOf, ...]:
        """Return of whom all versions are to go, by commitment.

        As a whole: the levels of whose lines are all that is left of them.
        """

    def commitments(self, plan: str, which: Fate) -> tuple[bytes, ...]:
        """Return the commitments of customers of this fate, in order."""

    def spared_lines(self, plan: str) -> tuple[str, ...]:
        """Return the spared lines of customers of whom others are condemned.

        Each as the ledger keeps it: `commitment level`, or as `versions` tells it.
        """

    def versions(self, plan: str) -> tuple[VersionsOf, ...]:
        """Return which versions of customers who stay a run names, by commitment."""

    def portions(self, plan: str) -> tuple[Portion, ...]:
        """Return what is, or was, condemned, by level and rule."""

    def customers(self, plan: str) -> int:
        """Return how many customers are, or were, condemned."""

    def keep_recovery(self, plan: str, found: Recovery) -> None:
        """Keep what the attempt at recovery found."""

    def recovery(self, plan: str) -> Recovery | None:
        """Return what the attempt at recovery found."""

    def keep_full_sets(self, plan: str, seen: Sequence[FullSetSeen]) -> None:
        """Keep which full sets were read back, in the place of older ones."""

    def full_sets(self, plan: str) -> tuple[FullSetSeen, ...]:
        """Return the full sets of the survivors of a run."""
