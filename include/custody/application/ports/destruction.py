"""Ports to a destruction: its run, the customers it takes, and who survives it."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from custody.application.ports.destruction_book import Run
from custody.application.ports.warehouse import Entry
from custody.domain.destruction import LineStanding
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from custody.domain.retention_plan import Due, Planning


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """One customer of a run: the commitment, and the salt for who asked to go.

    `handle` and `level` are where the salt stands.
    """

    number: str
    commitment: bytes
    salt: bytes | None
    handle: bytes
    level: Level


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


class Intending(Protocol):
    """The customers whom a plan names, before anything happens to them."""

    def standings(self, plan: str) -> Iterator[tuple[Due, LineStanding]]:
        """Yield each line of a plan with what the register says of it."""

    def first_values(self, plan: str) -> Iterator[pl.DataFrame]:
        """Yield one sealed value a customer, with `number` and whether they `asked`.

        It is of the lowest level of the first version that is left: of the salt.
        """

    def parted_values(self, plan: str) -> Iterator[pl.DataFrame]:
        """Yield what goes of versions that keep another level, with `position`.

        Of the lines that were kept by `intend`.
        """

    def intend(self, plan: str, customers: Sequence[Intended]) -> None:
        """Keep lines and commitments, and which version's salt stays; repeatable."""

    def keep_fields(self, plan: str, fields: Mapping[int, set[str]]) -> None:
        """Keep what the lines of parted versions hold; repeatable."""


class Condemning(Protocol):
    """From customers who are due to customers who are condemned."""

    def mark(self, run: Run, entry: Entry, *, at: dt.datetime) -> Run | None:
        """Mark every line `destroying` and move the run, while nobody loads.

        None, and nothing is changed, when one of them is under hold or not due.
        """

    def spare(self, run: Run, entry: Entry, *, at: dt.datetime) -> Run:
        """Take every mark back and end the run: its approval was withdrawn."""

    def condemn(
        self, plan: str, planning: Planning, *, at: dt.datetime
    ) -> tuple[int, int]:
        """Condemn every marked line that is under no hold, for good; spare the rest.

        Who stays is not marked: what of them goes is judged by `planning` once more,
        while nobody loads or sets a hold.
        Return how many lines are condemned and how many were spared; repeatable.
        """

    def numbers(self, plan: str) -> Iterator[tuple[str, ...]]:
        """Yield the numbers of customers of whom all versions of a level go."""


class LinksThen(Protocol):
    """One moment of the register: what its ledger says, and whose each version is."""

    def lines(self) -> Iterator[bytes]:
        """Yield the ledger's lines in order."""

    def versions(self) -> Iterator[tuple[str, Sequence[bytes], Sequence[bytes]]]:
        """Yield a delivery, handles and the hashes of their links' leaves, in parts.

        Of every version there is, tombstones too, by delivery and handle.
        """


class LinksNow(Protocol):
    """The register as it is when it is asked."""

    def taken(self) -> AbstractContextManager[LinksThen]:
        """Hold a moment for the block."""


class Deleting(Protocol):
    """The rows of condemned customers."""

    def batches(
        self,
        plan: str,
        match_keys: Mapping[str, Sequence[Sequence[str]]],
        insist: Callable[[LinksThen], None],
    ) -> Iterator[Batch]:
        """Yield the condemned lines whose rows are not deleted yet.

        All are of one moment, of which `insist` is asked before the first.
        `match_keys` are those of each source; a row that waits is looked for when its
        batch is, and is none that the register has.
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


class Suppress(Protocol):
    """Writes suppression tokens for customers."""

    def __call__(self, numbers: Sequence[str], *, destroyed_on: dt.date) -> int:
        """Return how many tokens were written; repeatable."""
