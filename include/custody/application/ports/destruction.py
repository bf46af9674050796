"""Ports to a destruction: its run, the customers it takes, and who survives it."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import polars as pl

from custody.application.ports.warehouse import Entry
from custody.domain.destroyed import Portion
from custody.domain.destruction import LineStanding, RunState
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from custody.domain.observations import FullSetSeen, Recovery
from custody.domain.retention_plan import Due


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: of which plan (digest, hex), where it stands, since when."""

    plan: str
    state: RunState
    begun_at: dt.datetime
    moved_at: dt.datetime


class Fate(StrEnum):
    """What became of a line of a run, so far."""

    INTENDED = "intended"  # all of them
    SPARED = "spared"
    CONDEMNED = "condemned"  # deleted ones too


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """One customer of a run: the commitment, and the salt for who asked to go."""

    number: str
    commitment: bytes
    salt: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """An epoch that ends, and the one that its survivors go to, once it is known."""

    old: EpochId
    new: EpochId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A row that waits in another delivery and bears a customer's match key."""

    delivery_id: str
    row: int
    handle: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some condemned lines: the handles of all versions, by the level that goes."""

    positions: tuple[int, ...]
    handles: Mapping[Level, tuple[bytes, ...]]
    waiting: tuple[Waiting, ...] = ()


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

    def commitments(self, plan: str, which: Fate) -> tuple[bytes, ...]:
        """Return the commitments of customers with a line of this fate, in order."""

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


class Intending(Protocol):
    """The customers whom a plan names, before anything happens to them."""

    def standings(self, plan: str) -> Iterator[tuple[Due, LineStanding]]:
        """Yield each line of a plan with what the register says of it."""

    def first_values(self, plan: str) -> Iterator[pl.DataFrame]:
        """Yield one sealed value a customer, with `number` and whether they `asked`.

        It is of the lowest level of the first version that is left: of the salt.
        """

    def parted_values(self, plan: str) -> Iterator[pl.DataFrame]:
        """Yield the values of lines whose customer keeps another level: `position`."""

    def intend(
        self, plan: str, customers: Sequence[Intended], fields: Mapping[int, set[str]]
    ) -> None:
        """Keep the lines, commitments, and what parted lines hold; repeatable."""


class Condemning(Protocol):
    """From customers who are due to customers who are condemned."""

    def mark(self, run: Run, entry: Entry, *, at: dt.datetime) -> Run | None:
        """Mark every line `destroying` and move the run, while nobody loads.

        None, and nothing is changed, when one of them is under hold or not due.
        """

    def spare(self, run: Run, entry: Entry, *, at: dt.datetime) -> Run:
        """Take every mark back and end the run: its approval was withdrawn."""

    def condemn(self, plan: str, *, at: dt.datetime) -> tuple[int, int]:
        """Condemn every marked line that is under no hold, for good; spare the rest.

        Return how many lines are condemned and how many were spared; repeatable.
        """

    def numbers(self, plan: str) -> Iterator[tuple[str, ...]]:
        """Yield the numbers of the condemned customers, in batches."""


class Deleting(Protocol):
    """The rows of condemned customers."""

    def batches(
        self, plan: str, match_keys: Mapping[str, Sequence[Sequence[str]]]
    ) -> Iterator[Batch]:
        """Yield the condemned lines whose rows are not deleted yet.

        `match_keys` are those of each source.
        """

    def delete(self, plan: str, batch: Batch) -> None:
        """Delete every row of a batch; what remains are tombstones (repeatable)."""

    def rewrite(self) -> None:
        """Write what is shown anew, so that no file has what was deleted from it."""


class LeftOver(Protocol):
    """What is left of the condemned in the warehouse."""

    def left(self, plan: str) -> Mapping[str, int]:
        """Count what is left of the condemned: `values`, `tokens`, `shown`."""

    def handles(self, plan: str) -> Iterator[tuple[Level, tuple[bytes, ...]]]:
        """Yield the handles of every version, by the level that goes."""

    def landed(self, plan: str) -> int:
        """Count the deliveries of a run whose landed files are not erased."""


class Sample(Protocol):
    """A few sealed values, copied with their wrapped keys as a thief would."""

    def draw(self, plan: str, *, pivot: bytes, size: int) -> pl.DataFrame:
        """Return handle, level, sealed, key_id, digest, and whether each is `due`."""

    def keep(self, plan: str, sample: pl.DataFrame) -> None:
        """Keep a sample with epoch and wrapped key, in the place of an older one."""

    def kept(self, plan: str) -> pl.DataFrame:
        """Return the sample that was kept."""

    def forget(self, plan: str) -> None:
        """Delete it."""


class DoomedKeys(Protocol):
    """The keyring as the destroyer has it."""

    def living(self) -> tuple[EpochId, ...]:
        """Return every epoch of keys that is not destroyed."""

    def delete(self, handles: Sequence[bytes], level: Level | None = None) -> int:
        """Delete the keys of handles, of one level or of all; count them."""

    def left(self, handles: Sequence[bytes], level: Level | None = None) -> int:
        """Count the keys that handles have."""


class SealedRows(Protocol):
    """Every sealed value there is, as the exporter reads them."""

    def pages(self) -> Iterator[pl.DataFrame]:
        """Yield them by handle and level, those that wait last.

        The columns are those of a data object, without epoch and wrapped key.
        """


class Suppress(Protocol):
    """Writes suppression tokens for customers."""

    def __call__(self, numbers: Sequence[str], *, destroyed_on: dt.date) -> int:
        """Return how many tokens were written; repeatable."""
