"""Export: a delivery's sealed rows and wrapped keys go off-site, read back.

The data object lives long; whether it opens is decided by the escrow of its
epochs (design idea 4).  The exporter holds no provider right: it can open
nothing that it writes.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from custody.application.ports import (
    Clock,
    DataObjects,
    DeliveryBook,
    DeliveryRecord,
    Entry,
    Keyring,
    Reached,
    Staging,
    pass_by,
)
from custody.columns.key_records import with_key_records
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.language import Text
from custody.errors import EvidenceError

DATA_OBJECT_LOCK_DAYS = 1096
"""Data objects are locked for three years (R65; PIPL 55-56 keeps records so)."""

_EXPORTED = frozenset({DeliveryState.LOADED, DeliveryState.HELD})
_NO_KEY = Text(
    "有加密行没有密钥记录：不予导出",
    "a sealed row has no key record: it is not exported",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDelivery:
    """The use case; repeated after success it does nothing."""

    book: DeliveryBook
    staging: Staging
    keyring: Keyring
    objects: DataObjects
    clock: Clock
    entropy: Callable[[int], bytes]
    reached: Reached = pass_by

    def __call__(self, delivery_id: DeliveryId) -> str:
        """Return `exported`, `already`, or `skipped` when nothing is sealed.

        `overtaken`: a steward or another run changed the delivery meanwhile; what
        was written stays, and the delivery is still owed.
        """
        record = self.book.find(delivery_id)
        if record is None or record.state not in _EXPORTED:
            return "skipped"
        if record.exported_at is not None:
            return "already"
        today = self.clock.now().date()
        self.reached("export.before")
        stored = self.objects.write(
            f"{delivery_id}/{self.entropy(8).hex()}",
            self._frames(record),
            locked_until=today + dt.timedelta(days=DATA_OBJECT_LOCK_DAYS),
        )
        self.reached("export.mark.before")
        marked = self.book.mark_exported(
            record,
            Entry(
                kind="exported",
                subject=delivery_id,
                body={
                    "state": record.state.value,
                    "objects": [
                        f"{one.medium}:{one.path}:{one.sha256}" for one in stored
                    ],
                },
            ),
        )
        self.reached("export.mark.after")
        return "exported" if marked else "overtaken"

    def _frames(self, record: DeliveryRecord) -> Iterator[pl.DataFrame]:
        for rows in self.staging.sealed_rows(record.key.delivery_id):
            keys = self.keyring.wrapped(rows["handle"].unique().to_list())
            joined = with_key_records(rows, keys)
            if joined["wrapped"].null_count():
                raise _NO_KEY.as_error(EvidenceError)
            yield joined.select(
                "handle",
                "customer",
                "version",
                "level",
                "sealed",
                "digest",
                "wrapped",
                "key_id",
                "epoch",
                pl.lit(record.state.value).alias("state"),
                pl.lit(record.key.business_date).alias("business_date"),
            )
