"""Restore: an installation made again from one medium, all of it or nothing (R65-R72).

The ledger first, then values under new keys, then everything that is made from opened
values; what was read is compared with what was signed before anybody but the owner may
connect.  A run that is killed leaves a marked target; the next one starts afresh.
"""

from collections.abc import Callable
from dataclasses import dataclass

from custody.application.opening import Opener
from custody.application.ports import Clock, Keyring, Offsite, Reached, pass_by
from custody.application.ports.restore import (
    AdoptsKeys,
    Counts,
    RestoreActs,
    RestoreKeyring,
    RestoreRegister,
    RestoreValues,
    RestoreWarehouse,
    StoredRows,
)
from custody.application.ports.suppress import Suppressions
from custody.application.projection import RebuildProjection
from custody.application.restore.acts import RestoreTold
from custody.application.restore.agree import insist_on
from custody.application.restore.keys import (
    EscrowedKeys,
    SucceedEpochs,
    Successors,
    bury,
    former_epochs,
)
from custody.application.restore.marks import RestoreMarks
from custody.application.restore.read import ReadObjects
from custody.application.restore.records import RestoreRecords
from custody.application.restore.replay import ReplayLedger
from custody.application.restore.restored import Made, Restored, entry_of
from custody.application.restore.sets import epochs_of, newest_set
from custody.application.restore.still_open import still_open
from custody.application.restore.tables import RestoreTables
from custody.application.restore.values import Read, RestoreSealedValues, WrapAnew
from custody.application.restore.withheld import FindWithheld
from custody.columns.facts import ExaminePlan
from custody.columns.index import IndexKeys
from custody.columns.line import Lines, one_by_one
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT
from custody.domain.levels import Level
from custody.domain.policy import Policy
from custody.domain.restoring import Replay
from custody.domain.sources import Source


def untold(step: str, done: int, of: int) -> None:
    """Tell nobody how far a restore is."""
    del step, done, of


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """The use case; everything of the target is its owners'."""

    policy: Policy
    medium: Offsite
    replay_ledger: ReplayLedger
    objects: StoredRows
    escrowed: EscrowedKeys
    warehouse: RestoreWarehouse
    values: RestoreValues
    register: RestoreRegister
    acts: RestoreActs
    keyring: RestoreKeyring
    records: Keyring
    succeed: SucceedEpochs
    provider: AdoptsKeys
    plan: Callable[[Source], ExaminePlan]
    suppressions: Suppressions
    rebuild: RebuildProjection
    clock: Clock
    lines: Lines = one_by_one
    told: Callable[[str, int, int], None] = untold
    reached: Reached = pass_by

    def __call__(self) -> Restored:
        """Restore; ConflictError when the target holds anything.

        EvidenceError, and a target that nobody may enter, when a byte is not what was
        signed, a living epoch has no escrow, or counts do not agree.
        """
        self.reached("restore.claim.before")
        again = self.warehouse.claim(self.medium.name)
        self.reached("restore.claim.mid")
        self.keyring.claim(self.medium.name, again=again)
        self.reached("restore.claim.after")
        replay, head = self.replay_ledger()
        self.reached("restore.ledger.after")
        chosen = newest_set(self.medium, self.replay_ledger.trust, replay)
        self.escrowed.look()
        named = replay.named_epochs() | epochs_of(chosen)
        former = former_epochs(self.replay_ledger.media, self.provider, named)
        self.reached("restore.epochs.before")
        successors = self.succeed(former)
        suite = self.policy.level_rule(Level.HIGH).suites[0]
        bury(former, self.provider, self.keyring, suite=suite)
        self.reached("restore.epochs.after")
        after = 0
        if chosen is not None and chosen.full.tables:
            RestoreTables(
                objects=self.objects, warehouse=self.warehouse, reached=self.reached
            )(chosen.full)
            after = chosen.begun
        self.register.add_stories(replay.stories(after=after))
        lacks = RestoreTold(acts=self.acts)(replay)
        read = self._read_objects(replay, successors)(replay, chosen)
        index_keys = IndexKeys(
            index_key=self.provider.open(successors.index),
            field_root=self.provider.open(FIELD_ROOT),
            suppression_key=self.provider.open(SUPPRESSION_ROOT),
        )
        self._mark(read, index_keys)
        opened, shown = self._records(successors, index_keys)
        return self._finish(Made(replay, head, chosen, read, opened, shown, lacks))

    def _read_objects(self, replay: Replay, successors: Successors) -> ReadObjects:
        return ReadObjects(
            find_withheld=FindWithheld(
                objects=self.objects,
                opener=Opener(
                    policy=self.policy, keyring=self.records, provider=self.escrowed
                ),
                replay=replay,
            ),
            restore=lambda withheld: RestoreSealedValues(
                policy=self.policy,
                objects=self.objects,
                wraps=WrapAnew(
                    dataset=self.policy.dataset,
                    escrowed=self.escrowed,
                    successors=successors,
                    provider=self.provider,
                ),
                values=self.values,
                keyring=self.keyring,
                withheld=withheld,
            ),
            told=self.told,
            reached=self.reached,
        )

    def _mark(self, read: Read, index_keys: IndexKeys) -> None:
        """Give the destroyed their suppression marks, where no table had them."""
        self.reached("restore.marks.before")
        RestoreMarks(
            policy=self.policy,
            plan=self.plan,
            escrowed=self.escrowed,
            index_keys=index_keys,
            suppressions=self.suppressions,
            clock=self.clock,
        )(read.gone)
        read.gone.clear()
        self.reached("restore.marks.after")

    def _records(
        self, successors: Successors, index_keys: IndexKeys
    ) -> tuple[int, int]:
        """Open every value under its new key; make again what stands beside it."""
        self.reached("restore.records.before")
        wanted = self.register.line_up()
        live = (one for one in successors.all() if one.level is not None)
        records = RestoreRecords(
            policy=self.policy,
            plan=self.plan,
            register=self.register,
            keyring=self.keyring,
            wrapping={str(one): self.provider.open(one) for one in live},
            index_keys=index_keys,
            index_epoch=successors.index.number,
            lines=self.lines,
        )
        made = records(lambda done: self.told("values", done, wanted))
        self.reached("restore.records.after")
        return made

    # --- the end ------------------------------------------------------------------

    def _finish(self, made: Made) -> Restored:
        self.reached("restore.settle.before")
        tombstones = self.register.settle(made.read.ended)
        self.reached("restore.settle.after")
        shown = made.shown + self.rebuild()
        counts = self.warehouse.counts()
        self._check(counts, made, tombstones)
        restored = Restored(
            counts=counts,
            head=made.head,
            manifest="" if made.chosen is None else made.chosen.manifest,
            tombstones=tombstones,
            withheld=made.read.withheld,
            opened=made.opened,
            shown=shown,
            lost=made.replay.lost(),
            unknown=made.lacks.unknown,
            changed=made.changed(self.register.buried()),
            still_open=still_open(self.medium, made.replay, self.clock),
        )
        self.reached("restore.open.before")
        self.keyring.let_in()
        self.reached("restore.open.mid")
        self.warehouse.open_up(
            entry_of(restored, policy=self.policy, medium=self.medium.name)
        )
        self.reached("restore.open.after")
        self.keyring.unmark()
        return restored

    def _check(self, counts: Counts, made: Made, tombstones: int) -> None:
        """Refuse what does not agree: values, keys, openings, and who is gone."""
        sealed = counts.values + counts.waiting
        insist_on(
            {
                "keys": self.keyring.count() == sealed,
                "openings": made.opened == sealed,
                "tombstones": tombstones <= len(made.replay.everybody_gone()),
            }
        )
