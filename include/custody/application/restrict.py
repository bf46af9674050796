"""Restrict: keys of customers who are kept only leave the live epoch (R17, PIPL 47).

The data keys of a deregistered customer's level are wrapped anew under the level's
restricted epoch, which the destroyer alone may open; then the level is kept only.  Of
whom an event was withdrawn, the keys come back the same way.  What a level had sealed
of a customer who was raised from it leaves too, and stays.  An older copy of the
keyring still opens under the live epoch that they left, until that is destroyed:
restriction is complete then (`custody retention status`).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from custody.application.ports import Entry, Reached, pass_by
from custody.application.ports.rekey import Exclusively
from custody.application.rekey import RekeyEpochs
from custody.domain.epochs import EpochId, Purpose
from custody.domain.language import Text
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.record_states import RecordState
from custody.errors import EvidenceError

_LEFT = Text(
    "{left} 把密钥未离开 {epoch}：请重试",
    "{left} keys did not leave {epoch}: repeat this",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLevel:
    """Some customers' one level, and the handles of all its sealed values."""

    level: Level
    numbers: tuple[str, ...]
    handles: tuple[bytes, ...]


class Standings(Protocol):
    """How customers' levels stand, by the destroyer."""

    def standing(self, level: Level, state: RecordState) -> Iterator[KeptLevel]:
        """Yield whose level stands so, batch by batch; each batch is read afresh."""

    def restricted(self, kept: KeptLevel, entry: Entry) -> int:
        """Let the level be kept only, where it is deregistered still; return how many.

        One transaction with its entry, which is left out when it is nobody.
        """

    def returned(self, kept: KeptLevel, entry: Entry) -> int:
        """Let the level be in use as if nothing had been; return how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedValues:
    """What one level had sealed of customers who were raised from it since."""

    level: Level
    handles: tuple[bytes, ...]


class Raisings(Protocol):
    """What a lower level had sealed of who was raised, by the destroyer."""

    def open(self, level: Level) -> Iterator[RaisedValues]:
        """Note and yield what is to leave the live epoch, batch by batch.

        Nobody shows what is noted, nor lets it come back.
        """

    def settled(self, moved: RaisedValues, entry: Entry) -> int:
        """Record that the keys have left; return of how many values.

        One transaction with its entry, which is left out when it is of none.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictCustomers:
    """The use case; whatever a killed run left, the next one takes up."""

    standings: Standings
    raisings: Raisings
    rekey: RekeyEpochs
    exclusively: Exclusively
    dataset: str
    reached: Reached = pass_by

    def __call__(self) -> Counter[str]:
        """Return how many customers' levels were restricted and returned, by level.

        And of how many values the keys left a level from which somebody was raised.
        ConflictError while another run moves keys.
        """
        done: Counter[str] = Counter()
        with self.exclusively():
            for level in LEVELS_FROM_HIGH:
                done[f"{level} restricted"] += self._restrict(level)
                done[f"{level} returned"] += self._return(level)
                done[f"{level} raised"] += self._raise(level)
        return +done

    def _restrict(self, level: Level) -> int:
        done = 0
        for kept in self.standings.standing(level, RecordState.DEREGISTERED):
            new = self._move(level, kept.handles, Purpose.LIVE, Purpose.RESTRICTED)
            body = self._told(kept, new)
            entry = Entry(kind="restricted", subject=self.dataset, body=body)
            self.reached("restrict.settle.before")
            done += self.standings.restricted(kept, entry)
            self.reached("restrict.settle.after")
        return done

    def _return(self, level: Level) -> int:
        done = 0
        for kept in self.standings.standing(level, RecordState.IN_USE):
            new = self._move(level, kept.handles, Purpose.RESTRICTED, Purpose.LIVE)
            body = self._told(kept, new)
            entry = Entry(kind="restriction_lifted", subject=self.dataset, body=body)
            self.reached("restrict.return.before")
            done += self.standings.returned(kept, entry)
            self.reached("restrict.return.after")
        return done

    def _raise(self, level: Level) -> int:
        done = 0
        for found in self.raisings.open(level):
            new = self._move(level, found.handles, Purpose.LIVE, Purpose.RESTRICTED)
            entry = Entry(
                kind="raised_restricted",
                subject=self.dataset,
                body={
                    "level": level.value,
                    "epoch": str(new),
                    "versions": len(found.handles),
                },
            )
            self.reached("restrict.raised.before")
            done += self.raisings.settled(found, entry)
            self.reached("restrict.raised.after")
        return done

    def _move(
        self, level: Level, handles: Sequence[bytes], old: Purpose, new: Purpose
    ) -> EpochId:
        """Wrap the keys of a batch anew; EvidenceError unless all of them left."""
        target = self.rekey.open_of(new, level)
        for epoch in self._living(old, level):
            self.rekey.rewrap(epoch, target, handles)
        for epoch in self._living(old, level):
            left = len(self.rekey.keys.records_of(epoch, handles))
            if left:
                raise _LEFT.as_error(EvidenceError, left=left, epoch=epoch)
        return target

    def _living(self, purpose: Purpose, level: Level) -> Sequence[EpochId]:
        living = self.rekey.births.keyring.living()
        return [one for one in living if (one.purpose, one.level) == (purpose, level)]

    def _told(self, kept: KeptLevel, epoch: EpochId) -> dict[str, str | int]:
        return {
            "level": kept.level.value,
            "epoch": str(epoch),
            "customers": len(kept.numbers),
            "values": len(kept.handles),
        }
