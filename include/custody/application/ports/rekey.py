"""Ports to the keyring as the destroyer has it: keys move, and epochs end.

One identity does this, one at a time: whoever rotates, seals again, restricts, indexes
anew or destroys holds `Exclusively` while it works (design section 4).
"""

import datetime as dt
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from custody.crypto.rewrap import KeyRecords
from custody.domain.epochs import EpochId, EpochState, Purpose
from custody.domain.levels import Level


class Exclusively(Protocol):
    """The one lock of whatever moves or ends keys."""

    def __call__(self) -> AbstractContextManager[None]:
        """Hold it for the block; ConflictError while another run does.

        It is not held twice: the outermost caller takes it, nobody below.
        """


class EpochKeys(Protocol):
    """Epochs with their data key records; adds no record, ever."""

    def state(self, epoch: EpochId) -> EpochState | None:
        """Return the state of an epoch, None when it was never recorded."""

    def open_of(self, purpose: Purpose, level: Level) -> EpochId | None:
        """Return the open epoch of a purpose and level, None when there is none."""

    def following(self, purpose: Purpose, level: Level) -> EpochId:
        """Return the epoch that a purpose and level have next: above all recorded."""

    def open_before(self, moment: dt.datetime) -> tuple[EpochId, ...]:
        """Return the open epochs that were recorded before a moment, by name."""

    def leaving(self) -> tuple[EpochId, ...]:
        """Return the epochs that are closing, or ended with a table left, by name."""

    def succeed(self, old: EpochId, new: EpochId, *, suite: int) -> bool:
        """Close the one and open the other, in one transaction; False if not open.

        Waits for whoever writes under the old epoch.
        """

    def records(self, epoch: EpochId, *, after: bytes, most: int) -> KeyRecords:
        """Return records of an epoch whose handles come after one, in their order."""

    def records_of(self, epoch: EpochId, handles: Sequence[bytes]) -> KeyRecords:
        """Return the records that some handles have under an epoch."""

    def count_wraps(self, epoch: EpochId, more: int) -> None:
        """Count wraps before they are made; EpochClosedError beyond 2^32."""

    def moving(self, new: EpochId) -> AbstractContextManager["KeyMover"]:
        """Hold the new epoch FOR SHARE; EpochClosedError unless it is open.

        Commits at a clean exit.
        """

    def ending(self, old: EpochId) -> AbstractContextManager["EndingEpoch"]:
        """Hold the epoch's row exclusively; KeyError when it was never recorded.

        Commits at a clean exit.
        """

    def drop(self, old: EpochId) -> None:
        """Drop what is left of an ended epoch's table; idempotent.

        EvidenceError while the epoch is open or has keys.
        """


class KeyMover(Protocol):
    """Moves records inside one keyring transaction."""

    def move(self, records: KeyRecords, *, old: EpochId) -> KeyRecords:
        """Give the records that still stand under `old` their new epoch and wrapping.

        `records` bear the new wrapping.  Returns them as they then stand, in any
        order: who was deleted meanwhile, or has another key id, is not among them.
        """


class EndingEpoch(Protocol):
    """An epoch whose row this transaction holds."""

    @property
    def state(self) -> EpochState:
        """The state of the epoch."""

    def left(self) -> int:
        """Count the data keys under it."""

    def destroyed(self) -> None:
        """Record that its key was ordered to be destroyed."""
