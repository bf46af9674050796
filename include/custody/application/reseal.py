"""Reseal: every value of a level sealed again, under fresh data keys and a new epoch.

For a new suite or key layout, or when data keys may have been seen (R54).  Each value
is opened to its recorded content digest, sealed anew, written only where the former key
id still stands, read back and opened to the same digest before its batch commits.  Keys
commit before values; a value always has the key that it names.  Former keys are
forgotten when a later look finds that their values name others, so that who reads
beside it is not left without.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from custody.application.ports import Entry, Keyring, Reached, pass_by
from custody.application.ports.rekey import Exclusively
from custody.application.ports.reseal import FormerKeys, SealedValues
from custody.application.rekey import RekeyEpochs, untold
from custody.application.reseal_batch import BatchSealer, kept_values
from custody.application.rotate import Ended
from custody.crypto.rewrap import KeyRecords
from custody.domain.epochs import EpochId, Purpose
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.domain.reason import is_fit_reason
from custody.errors import ConflictError

VALUES_PER_BATCH = 1_000
"""Values that one transaction replaces; memory is that of one batch."""
_CHANGES = Text(
    "{old} 的加密值正在变更归属：请稍后再重新加密",
    "values of {old} change hands: seal again later",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealed:
    """How many values were sealed again, and the epochs that ended with it."""

    values: int
    ended: tuple[Ended, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResealLevel:
    """The use case; `keyring` is the loader's, all else the destroyer's.

    `suites` is policy's list for each level: any opens, the first one writes.
    """

    dataset: str
    suites: Mapping[Level, tuple[int, ...]]
    rekey: RekeyEpochs
    exclusively: Exclusively
    keyring: Keyring
    former: FormerKeys
    values: SealedValues
    reached: Reached = pass_by
    told: Callable[[EpochId, int], None] = untold
    batch: int = VALUES_PER_BATCH

    def __call__(
        self, level: Level, *, reason: str, actor: str, before: dt.datetime
    ) -> Resealed | None:
        """Seal a level again; None when the reason is unfit, and nothing is done.

        Epochs recorded before the moment are succeeded; what a killed run left is
        taken up.  The ledger is told before anything is opened.  EvidenceError when a
        value or a key is not what was recorded.
        """
        if not is_fit_reason(reason):
            return None
        body = {"level": str(level), "reason": reason, "actor": actor}
        entry = Entry(kind="reseal_begun", subject=self.dataset, body=body)
        with self.exclusively():
            self.rekey.ledger.append(entry)
            for epoch in self.rekey.keys.open_before(before):
                if _holds(epoch, level):
                    self.rekey.succeed(epoch)
            sealed, ended = 0, []
            for old in self.rekey.keys.leaving():
                if _holds(old, level):
                    turn = _Turn(self, old, self.rekey.succeed(old), level)
                    sealed += turn.seal_all()
                    ended.append(turn.end())
        return Resealed(values=sealed, ended=tuple(ended))


@dataclass(frozen=True, slots=True)
class _Turn:
    """One epoch whose values go over to its successor."""

    use: ResealLevel
    old: EpochId
    new: EpochId
    level: Level

    def seal_all(self) -> int:
        """Look again and again until no key of the epoch has a value."""
        total = 0
        while True:
            sealed, found = self._pass(total)
            total += sealed
            if not found:
                return total

    def end(self) -> Ended:
        """Move the keys that have no value (a load may be on its way), and end it."""
        self.use.rekey.rewrap(self.old, self.new)
        state = self.use.rekey.end(self.old, self.new)
        return Ended(epoch=self.old, successor=self.new, key=state)

    def _pass(self, before: int) -> tuple[int, int]:
        """Return how many values were sealed again, and how many keys had a value.

        ConflictError when values were found and not one of them could be written.
        """
        sealer = self._sealer()
        sealed = found = forgotten = 0
        after = b""
        while len(records := self._records(after)):
            after = records.handles[-1]
            stored = {
                one.handle: one
                for one in self.use.values.find(self.level, records.handles)
            }
            found += len(stored)
            forgotten += sealer.forget_stale(records, stored)
            sealed += sealer.seal(kept_values(records, stored, self.level))
            self.use.told(self.old, before + sealed)
        if found and not sealed + forgotten:
            raise _CHANGES.as_error(ConflictError, old=self.old)
        return sealed, found

    def _records(self, after: bytes) -> KeyRecords:
        return self.use.rekey.keys.records(self.old, after=after, most=self.use.batch)

    def _sealer(self) -> BatchSealer:
        use = self.use
        return BatchSealer(
            dataset=use.dataset,
            suites=use.suites[self.level],
            keys=use.rekey.keys,
            provider=use.rekey.provider,
            keyring=use.keyring,
            former=use.former,
            values=use.values,
            reached=use.reached,
            old=self.old,
            new=self.new,
            level=self.level,
        )


def _holds(epoch: EpochId, level: Level) -> bool:
    return epoch.purpose is not Purpose.DRILL and epoch.level == level
