"""A trial restore: into databases that are thrown away, and nothing is opened.

The drill reads what lies inside age and no further, so keys stay wrapped as they are.
What a restore would rest on is compared: rows, the set's root, the roots of all loads,
and a key record for each value under an epoch whose escrow lies there (R65-R68).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from custody.application.copy_ledger import Trust, copied_lines
from custody.application.escrows import media_without
from custody.application.ports import Offsite
from custody.application.ports.restore import (
    RestoreKeyring,
    RestoreRegister,
    RestoreValues,
    RestoreWarehouse,
    StoredRows,
)
from custody.application.restore.read import ReadObjects
from custody.application.restore.replay import ReplayLedger
from custody.application.restore.sets import newest_set
from custody.application.restore.tables import RestoreTables
from custody.application.restore.values import Read, RestoreSealedValues
from custody.application.restore.withheld import NOBODY
from custody.domain.drills import DrillFault
from custody.domain.epochs import EpochId
from custody.domain.ledger import read_line
from custody.domain.merkle import leaf_hash
from custody.domain.policy import Policy
from custody.domain.reconciliation import Reconciliation
from custody.domain.restoring import Replay
from custody.domain.rowset import LoadedValue, row_leaf
from custody.errors import ConfigurationError


class TrialRows(Protocol):
    """What the throwaway warehouse holds once everything was copied in."""

    def loaded(self) -> Iterator[tuple[str, LoadedValue]]:
        """Yield each value of a customer, and its delivery, by handle and level."""

    def destroyed(self) -> frozenset[str]:
        """Return the deliveries some of whose values were destroyed by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throwaway:
    """An empty warehouse and keyring; the next medium is tried in the same ones."""

    warehouse: RestoreWarehouse
    values: RestoreValues
    register: RestoreRegister
    keyring: RestoreKeyring
    rows: TrialRows


@dataclass(slots=True)
class KeepWrapped:
    """Leaves key records as they are; `epochs` are those that they are under."""

    keyring: RestoreKeyring
    epochs: set[EpochId] = field(default_factory=set)

    def __call__(self, part: pl.DataFrame, old: EpochId) -> pl.DataFrame:
        """Return the records of an epoch, which is recorded first."""
        if old not in self.epochs:
            self.keyring.take_epoch(old)
            self.epochs.add(old)
        return part.select("handle", "level", "key_id", "epoch", "wrapped")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRestore:
    """The use case, for one medium after the other; `objects` reads by a drill key."""

    policy: Policy
    trust: Trust
    tags: Mapping[str, str]
    objects: Callable[[Offsite], StoredRows]
    target: Throwaway
    fault: DrillFault = DrillFault.RESTORE

    def __call__(self, medium: Offsite) -> Iterator[DrillFault]:
        """Restore; yield what does not agree, EvidenceError when nothing can be read.

        A key that nobody escrowed there is told although everything else agrees.
        """
        target = self.target
        try:
            objects = self.objects(medium)
        except (ConfigurationError, KeyError):
            yield DrillFault.DRILL_KEY
            return
        again = target.warehouse.claim(medium.name)
        target.keyring.claim(medium.name, again=again)
        replay, _ = ReplayLedger(
            medium=medium,
            media=(medium,),
            trust=self.trust,
            warehouse=target.warehouse,
        )()
        kept = KeepWrapped(target.keyring)
        read = self._read(medium, objects, replay, kept)
        if not self._adds_up(medium, replay):
            yield DrillFault.RESTORE
        lost = [one for one in kept.epochs if media_without(one, (medium,), self.tags)]
        if lost or target.keyring.count() != read.restored:
            yield DrillFault.KEYS

    def _read(
        self, medium: Offsite, objects: StoredRows, replay: Replay, kept: KeepWrapped
    ) -> Read:
        """Copy tables and values in; EvidenceError when rows or the root differ."""
        target = self.target
        chosen = newest_set(medium, self.trust, replay)
        after = 0
        if chosen is not None and chosen.full.tables:
            tables = RestoreTables(objects=objects, warehouse=target.warehouse)
            tables(chosen.full)
            after = chosen.begun
        target.register.add_stories(replay.stories(after=after))
        read = ReadObjects(
            find_withheld=lambda _: NOBODY,  # that takes opening; all goes again
            restore=lambda withheld: RestoreSealedValues(
                policy=self.policy,
                objects=objects,
                wraps=kept,
                values=target.values,
                keyring=target.keyring,
                withheld=withheld,
            ),
            told=lambda *_: None,
        )
        return read(replay, chosen)

    def _adds_up(self, medium: Offsite, replay: Replay) -> bool:
        """Whether each load that went off-site has the root that its line bears."""
        found = Reconciliation()
        for line in copied_lines(medium):
            found.tell(read_line(line))
        for delivery, value in self.target.rows.loaded():
            found.add(delivery, (value.handle,), (leaf_hash(row_leaf(value)),))
        judged = found.judge(self.target.rows.destroyed())
        return set(judged.contradicted) <= replay.unsettled()
