"""Ports of a restore: what lies on the medium, and the empty target."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol, runtime_checkable

import polars as pl

from custody.application.ports.certificates import KeptCertificate
from custody.application.ports.keys import ListedKeys
from custody.application.ports.warehouse import Entry
from custody.columns.restored_records import RestoredRecords
from custody.domain.acts import Word
from custody.domain.decisions import Signed
from custody.domain.delivery_story import DeliveryStory
from custody.domain.destruction import RunState
from custody.domain.destruction_story import DestructionStory
from custody.domain.epochs import EpochId, EpochState


class StoredRows(Protocol):
    """Objects of the medium, opened by its age identity, digest first."""

    def frames(self, path: str, sha256: str) -> Iterator[pl.DataFrame]:
        """Yield the rows of a data object in frames of bounded size.

        EvidenceError, before anything is decrypted, when its bytes are other ones
        than were told; OpenError when the identity is not this medium's.
        """

    def opened(self, path: str, sha256: str) -> AbstractContextManager[BinaryIO]:
        """Open what is sealed in an object, checked likewise."""


@runtime_checkable
class AdoptsKeys(ListedKeys, Protocol):
    """A provider that takes over a key that was made elsewhere, and may know others."""

    def adopt(self, epoch: EpochId, key: bytes) -> None:
        """Keep a key as that of an epoch, once; the same again is welcome.

        ConflictError when another one is there, or it was destroyed.
        """

    def known(self) -> tuple[EpochId, ...]:
        """Return every epoch that has, or had, a key here, ordered by name.

        Those too of which the keyring was lost that told of them.
        """

    def note_former(self, epoch: EpochId) -> bool:
        """Note what became of a former epoch's key; True while one is here.

        It can be destroyed from then on, and need not open.  An epoch that has none
        here, or a dying one, is told destroyed from then on; no key is made, and none
        comes back.  Repeatable.
        """


class RestoreWarehouse(Protocol):
    """The warehouse that is made again; as its owner."""

    def claim(self, medium: str) -> bool:
        """Make it ready: migrated, marked as unfinished, closed to every other role.

        What a killed restore left is dropped; returns whether there was such.
        ConflictError when it holds anything else: nothing is restored over something.
        """

    def add_lines(self, lines: Iterable[tuple[int, bytes]]) -> None:
        """Write ledger lines as they lie off-site, by position."""

    def copy_table(
        self, table: str, columns: Sequence[str], content: BinaryIO, rows: int
    ) -> None:
        """Copy a table of a full set in; EvidenceError when it has other many rows."""

    def counts(self) -> "Counts":
        """Count what is there."""

    def open_up(self, entry: Entry) -> None:
        """Append the last entry, take the mark away, and let the roles in."""


class RestoreValues(Protocol):
    """Where restored records stand, and their sealed values."""

    def known(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return handle, level and whether it is registered, of values there."""

    def deliveries_of(self, handles: Sequence[bytes]) -> dict[bytes, str]:
        """Return the delivery of each handle that is known."""

    def add_places(self, places: pl.DataFrame) -> None:
        """Note handle, delivery_id, customer, version, level, business_date."""

    def add_values(self, values: pl.DataFrame) -> None:
        """Write sealed values: of customers into the register, others aside."""

    def promote(self, handles: Sequence[bytes]) -> None:
        """Move values that waited into the register: their rows were decided since."""


class RestoreRegister(Protocol):
    """Restored records, page by page, and the deliveries that brought them."""

    def add_stories(self, stories: Iterable[DeliveryStory]) -> None:
        """Write deliveries as the ledger tells them, over what a set had of them."""

    def line_up(self) -> int:
        """Give every record its row, work out what is to be opened; return how many."""

    def pages(self) -> Iterator[pl.DataFrame]:
        """Yield sealed values with where their records stand, a page at a time.

        A page is of one source, sources follow each other, and no record is split.
        Beside the values it has delivery_id, row, customer, version, business_date,
        known, settled, party (as a table tells it), and shown: whether the level is
        in use.
        """

    def write(self, made: RestoredRecords, *, index_epoch: int) -> None:
        """Write what a page came to; what is shown too."""

    def settle(self, ended: Mapping[str, frozenset[str]]) -> int:
        """Leave tombstones of who is gone and count every delivery anew.

        `ended` are levels of customers who stay: those are out of use for good.

        Returns how many customers are tombstones now.  The database itself refuses
        deliveries whose rows do not add up.
        """

    def buried(self) -> frozenset[str]:
        """Return the deliveries of tombstones that no run which is there explains."""


class RestoreKeyring(Protocol):
    """The keyring that is made again; as its owner."""

    def claim(self, medium: str, *, again: bool) -> None:
        """As the warehouse's; `again`: a killed restore had marked that one."""

    def add_epochs(
        self, former: Collection[EpochId], *, state: EpochState, suite: int
    ) -> None:
        """Record former epochs; no key is under them, nor ever will be."""

    def take_epoch(self, epoch: EpochId) -> None:
        """Record an epoch whose keys are added as they were wrapped: for a trial."""

    def add_keys(self, keys: pl.DataFrame, *, dataset: str) -> None:
        """Write data key records: handle, level, epoch, key_id, wrapped, department."""

    def wrapped(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return handle, level, epoch, key_id, wrapped of the handles."""

    def count(self) -> int:
        """Count data key records."""

    def let_in(self) -> None:
        """Let the roles in; the mark stays until the warehouse has lost its own."""

    def unmark(self) -> None:
        """Take the mark away."""


class RestoreActs(Protocol):
    """What people decided and ended, over what a set has of it."""

    def add_decisions(self, told: Iterable[tuple[dt.datetime, Signed]]) -> None:
        """Add those that are not there, in their order, as recorded then."""

    def end_words(self, events: Mapping[str, Word], holds: Mapping[str, Word]) -> None:
        """Let events be withdrawn and holds be lifted that were since."""

    def words(self) -> frozenset[str]:
        """Return the ids of the events and holds that are there, ended ones too."""

    def runs(self) -> Sequence[tuple[str, RunState]]:
        """Return the plan of each run that is there, and where it stands."""

    def settle(self, plan: str, state: RunState, story: DestructionStory) -> None:
        """Let a run stand where it came to, with what it had shown by then."""

    def leave_out(self, plan: str) -> frozenset[str]:
        """Take a run out that cannot go on; who was marked by it is not any more.

        Return the deliveries of whose customers it had destroyed something.
        """

    def certificates(self) -> frozenset[str]:
        """Return the ids of the certificates that are there."""

    def add_certificate(self, kept: KeptCertificate) -> None:
        """Add a certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a restored warehouse holds."""

    customers: int
    versions: int
    values: int
    waiting: int
    deliveries: int
