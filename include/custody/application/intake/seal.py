"""Seal: parse, normalise, check, seal and stage one delivery, streaming.

Plaintext exists in the landed file and in the memory of this one step (design
idea 2).  Keys first: the keyring commits before the warehouse; a killed run
leaves keys without a row, which are swept, never a row without its key.
Running it twice stages the same delivery again under new handles and keys.
"""

import base64
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, cast

import polars as pl

from custody.application.intake.pinned import PinnedStream
from custody.application.intake.seal_away import SealAway
from custody.application.ports import (
    DeliveryBook,
    DeliveryRecord,
    Entry,
    KeyProvider,
    Keyring,
    KeyWriter,
    Landing,
    Quarantine,
    Reader,
    Staging,
    StagingWriter,
)
from custody.columns.blocks import Examined, RawBlock, RowFault
from custody.columns.seal import Sealer, SealKeys
from custody.domain.delivery import DeliveryId, DeliveryState, ManifestFile, Refusal
from custody.domain.epochs import FIELD_ROOT, EpochId, Purpose
from custody.domain.levels import LEVELS_FROM_HIGH
from custody.domain.policy import Policy
from custody.domain.sources import FileFormat, Source
from custody.errors import DeliveryError, EpochClosedError

MAX_QUARANTINED_BYTES = 16 * 1024 * 1024
"""Raw bytes of unreadable rows kept in memory; above it the file is unreadable."""

READ_BYTES = 1024 * 1024

_UNSEALED = (DeliveryState.SEALED, DeliveryState.CHECKED)
_ATTEMPTS = 3


class Examiner(Protocol):
    """Normalises and checks blocks of one source (columns.facts, rules)."""

    def examine(self, cells: pl.DataFrame) -> Examined:
        """Return values, facts and identity of a block."""

    def finish(self) -> pl.DataFrame | None:
        """Return the facts that only the whole file can tell, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealDelivery:
    """The use case; `examiner` starts afresh for each attempt."""

    policy: Policy
    landing: Landing
    quarantine: Quarantine
    reader: Callable[[Source], Reader]
    examiner: Callable[[Source], Examiner]
    book: DeliveryBook
    staging: Staging
    keyring: Keyring
    provider: KeyProvider
    entropy: Callable[[int], bytes]

    def __call__(self, delivery_id: DeliveryId) -> str:
        """Return `sealed`, `already`, `quarantined`, or the state that ended it.

        DeliveryError never leaves: an unreadable file is quarantined with the
        place of the fault as its reason.
        """
        record = self.book.find(delivery_id)
        if record is None:
            return "unknown"
        if record.state in _UNSEALED and self.staging.whole(delivery_id):
            return "already"
        if record.state is DeliveryState.QUARANTINED:
            self.landing.erase(record.key)  # a killed run may have left it there
        if record.state not in {DeliveryState.ADMITTED, *_UNSEALED}:
            return record.state.value
        source = self.policy.source(record.key.source_id)
        if source is None:
            return self._unreadable(record, Refusal.UNKNOWN_SOURCE.value)
        try:
            self._seal_with_open_epochs(record, source)
        except DeliveryError as error:
            return self._unreadable(record, str(error))
        return "sealed"

    def _seal_with_open_epochs(self, record: DeliveryRecord, source: Source) -> None:
        """Try again when an epoch closes between its look-up and its lock."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._seal(record, source)
            except EpochClosedError:
                if attempt == _ATTEMPTS - 1:
                    raise
        return None

    def _seal(self, record: DeliveryRecord, source: Source) -> None:
        epochs = {level: self.keyring.open_epoch(level) for level in LEVELS_FROM_HIGH}
        with (
            self.staging.restage(record.key) as staged,
            self.keyring.writing(tuple(epochs.values())) as keys,
        ):
            held = SealKeys(
                epochs=epochs,
                wrapping={
                    level: self.provider.open(epoch) for level, epoch in epochs.items()
                },
                index_key=self.provider.open(
                    EpochId(Purpose.INDEX, None, staged.index_epoch)
                ),
                field_root=self.provider.open(FIELD_ROOT),
            )
            sealer = Sealer(
                policy=self.policy, source=source, keys=held, entropy=self.entropy
            )
            _Pass(self, record, source, sealer, staged, keys).run()

    def _unreadable(self, record: DeliveryRecord, reason: str) -> str:
        """Quarantine the whole delivery: sealed with age first, erased after."""
        key = record.key
        digests = SealAway(self.landing, self.quarantine, key)(key.delivery_id)
        self.book.move(
            key.delivery_id,
            (DeliveryState.ADMITTED, *_UNSEALED),
            DeliveryState.QUARANTINED,
            Entry(
                kind="quarantined",
                subject=key.delivery_id,
                body={"reasons": [reason], "sealed_sha256": digests},
            ),
            reasons=(reason,),
        )
        self.landing.erase(key)
        return DeliveryState.QUARANTINED.value


@dataclass(slots=True)
class _Pass:
    """One streaming pass over the files of a delivery."""

    use: SealDelivery
    record: DeliveryRecord
    source: Source
    sealer: Sealer
    staged: StagingWriter
    keys: KeyWriter
    rows: int = 0
    faults: list[RowFault] = field(default_factory=list)
    fault_bytes: int = 0

    def run(self) -> None:
        examiner = self.use.examiner(self.source)
        for file in self.record.files:
            for block in self._blocks(file):
                self._keep_faults(block)
                if block.cells.height:
                    self._seal_block(examiner.examine(block.cells), block.unknown)
        self._quarantine_rows()
        self.staged.finish(
            late_facts=examiner.finish(),
            entry=Entry(
                kind="sealed",
                subject=self.record.key.delivery_id,
                body={
                    "rows": self.rows,
                    "unreadable": len(self.faults),
                    "policy": self.use.policy.digest,
                },
            ),
        )

    def _blocks(self, file: ManifestFile) -> Iterator[RawBlock]:
        """Stream a file, hashing what is parsed: it must be the admitted one."""
        first_row = self.rows + len(self.faults) + 1
        with self.use.landing.open(self.record.key, file.name) as landed:
            pinned = PinnedStream(landed, file)
            stream = cast("BinaryIO", io.BufferedReader(pinned, READ_BYTES))
            if self.source.layout.format is FileFormat.XLSX:
                stream = io.BytesIO(stream.read())  # a zip is read from its end
            yield from self.use.reader(self.source).blocks(
                stream, self.source.layout, self.source, first_row=first_row
            )
            pinned.finish()

    def _seal_block(self, examined: Examined, headers: Mapping[str, str]) -> None:
        block = self.sealer.seal(examined, headers=headers)
        self.keys.write(
            block.keys,
            dataset=self.use.policy.dataset,
            department=self.source.owner_department,
        )
        self.staged.write(block)
        self.rows += examined.values.height

    def _keep_faults(self, block: RawBlock) -> None:
        self.faults += block.faults
        self.fault_bytes += sum(len(fault.raw) for fault in block.faults)
        if self.fault_bytes > MAX_QUARANTINED_BYTES:
            reason = "too_many_unreadable_rows"
            raise DeliveryError(reason, row=block.faults[0].row)

    def _quarantine_rows(self) -> None:
        """Seal the bytes of unreadable rows, so that nothing is lost."""
        if not self.faults:
            return
        lines = "".join(
            json.dumps({"row": fault.row, "raw": base64.b64encode(fault.raw).decode()})
            + "\n"
            for fault in self.faults
        )
        self.use.quarantine.put(
            f"{self.record.key.delivery_id}/rows.jsonl", io.BytesIO(lines.encode())
        )
        self.staged.quarantine_rows(
            [(fault.row, fault.column, fault.reason) for fault in self.faults]
        )
