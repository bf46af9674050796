"""One batch of values sealed again: keys first, then values, each opened as stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import polars as pl

from custody.application.ports import Entry, KeyProvider, Keyring, Reached
from custody.application.ports.rekey import EpochKeys
from custody.application.ports.reseal import (
    FormerKeys,
    Replacement,
    SealedValues,
    StoredValue,
    ValueReplacer,
)
from custody.crypto.reseal import KeptValue, Place, open_value, reseal
from custody.crypto.rewrap import KeyRecords, Wrapping
from custody.domain.epochs import EpochId
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.domain.merkle import merkle_root
from custody.domain.rowset import ResealedValue, resealed_leaf
from custody.errors import EvidenceError, OpenError

_NO_KEY = Text(
    "{old} 的一个加密值所指密钥不存在", "a value of {old} names a key that is not there"
)
_NOT_AS_BEFORE = Text(
    "以 {new} 重新加密的值打开后与先前不同",
    "a value sealed again under {new} does not open as before",
)
_NOT_ITS_DIGEST = Text(
    "{old} 下的一个值打开后与内容摘要不符",
    "a value under {old} does not open to its content digest",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSealer:
    """Seals what stands under one epoch again under another; `keyring` is the loader's.

    `suites` is policy's list for the level: any opens, the first one writes.
    """

    dataset: str
    suites: tuple[int, ...]
    keys: EpochKeys
    provider: KeyProvider
    keyring: Keyring
    former: FormerKeys
    values: SealedValues
    reached: Reached
    old: EpochId
    new: EpochId
    level: Level

    def forget_stale(
        self, records: KeyRecords, stored: Mapping[bytes, StoredValue]
    ) -> int:
        """Forget keys whose value names another, once that one is seen to be there."""
        stale = [
            (handle, key_id)
            for handle, key_id in zip(records.handles, records.key_ids, strict=True)
            if handle in stored and stored[handle].key_id != key_id
        ]
        if not stale:
            return 0
        handles, key_ids = zip(*stale, strict=True)
        there = self.keys.records_of(self.new, handles)
        named = set(zip(there.handles, there.key_ids, strict=True))
        if not {(one, stored[one].key_id) for one in handles} <= named:
            raise _NO_KEY.as_error(EvidenceError, old=self.old)
        self.reached("rekey.forget.before")
        forgotten = self.former.forget(self.old, handles, key_ids)
        self.reached("rekey.forget.after")
        return forgotten

    def seal(self, kept: Sequence[KeptValue]) -> int:
        """Seal values again; return how many still stood when they were written."""
        if not kept:
            return 0
        handles = [one.place.handle for one in kept]
        self._forget_orphans(handles, keeping=set())
        made = self._made(kept)
        self._write_keys(made)
        with self.values.replacing(self.level) as replacer:
            written = self._replace(replacer, kept, made)
            self.reached("rekey.reseal.before")
        self.reached("rekey.reseal.after")
        self._forget_orphans(handles, keeping=written)
        return len(written)

    def _made(self, kept: Sequence[KeptValue]) -> list[KeptValue]:
        old, new = self._wrapping(self.old), self._wrapping(self.new)
        try:
            return [reseal(one, old=old, new=new, suites=self.suites) for one in kept]
        except OpenError:
            raise _NOT_ITS_DIGEST.as_error(EvidenceError, old=self.old) from None

    def _write_keys(self, made: Sequence[KeptValue]) -> None:
        """Write the fresh keys, each for the department of the former one."""
        handles = [one.place.handle for one in made]
        owners = self.former.departments(self.old, handles)
        with self.keyring.writing([self.new]) as writer:
            for name in sorted(set(owners.values())):
                own = [one for one in made if owners.get(one.place.handle) == name]
                writer.write(
                    _frame(own, self.new),
                    dataset=self.dataset,
                    department=name,
                )

    def _replace(
        self,
        replacer: ValueReplacer,
        kept: Sequence[KeptValue],
        made: Sequence[KeptValue],
    ) -> set[bytes]:
        """Write, read back, open, tell; return the handles that were written."""
        former = {one.place.handle: one.key_id for one in kept}
        stored = replacer.replace(
            [
                Replacement(
                    handle=one.place.handle,
                    former_key_id=former[one.place.handle],
                    sealed=one.sealed,
                    key_id=one.key_id,
                )
                for one in made
            ]
        )
        self._verify(stored)
        if stored:
            replacer.tell(self._entry(stored, former))
        return {one.handle for one in stored}

    def _verify(self, stored: Sequence[StoredValue]) -> None:
        """Open what both databases now hold to the content digest that stood before."""
        handles = [one.handle for one in stored]
        records = self.keys.records_of(self.new, handles)
        kept = kept_values(records, {one.handle: one for one in stored}, self.level)
        wrapping = self._wrapping(self.new)
        try:
            opened = [
                open_value(one, wrapping=wrapping, suites=self.suites) for one in kept
            ]
        except OpenError:
            opened = []
        if len(opened) != len(stored):
            raise _NOT_AS_BEFORE.as_error(EvidenceError, new=self.new)

    def _entry(
        self, stored: Sequence[StoredValue], former: Mapping[bytes, bytes]
    ) -> Entry:
        leaves = [
            resealed_leaf(
                ResealedValue(
                    handle=one.handle,
                    level=str(self.level),
                    former_key_id=former[one.handle],
                    key_id=one.key_id,
                    sealed_digest=sha256(one.sealed).digest(),
                    content_digest=one.digest,
                )
            )
            for one in sorted(stored, key=lambda one: one.handle)
        ]
        body: dict[str, str | int] = {
            "successor": str(self.new),
            "values": len(leaves),
            "root": merkle_root(leaves).hex(),
        }
        return Entry(kind="resealed", subject=str(self.old), body=body)

    def _forget_orphans(self, handles: Sequence[bytes], *, keeping: set[bytes]) -> None:
        """Forget keys of values that were not written: a killed run's, or overtaken."""
        there = self.keys.records_of(self.new, handles)
        orphans = [
            pair
            for pair in zip(there.handles, there.key_ids, strict=True)
            if pair[0] not in keeping
        ]
        if orphans:
            self.former.forget(self.new, *zip(*orphans, strict=True))

    def _wrapping(self, epoch: EpochId) -> Wrapping:
        return Wrapping(key=self.provider.open(epoch), epoch=str(epoch))


def kept_values(
    records: KeyRecords, stored: Mapping[bytes, StoredValue], level: Level
) -> list[KeptValue]:
    """Return the values that name the keys of these records."""
    return [
        KeptValue(
            place=Place(dataset=dataset, level=str(level), handle=handle),
            sealed=stored[handle].sealed,
            digest=stored[handle].digest,
            key_id=key_id,
            wrapped=wrapped,
        )
        for handle, dataset, key_id, wrapped in zip(
            records.handles,
            records.datasets,
            records.key_ids,
            records.wrapped,
            strict=True,
        )
        if handle in stored and stored[handle].key_id == key_id
    ]


def _frame(made: Sequence[KeptValue], epoch: EpochId) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "handle": [one.place.handle for one in made],
            "level": [one.place.level for one in made],
            "epoch": [str(epoch)] * len(made),
            "key_id": [one.key_id for one in made],
            "wrapped": [one.wrapped for one in made],
        }
    )
