"""Reclassify: examine a delivery again, under the policy of today, without its file.

A held delivery's file is erased once its sealed rows lie off-site (design section
2), so its staged sealed values are opened, as the rebuilder, made into cells of
the source's columns, and examined and sealed as if a file had brought them.  The
old key records are left without a row and are swept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from custody.application.intake.sealing import Sealing, SealingPass
from custody.application.opening import Opener
from custody.application.ports import (
    Basis,
    DeliveryBook,
    DeliveryRecord,
    Entry,
    KeyProvider,
    Keyring,
    Ledger,
    StagedValues,
)
from custody.columns.recall import Opened, Recall
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.language import Text
from custody.domain.reason import is_fit_reason
from custody.domain.sources import Source
from custody.errors import EvidenceError

STAGED = (DeliveryState.SEALED, DeliveryState.CHECKED, DeliveryState.HELD)
"""States in which all readable rows of a delivery lie in staging."""

UNFIT_REASON = "unfit_reason"
_NOT_WHOLE = Text(
    "{delivery_id}：暂存区缺行", "{delivery_id}: staging does not hold every row"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReclassifyDelivery:
    """The use case; `keyring` and `ledger` are the rebuilder's.

    Memory is that of a few thousand sealed values, whatever the delivery's size.
    """

    sealing: Sealing
    book: DeliveryBook
    values: StagedValues
    keyring: Keyring
    provider: KeyProvider
    ledger: Ledger

    def __call__(self, delivery_id: DeliveryId, *, reason: str, actor: str) -> str:
        """Return `sealed`, `unfit_reason`, `source_not_approved` or what stands.

        Asked for by a person: it is judged afresh, and an earlier release is void.

        Unreadable rows stay recorded.  The ledger line comes first: an opening is
        recorded before it happens; the line `sealed` says that it was done.
        ConflictError while another run holds the delivery; EvidenceError or
        KeyDestroyedError, nothing changed, when a value cannot be opened.
        """
        if not is_fit_reason(reason):
            return UNFIT_REASON
        body = {"reason": reason, "actor": actor}
        return self._reclassify(delivery_id, body, Basis.AFRESH)

    def recover(self, delivery_id: DeliveryId) -> str:
        """Make lost staging again; answers as above, and a release still stands."""
        body = {"reason": "staging_lost", "actor": "custody"}
        return self._reclassify(delivery_id, body, Basis.STAGED)

    def from_register(self, record: DeliveryRecord) -> str:
        """Seal the rows of a reclassification; `values` are those of the register."""
        body = {"reason": "register_reclassified", "actor": "custody"}
        return self._examine(record, body, Basis.LANDED)

    def _reclassify(
        self, delivery_id: DeliveryId, why: Mapping[str, str], basis: Basis
    ) -> str:
        record = self.book.find(delivery_id)
        if record is None:
            return "unknown"
        if record.state not in STAGED:
            return record.state.value
        return self._examine(record, why, basis)

    def _examine(
        self, record: DeliveryRecord, why: Mapping[str, str], basis: Basis
    ) -> str:
        source = self.sealing.policy.source(record.key.source_id)
        if source is None:
            return "source_not_approved"
        entry = self._entry(record, why)
        self.sealing(
            record,
            source,
            lambda made: self._fill(made, record, source, entry),
            basis=basis,
        )
        return DeliveryState.SEALED.value

    def _entry(self, record: DeliveryRecord, why: Mapping[str, str]) -> Entry:
        return Entry(
            kind="reclassified",
            subject=record.key.delivery_id,
            body={
                **why,
                "state": record.state.value,
                "policy": self.sealing.policy.digest,
            },
        )

    def _fill(
        self, made: SealingPass, record: DeliveryRecord, source: Source, entry: Entry
    ) -> int:
        self.ledger.append(entry)
        opener = Opener(
            policy=self.sealing.policy, keyring=self.keyring, provider=self.provider
        )
        recall = Recall(source)
        for block in self.values.of(record.key.delivery_id):
            made.seal(*recall.cells(list(opened_rows(block, opener))))
        unreadable = record.tally.quarantined
        if made.rows != record.tally.read - unreadable:
            raise _NOT_WHOLE.as_error(EvidenceError, delivery_id=record.key.delivery_id)
        return unreadable


def opened_rows(block: pl.DataFrame, opener: Opener) -> Iterator[Opened]:
    """Yield the rows of a block, opened, in order; an empty row is a row."""
    fields: dict[int, dict[str, str]] = {row: {} for row in block["row"].to_list()}
    for one, opened in opener.each(block.filter(pl.col("level").is_not_null())):
        fields[one["row"]] |= opened
    yield from fields.items()
