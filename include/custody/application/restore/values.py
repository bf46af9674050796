"""Values: out of the objects, their keys under new epochs, into the target.

Nothing is opened here but wrapped keys, and each must be the one that its key id
commits to.  Whom the ledger says was destroyed is left out before anything of theirs
is written (R70, R71).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from custody.application.ports import KeyProvider
from custody.application.ports.restore import (
    RestoreKeyring,
    RestoreValues,
    StoredRows,
)
from custody.application.restore.keys import EscrowedKeys, Successors
from custody.application.restore.withheld import NOBODY, Stored, Withheld
from custody.application.rewrapped import rewrapped
from custody.columns.leaves import sealed_digests, set_leaves
from custody.crypto.rewrap import Wrapping
from custody.domain.epochs import EpochId
from custody.domain.language import Text
from custody.domain.levels import LEVELS_FROM_HIGH
from custody.domain.merkle import MerkleTree
from custody.domain.policy import Policy
from custody.domain.sources import Source
from custody.errors import EvidenceError, KeyDestroyedError, OpenError

_NO_ESCROW = Text(
    "{epoch} 的托管已不存在：该备份集已无法打开，未恢复任何内容；请用更晚的备份集",
    "no escrow of {epoch} is left: this set does not open any more, and nothing was"
    " restored; take a later one",
)

_NOBODY = "unknown"
_OTHER_KEY = Text(
    "{old} 的一把数据密钥与应有不符", "a data key of {old} is not what it must be"
)


@dataclass(slots=True)
class Read:
    """What was read of the objects so far."""

    tree: MerkleTree = field(default_factory=MerkleTree)
    restored: int = 0
    withheld: int = 0
    known: int = 0
    ended: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Levels of customers who stay that were destroyed, by number."""
    changed: set[str] = field(default_factory=set)
    """Deliveries of which something was left out."""
    gone: list[pl.DataFrame] = field(default_factory=list)
    """Copies of values of the destroyed, with the delivery of each and `since`."""


Wraps = Callable[[pl.DataFrame, EpochId], pl.DataFrame]
"""Gives the key records of one epoch the form in which the target keeps them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapAnew:
    """Wraps keys of an old epoch, opened by its escrow, under the target's own."""

    dataset: str
    escrowed: EscrowedKeys
    successors: Successors
    provider: KeyProvider

    def __call__(self, part: pl.DataFrame, old: EpochId) -> pl.DataFrame:
        """Return the new records; EvidenceError when a key cannot be had."""
        try:
            key = self.escrowed.open(old)
        except KeyDestroyedError:
            raise _NO_ESCROW.as_error(EvidenceError, epoch=old) from None
        new = self.successors.of(old)
        try:
            moved = rewrapped(
                part,
                dataset=self.dataset,
                old=Wrapping(key=key, epoch=str(old)),
                new=Wrapping(key=self.provider.open(new), epoch=str(new)),
            )
        except OpenError:
            raise _OTHER_KEY.as_error(EvidenceError, old=old) from None
        return moved.select("handle", "level", "key_id", "epoch", "wrapped")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreSealedValues:
    """Takes one object after the other, without those that stay away."""

    policy: Policy
    objects: StoredRows
    wraps: Wraps
    values: RestoreValues
    keyring: RestoreKeyring
    withheld: Withheld = NOBODY

    def __call__(
        self, stored: Stored, read: Read, *, places_only: bool = False
    ) -> None:
        """Restore an object; EvidenceError when a key of it cannot be had.

        `places_only`: its values are in a full set; where they stand is learnt here.
        """
        for frame in self.objects.frames(stored.path, stored.sha256):
            if not stored.delivery:
                _add_leaves(read.tree, frame)
            else:
                self._note_places(frame, stored.delivery)
            if not places_only:
                self._restore(frame, read, stored.delivery)

    def _note_places(self, frame: pl.DataFrame, delivery: str) -> None:
        order = {level.value: at for at, level in enumerate(LEVELS_FROM_HIGH)}
        places = (
            frame.sort(pl.col("level").replace_strict(order, default=len(order)))
            .unique("handle", keep="first", maintain_order=True)
            .with_columns(delivery_id=pl.lit(delivery))
        )
        self.values.add_places(places)

    def _restore(self, frame: pl.DataFrame, read: Read, delivery: str) -> None:
        away = self.withheld.of(frame, self._parts(frame, delivery))
        kept, left_out = frame.filter(~away), frame.filter(away)
        read.withheld += left_out.height
        read.changed |= self._deliveries(left_out, delivery)
        self._set_aside(frame, read, delivery)
        known = self.values.known(kept["handle"].unique().to_list())
        new = kept.join(known, on=["handle", "level"], how="anti")
        read.known += kept.height - new.height
        self._promote(kept, known)
        if not new.height:
            return
        keys = pl.concat(
            [
                self.wraps(part, EpochId.parse(str(epoch)))
                for (epoch,), part in new.group_by("epoch", maintain_order=True)
            ]
        )
        self.keyring.add_keys(self._owned(keys), dataset=self.policy.dataset)
        self.values.add_values(new)
        read.restored += new.height

    def _deliveries(self, frame: pl.DataFrame, delivery: str) -> set[str]:
        if delivery or not frame.height:
            return {delivery} if frame.height else set()
        return set(self.values.deliveries_of(frame["handle"].to_list()).values())

    def _set_aside(self, frame: pl.DataFrame, read: Read, delivery: str) -> None:
        """Keep what was destroyed in memory: it is opened for its marks alone."""
        names = self.withheld.marked
        gone = frame.filter(pl.col("customer").is_in(names))
        if gone.height:
            known = self.values.deliveries_of(gone["handle"].unique().to_list())
            read.gone.append(
                gone.with_columns(
                    delivery_id=pl.Series(
                        [delivery or known.get(one, "") for one in gone["handle"]]
                    ),
                    since=pl.Series(
                        [self.withheld.since.get(one) for one in gone["customer"]],
                        dtype=pl.Datetime("us", "UTC"),
                    ),
                )
            )

    def _parts(self, frame: pl.DataFrame, delivery: str) -> pl.Series | None:
        """Return of which part each row is, None when it makes no difference."""
        if not self.withheld.names(frame["customer"]):
            return None
        if delivery:
            return pl.Series([self._part(delivery)] * frame.height, dtype=pl.String)
        handles = frame["handle"].to_list()
        known = self.values.deliveries_of(handles)
        parts = [self._part(known.get(handle, "")) for handle in handles]
        return pl.Series(parts, dtype=pl.String)

    def _source(self, delivery: str) -> Source | None:
        return self.policy.source(delivery.partition("/")[0])

    def _part(self, delivery: str) -> str:
        source = self._source(delivery)
        return "" if source is None else source.part

    def _promote(self, kept: pl.DataFrame, known: pl.DataFrame) -> None:
        waited = known.filter(~pl.col("registered"))["handle"].implode()
        decided = kept.filter(
            pl.col("customer").is_not_null() & pl.col("handle").is_in(waited)
        )
        if decided.height:
            self.values.promote(decided["handle"].unique().to_list())

    def _owned(self, keys: pl.DataFrame) -> pl.DataFrame:
        """Add the department whose source brought each record."""
        handles = keys["handle"].unique(maintain_order=True).to_list()
        deliveries = self.values.deliveries_of(handles)
        owners = {
            "handle": handles,
            "department": [
                self._department(deliveries.get(one, "")) for one in handles
            ],
        }
        schema = {"handle": pl.Binary, "department": pl.String}
        frame = pl.DataFrame(owners, schema=schema)
        return keys.join(frame, on="handle", how="left", maintain_order="left")

    def _department(self, delivery: str) -> str:
        source = self._source(delivery)
        return _NOBODY if source is None else source.owner_department


def _add_leaves(tree: MerkleTree, frame: pl.DataFrame) -> None:
    digests = sealed_digests(frame["sealed"])
    tree.extend_hashed(set_leaves(frame.with_columns(digests)))
