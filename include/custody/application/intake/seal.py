"""Seal: parse, normalise, check, seal and stage one delivery, streaming.

Plaintext exists in the landed file and in the memory of this one step (design
idea 2).  Running it twice stages the same delivery again under new handles and
keys.
"""

import base64
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from custody.application.intake.bundled_blocks import bundled_blocks
from custody.application.intake.erase_refused import erase_refused
from custody.application.intake.landed_blocks import landed_blocks
from custody.application.intake.seal_away import SealAway
from custody.application.intake.sealing import Sealing, SealingPass
from custody.application.ports import (
    DeliveryBook,
    DeliveryRecord,
    Entry,
    Landing,
    Quarantine,
    Reached,
    Reader,
    pass_by,
)
from custody.columns.blocks import RawBlock, RowFault
from custody.domain.delivery import DeliveryId, DeliveryState, ManifestFile, Refusal
from custody.domain.sources import Source
from custody.errors import DeliveryError

MAX_QUARANTINED_BYTES = 16 * 1024 * 1024
"""Raw bytes of unreadable rows kept in memory; above it the file is unreadable."""

UNREADABLE_ROWS = "rows/unreadable.jsonl"
"""Where unreadable rows lie in quarantine; no sender's file has a folder's name."""

LANDED_FILE_GONE = "landed_file_gone"

STAGING_LOST = "staging_lost"

_UNSEALED = (DeliveryState.SEALED, DeliveryState.CHECKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealDelivery:
    """The use case; running it twice stages the delivery again.

    `reclassified` seals a delivery whose rows come from the register.
    """

    landing: Landing
    quarantine: Quarantine
    reader: Callable[[Source], Reader]
    book: DeliveryBook
    sealing: Sealing
    reclassified: Callable[[DeliveryRecord], str]
    reached: Reached = pass_by

    def __call__(self, delivery_id: DeliveryId) -> str:
        """Return `sealed`, `already`, `quarantined`, or the state that ended it.

        `landed_file_gone`: it was sealed before, its staging is lost and its file
        was erased; its staged sealed values are left (`ReclassifyDelivery`).
        `staging_lost`: nothing lies in the landing zone, so nothing is sealed and
        nothing could be kept as evidence; it stays as it is, and is owed.
        DeliveryError never leaves: an unreadable file is quarantined with the
        place of the fault as its reason.
        """
        record = self.book.find(delivery_id)
        if record is None:
            return "unknown"
        sealed_before = record.state in _UNSEALED
        if sealed_before and self.sealing.staging.whole(delivery_id):
            return "already"
        if record.state is DeliveryState.QUARANTINED:
            self._erase(record)  # a killed run may have left it there
        if record.state not in {DeliveryState.ADMITTED, *_UNSEALED}:
            return record.state.value
        if record.key.reclassifies:
            return self.reclassified(record)
        if sealed_before and not self._is_landed(record):
            return LANDED_FILE_GONE
        return self._seal(record)

    def _is_landed(self, record: DeliveryRecord) -> bool:
        """Whether every file of the delivery still lies in the landing zone."""
        present = {file.name for file in self.landing.files(record.key)}
        return all(file.name in present for file in record.files)

    def _seal(self, record: DeliveryRecord) -> str:
        source = self.sealing.policy.source(record.key.source_id)
        if source is None:
            return self._unreadable(record, Refusal.UNKNOWN_SOURCE.value)
        try:
            self.sealing(
                record, source, lambda made: _Files(self, record, source, made).seal()
            )
        except DeliveryError as error:
            return self._unreadable(record, str(error))
        return "sealed"

    def _unreadable(self, record: DeliveryRecord, reason: str) -> str:
        """Quarantine the whole delivery: sealed with age first, erased after."""
        key = record.key
        if not self.landing.files(key):
            return STAGING_LOST
        most = self.sealing.policy.max_landed_bytes
        sealer = SealAway(self.landing, self.quarantine, key, self.reached, most=most)
        sealed = sealer(key.delivery_id)
        self.reached("quarantine.file.before")
        self.book.move(
            key.delivery_id,
            (DeliveryState.ADMITTED, *_UNSEALED),
            DeliveryState.QUARANTINED,
            Entry(
                kind="quarantined",
                subject=key.delivery_id,
                body={"reasons": [reason], **sealed.told()},
            ),
            reasons=(reason,),
        )
        self.reached("quarantine.file.after")
        self._erase(record)
        return DeliveryState.QUARANTINED.value

    def _erase(self, record: DeliveryRecord) -> None:
        """Erase a quarantined folder, once: what comes there later is admission's."""
        if record.erased_at is None:
            erase_refused(self.landing, self.book, record.key, self.reached)


@dataclass(slots=True)
class _Files:
    """The files of a delivery on their way through one pass."""

    use: SealDelivery
    record: DeliveryRecord
    source: Source
    made: SealingPass
    faults: list[RowFault] = field(default_factory=list)
    aside: list[RowFault] = field(default_factory=list)  # rows of a bundle's sides
    fault_bytes: int = 0

    def seal(self) -> int:
        """Seal every row; return how many cannot be read."""
        self.use.reached("parse.before")
        for block in self._blocks():
            self._keep_faults(block)
            self.use.reached("parse.block")
            self.made.seal(block.cells, block.unknown)
        self.use.reached("parse.after")
        self._quarantine_rows()
        return len(self.faults)

    def _blocks(self) -> Iterator[RawBlock]:
        """Stream the files one after the other, or a bundle's as the one table."""
        if self.source.bundle is None:
            for file in self.record.files:
                yield from self._blocks_of(file)
            return
        yield from bundled_blocks(
            self.use.landing,
            self.record.key,
            self.record.files,
            reader=self.use.reader,
            source=self.source,
            bundle=self.source.bundle,
        )

    def _blocks_of(self, file: ManifestFile) -> Iterator[RawBlock]:
        """Stream a file; its rows follow those before."""
        return landed_blocks(
            self.use.landing,
            self.record.key,
            file,
            reader=self.use.reader(self.source),
            source=self.source,
            first_row=self.made.rows + len(self.faults) + 1,
        )

    def _keep_faults(self, block: RawBlock) -> None:
        self.faults += (fault for fault in block.faults if fault.file is None)
        self.aside += (fault for fault in block.faults if fault.file is not None)
        self.fault_bytes += sum(len(fault.raw) for fault in block.faults)
        if self.fault_bytes > MAX_QUARANTINED_BYTES:
            reason, first = "too_many_unreadable_rows", block.faults[0]
            raise DeliveryError(reason, row=first.row, file=first.file)

    def _quarantine_rows(self) -> None:
        """Seal the bytes of unreadable rows, so that nothing is lost.

        Rows of a bundle's sides are kept with them, each with its file and reason,
        and counted in the ledger's entry: they are no rows of the delivery.
        """
        if not (self.faults or self.aside):
            return
        counted = Counter((fault.file, fault.reason) for fault in self.aside)
        self.made.aside = tuple(
            f"{file} {reason} {count}" for (file, reason), count in counted.items()
        )
        lines = "".join(map(_line, (*self.faults, *self.aside)))
        self.use.reached("quarantine.rows.before")
        self.use.quarantine.put(
            f"{self.record.key.delivery_id}/{UNREADABLE_ROWS}",
            io.BytesIO(lines.encode()),
        )
        self.made.staged.quarantine_rows(
            [(fault.row, fault.column, fault.reason) for fault in self.faults]
        )
        self.use.reached("quarantine.rows.after")


def _line(fault: RowFault) -> str:
    """Return a row that is kept as a line of JSON, for the quarantine only."""
    kept: dict[str, object] = {"row": fault.row}
    if fault.file is not None:
        kept |= {"file": fault.file, "column": fault.column, "reason": fault.reason}
    return json.dumps(kept | {"raw": base64.b64encode(fault.raw).decode()}) + "\n"
