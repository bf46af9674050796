"""Reclassify the register: every customer examined under the policy in force.

Who changes comes back as a delivery without a landed file: its rows are pinned to
their customers and take the road of any delivery, so that a kill, a repetition, a
root in the ledger and a data object off-site are what they are for any other.
Opens as the rebuilder, and says so in the ledger before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from custody.application.intake.sealing import Examiner
from custody.application.opening import Opener
from custody.application.ports import (
    Clock,
    DeliveryBook,
    DeliveryRecord,
    Entry,
    KeyProvider,
    Keyring,
    Ledger,
)
from custody.application.ports.registered import Pins, RegisteredValues
from custody.application.register_versions import Reclassified, opened_versions
from custody.columns.recall import Recall
from custody.columns.standing import RECORD, standings
from custody.domain.delivery import (
    LAST_LANDED_SEQUENCE,
    DeliveryId,
    DeliveryKey,
    DeliveryState,
)
from custody.domain.outcome import Tally
from custody.domain.policy import Policy
from custody.domain.reason import is_fit_reason
from custody.domain.reclassifying import (
    Pin,
    is_changed,
    moves,
    why_held,
)
from custody.domain.sources import Source, SourceId

ROWS_PER_DELIVERY = 50_000
"""Changed rows that go into one delivery; memory is that of their pins."""

_LEVEL, _TIER = RECORD.index("level"), RECORD.index("tier")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReclassifyRegister:
    """The use case; `keyring` and `ledger` are the rebuilder's, `pins` the loader's.

    Memory is that of a page of customers and of one delivery's pins.
    """

    policy: Policy
    examiner: Callable[[Source], Examiner]
    values: RegisteredValues
    pins: Pins
    seal: Callable[[DeliveryId], str]
    book: DeliveryBook
    keyring: Keyring
    provider: KeyProvider
    ledger: Ledger
    clock: Clock
    rows_per_delivery: int = ROWS_PER_DELIVERY

    def __call__(
        self, *, reason: str, actor: str, dry_run: bool = False
    ) -> Reclassified | None:
        """Return what was found; None when the reason is unfit, and nothing is done.

        What changed is sealed afresh, as deliveries that are owed from then on; a
        dry run seals nothing.  Repeated, it takes up what a killed run left and
        stages no version twice under one policy.  ConflictError when another run
        pins the same rows; EvidenceError or KeyDestroyedError when a value cannot
        be opened.
        """
        if not is_fit_reason(reason):
            return None
        why = {"reason": reason, "actor": actor, "dry_run": dry_run}
        self._record("register_reclassify_begun", why)
        made = _Pass(self, dry_run=dry_run)
        if not dry_run:
            made.take_up()
        for block in self.values.latest(self.policy.digest):
            made.look_at(block)
        made.finish()
        self._record("register_reclassified", {**why, **made.found.told()})
        return made.found

    def _record(self, kind: str, body: Mapping[str, Any]) -> None:
        told = {**body, "policy": self.policy.digest}
        self.ledger.append(Entry(kind=kind, subject=self.policy.dataset, body=told))


@dataclass(slots=True)
class _Pass:
    """One look at the whole register."""

    use: ReclassifyRegister
    dry_run: bool
    found: Reclassified = field(default_factory=Reclassified)
    heaps: dict[SourceId, list[Pin]] = field(default_factory=dict)
    examiners: dict[SourceId, Examiner] = field(default_factory=dict)

    def take_up(self) -> None:
        """Seal what a killed run pinned and did not seal."""
        for record in self.use.book.owed():
            admitted = record.state is DeliveryState.ADMITTED
            if record.key.reclassifies and admitted:
                self._seal(record.key)

    def look_at(self, block: pl.DataFrame) -> None:
        """Examine a page of customers, source by source."""
        waiting = block.filter("waits")
        self.found.waiting += waiting["handle"].n_unique()
        left = block.filter(~pl.col("waits"))
        for part in left.partition_by("source_id", maintain_order=True):
            source = self.use.policy.source(part["source_id"][0])
            if source is None:
                self.found.unapproved += part["handle"].n_unique()
            else:
                self._compare(part, source)

    def _compare(self, part: pl.DataFrame, source: Source) -> None:
        opener = Opener(
            policy=self.use.policy,
            keyring=self.use.keyring,
            provider=self.use.provider,
        )
        before = opened_versions(part, opener)
        cells, headers = Recall(source).cells(
            [(at, one.texts) for at, one in enumerate(before, start=1)]
        )
        if source.source_id not in self.examiners:
            self.examiners[source.source_id] = self.use.examiner(source)
        examined, _ = self.examiners[source.source_id].apart(cells)
        changes = []
        after = standings(examined, headers, self.use.policy)
        for one, new in zip(before, after, strict=True):
            old = one.standing()
            if not is_changed(old, new):
                self.found.unchanged += 1
                continue
            changes.append((old, new))
            self._pin(source, one.row, why_held(old, new))
        self.found.changed += len(changes)
        self.found.levels.update(moves(changes, _LEVEL))
        self.found.tiers.update(moves(changes, _TIER))

    def _pin(self, source: Source, row: Mapping[str, Any], reason: str | None) -> None:
        self.found.held += reason is not None
        if self.dry_run:
            return
        heap = self.heaps.setdefault(source.source_id, [])
        heap.append(
            Pin(
                number=row["number"],
                part=row["part"],
                former=row["handle"],
                business_date=row["business_date"],
                reason=reason,
            )
        )
        if len(heap) >= self.use.rows_per_delivery:
            self._stage(source.source_id)

    def finish(self) -> None:
        """Stage what is left of every source."""
        for source_id in tuple(self.heaps):
            self._stage(source_id)

    def _stage(self, source_id: SourceId) -> None:
        """Record the delivery with its pins, then seal it: from then on it is owed."""
        pins = self.heaps.pop(source_id)
        record = self._record_of(source_id, rows=len(pins))
        while not self.use.pins.add(record, pins, self._entry(record)):
            record = self._record_of(source_id, rows=len(pins))
        self._seal(record.key)

    def _seal(self, key: DeliveryKey) -> None:
        if self.use.seal(key.delivery_id) == DeliveryState.SEALED.value:
            self.found.deliveries.append(key)

    def _entry(self, record: DeliveryRecord) -> Entry:
        return Entry(
            kind="admitted",
            subject=record.key.delivery_id,
            body={
                "files": 0,
                "rows": record.tally.read,
                "reclassifies": True,
                "policy": self.use.policy.digest,
            },
        )

    def _record_of(self, source_id: SourceId, *, rows: int) -> DeliveryRecord:
        """Return a delivery of today at the next place that no sender can have."""
        now = self.use.clock.now()
        day = self.use.policy.today(now)
        known = self.use.book.list(source_id=source_id, business_date=day)
        last = max((one.key.sequence for one in known), default=LAST_LANDED_SEQUENCE)
        key = DeliveryKey(
            source_id=source_id,
            business_date=day,
            sequence=max(last, LAST_LANDED_SEQUENCE) + 1,
        )
        return DeliveryRecord(
            key=key,
            state=DeliveryState.ADMITTED,
            manifest_digest="",
            files=(),
            tally=Tally(read=rows),
            reasons=(),
            policy_digest=self.use.policy.digest,
            received_at=now,
            erased_at=None,
            exported_at=None,
        )
