"""Sweep keys: those that no row claims go after a day (design section 4).

The keyring commits before the warehouse, so that a killed run leaves keys without
a row and never a row without its key; a delivery that is refused or sealed again
leaves such keys too.  Deleting them is final: whatever was sealed under them and
lies in the warehouse's past can no longer be opened there.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from custody.application.ports import Clock, Entry, Ledger

KEPT = dt.timedelta(hours=24)
"""How long a key may wait for its row."""
MARGIN = dt.timedelta(hours=1)
"""For clocks that differ, and a writer's transactions that do not begin at once."""


class WrittenKeys(Protocol):
    """Handles of data keys by when they were written; shows no key."""

    def before(self, moment: dt.datetime) -> Iterator[Sequence[bytes]]:
        """Yield the handles of keys written before a moment, batch by batch."""

    def delete(self, handles: Sequence[bytes], *, before: dt.datetime) -> int:
        """Delete the keys of handles that were written before a moment; count them."""


class Claims(Protocol):
    """What the warehouse knows of handles."""

    def oldest_writer(self) -> dt.datetime | None:
        """Return when the oldest open transaction of a loader began; None: none is."""

    def unclaimed(self, handles: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return those handles that no row has, staged or in the register."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepKeys:
    """The use case; repeatable, and safe beside any load.

    `kept` and `margin` are passed in so that a test can show what they stop.
    """

    keys: WrittenKeys
    claims: Claims
    ledger: Ledger
    clock: Clock
    dataset: str
    kept: dt.timedelta = KEPT
    margin: dt.timedelta = MARGIN

    def __call__(self) -> int:
        """Delete them, batch by batch; return how many keys went.

        The ledger says so first, by handles: a killed run has then told of more
        than it did, and the next one finds the rest.
        """
        before = self._before()
        return sum(self._sweep(batch, before) for batch in self.keys.before(before))

    def _before(self) -> dt.datetime:
        """Return the moment before which no key can belong to a load in flight.

        Asked before the rows are: whatever such a load wrote is visible by then.
        """
        before = self.clock.now() - self.kept
        writing = self.claims.oldest_writer()
        return (before if writing is None else min(before, writing)) - self.margin

    def _sweep(self, batch: Sequence[bytes], before: dt.datetime) -> int:
        handles = self.claims.unclaimed(batch)
        if not handles:
            return 0
        entry = Entry(
            kind="keys_swept",
            subject=self.dataset,
            body={"handles": len(handles), "before": before.isoformat()},
        )
        self.ledger.append(entry)
        return self.keys.delete(handles, before=before)
