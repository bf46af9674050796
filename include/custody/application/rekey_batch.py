"""Batches of a rekey: read, wrapped anew, moved, and looked at before they commit.

Memory is that of some batches, however many keys an epoch has.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from custody.application.ports import Ahead, KeyProvider, Reached
from custody.application.ports.rekey import EpochKeys
from custody.crypto.entropy import EntropyPool
from custody.crypto.rewrap import KeyRecords, Wrapping, check_batch, rewrap_batch
from custody.crypto.suites import NONCE_BYTES
from custody.domain.epochs import EpochId
from custody.domain.language import Text
from custody.errors import EvidenceError, OpenError

_BEFORE_ALL = b""
_OTHER_RECORD = Text(
    "{epoch} 的一条数据密钥记录与应有不符：整批未迁移",
    "a data key record of {epoch} is not what it must be: nothing of its batch was"
    " moved",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RekeyBatches:
    """The keys of an epoch by batches of `size`; the next is made `ahead`."""

    keys: EpochKeys
    provider: KeyProvider
    reached: Reached
    ahead: Ahead
    size: int

    def moved(
        self, old: EpochId, new: EpochId, handles: Sequence[bytes] | None
    ) -> Iterator[int]:
        """Move an epoch's keys, or those of some handles; yield how many, by batches.

        What is ahead is only read and wrapped: who is deleted before its batch moves
        is not moved.
        """
        for records in self.ahead(self._wrapped(old, new, handles)):
            with self.keys.moving(new) as mover:
                stored = mover.move(records, old=old)
                self._check(stored, new)
                self.reached("rekey.batch.before")
            self.reached("rekey.batch.after")
            yield len(stored)

    def verified(self, epoch: EpochId) -> Iterator[int]:
        """Unwrap an epoch's keys and compute their key ids; yield how many."""
        for records in self.ahead(self._records(epoch, None)):
            yield self._check(records, epoch)

    def _wrapped(
        self, old: EpochId, new: EpochId, handles: Sequence[bytes] | None
    ) -> Iterator[KeyRecords]:
        """Yield the records of an epoch with the wrapping that they are to have."""
        for records in self._records(old, handles):
            self.keys.count_wraps(new, len(records))
            try:
                wrapped = rewrap_batch(
                    records,
                    old=self._wrapping(old),
                    new=self._wrapping(new),
                    pool=EntropyPool(NONCE_BYTES * len(records)),
                )
            except OpenError:
                raise _damaged(old) from None
            yield replace(records, wrapped=wrapped)

    def _records(
        self, epoch: EpochId, handles: Sequence[bytes] | None
    ) -> Iterator[KeyRecords]:
        """Yield batches of records; what is moved away does not hide what is left."""
        if handles is not None:
            for start in range(0, len(handles), self.size):
                part = handles[start : start + self.size]
                found = self.keys.records_of(epoch, part)
                if len(found):
                    yield found
            return
        after = _BEFORE_ALL
        while len(found := self.keys.records(epoch, after=after, most=self.size)):
            yield found
            after = found.handles[-1]

    def _check(self, records: KeyRecords, epoch: EpochId) -> int:
        try:
            return check_batch(records, wrapping=self._wrapping(epoch))
        except OpenError:
            raise _damaged(epoch) from None

    def _wrapping(self, epoch: EpochId) -> Wrapping:
        """Ask for each batch: how long a key is kept, the provider decides."""
        return Wrapping(key=self.provider.open(epoch), epoch=str(epoch))


def _damaged(epoch: EpochId) -> EvidenceError:
    return _OTHER_RECORD.as_error(EvidenceError, epoch=epoch)
