"""Rotate: every epoch of a level is succeeded, emptied and ended, yearly or on request.

A mere re-wrap: sealed values, their keys and their content digests stay as they are.
Each step is one task; it asks the keyring what is under way and remembers nothing, so
that it may be repeated, and takes up what a killed run left (R62, design section 4).
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from custody.application.ports import KeyState
from custody.application.ports.rekey import Exclusively
from custody.application.rekey import RekeyEpochs
from custody.domain.epochs import EpochId, Purpose
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.errors import EvidenceError

ALL_LEVELS = frozenset(Level)
_FIRST = b""
_ENDED = Text(
    "纪元 {old} 已结束，其下却仍有数据密钥",
    "epoch {old} has ended, and a data key is under it",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An epoch that has ended, who came after it, and its key as its provider has it.

    No key of the register is left under it: that was looked at after its end.
    """

    epoch: EpochId
    successor: EpochId
    key: KeyState


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateEpochs:
    """The use case, step by step or as a whole; each holds the lock of key movers."""

    rekey: RekeyEpochs
    exclusively: Exclusively

    def __call__(
        self, *, before: dt.datetime, levels: Collection[Level] = ALL_LEVELS
    ) -> tuple[Ended, ...]:
        """Rotate what was recorded before a moment, and finish what is under way."""
        self.succeed(before=before, levels=levels)
        self.rewrap(levels=levels)
        self.verify(levels=levels)
        return self.end(levels=levels)

    def succeed(
        self, *, before: dt.datetime, levels: Collection[Level] = ALL_LEVELS
    ) -> tuple[EpochId, ...]:
        """Let every open epoch be succeeded that was recorded before a moment.

        Returns the successors.  Repeated with the same moment it succeeds nobody
        twice: a successor is younger.
        """
        with self.exclusively():
            return tuple(
                self.rekey.succeed(epoch)
                for epoch in self.rekey.keys.open_before(before)
                if _rotates(epoch, levels)
            )

    def rewrap(self, *, levels: Collection[Level] = ALL_LEVELS) -> int:
        """Move every key to the successor of its epoch; return how many moved."""
        with self.exclusively():
            return sum(self.rekey.rewrap(*pair) for pair in self._pairs(levels))

    def verify(self, *, levels: Collection[Level] = ALL_LEVELS) -> int:
        """Verify every key under the successors; return how many."""
        with self.exclusively():
            successors = dict.fromkeys(new for _, new in self._pairs(levels))
            return sum(map(self.rekey.verify, successors))

    def end(self, *, levels: Collection[Level] = ALL_LEVELS) -> tuple[Ended, ...]:
        """End every epoch that was succeeded; EvidenceError if a key is left under it.

        The proof at its end: each is looked at again after.
        """
        with self.exclusively():
            return tuple(self._end(*pair) for pair in self._pairs(levels))

    def _end(self, old: EpochId, new: EpochId) -> Ended:
        state = self.rekey.end(old, new)
        if len(self.rekey.keys.records(old, after=_FIRST, most=1)):
            raise _ENDED.as_error(EvidenceError, old=old)
        return Ended(epoch=old, successor=new, key=state)

    def _pairs(self, levels: Collection[Level]) -> Iterator[tuple[EpochId, EpochId]]:
        """Yield each epoch that leaves with the open one that comes after it."""
        for old in self.rekey.keys.leaving():
            if _rotates(old, levels):
                yield old, self.rekey.succeed(old)


def _rotates(epoch: EpochId, levels: Collection[Level]) -> bool:
    """Tell whether an epoch of these levels holds keys of the register."""
    return epoch.purpose is not Purpose.DRILL and epoch.level in levels
