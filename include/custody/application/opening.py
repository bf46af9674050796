"""Opening sealed values, for whoever may: what is opened stays in memory.

The caller records in the ledger that it opens before it asks (design section 5).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any

import polars as pl

from custody.application.ports import KeyProvider, Keyring
from custody.columns.key_records import with_key_records
from custody.columns.opened import NO_BYTES, open_values
from custody.crypto.cs1 import Opened, open_sealed
from custody.crypto.keyrecord import unwrap_key
from custody.domain.canonical import decode_fields
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from custody.domain.policy import Policy
from custody.errors import EvidenceError, KeyDestroyedError, OpenError


@dataclass(slots=True, kw_only=True)
class Opener:
    """Opens frames of sealed values; wrapping keys are asked for once a frame."""

    policy: Policy
    keyring: Keyring
    provider: KeyProvider
    _wrapping: dict[str, bytes] = field(default_factory=dict, init=False, repr=False)

    def each(
        self, values: pl.DataFrame
    ) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
        """Yield each row of `values` with the fields it opens to, in order."""
        for row, opened in self.opened(values):
            yield row, decode_fields(opened.encoding)

    def opened(self, values: pl.DataFrame) -> Iterator[tuple[dict[str, Any], Opened]]:
        """Yield each row of `values` with what its sealed value held, in order.

        `values` has handle, level, sealed, key_id, digest and whatever else.
        EvidenceError without a key record of that key id, KeyDestroyedError
        without its wrapping key, OpenError when the bytes do not open or are not
        those of the recorded content digest.
        """
        self._wrapping.clear()  # how long a key is kept, the provider decides
        try:
            joined = self._with_keys(values)
        except KeyDestroyedError:
            # A rekey may have moved the records and ended their epoch between the
            # two looks: where they are now, their key is.
            joined = self._with_keys(values)
        opened = open_values(joined, policy=self.policy, wrapping=self._wrapping)
        yield from zip(joined.iter_rows(named=True), opened, strict=True)

    def _with_keys(self, values: pl.DataFrame) -> pl.DataFrame:
        """Return the values with their key records, and have every wrapping key."""
        keys = self.keyring.wrapped(values["handle"].unique().to_list())
        joined = with_key_records(values, keys)
        for epoch in joined["epoch"].drop_nulls().unique(maintain_order=True):
            self._wrapping_key(epoch)
        return joined

    def open_copied(self, row: Mapping[str, Any]) -> Opened:
        """Open one value with the wrapped key that stands in its own row.

        For who has a copy of the key record; errors are those of `opened`.
        """
        epoch, key_id = str(row["epoch"]), _bytes(row["key_id"])
        level, handle = str(row["level"]), _bytes(row["handle"])
        data_key = unwrap_key(
            wrapping_key=self._wrapping_key(epoch),
            wrapped=_bytes(row["wrapped"]),
            epoch=epoch,
            key_id=key_id,
            dataset=self.policy.dataset,
            level=level,
            handle=handle,
        )
        opened = open_sealed(
            data_key=data_key,
            sealed=_bytes(row["sealed"]),
            key_id=key_id,
            dataset=self.policy.dataset,
            level=level,
            handle=handle,
            suites=self.policy.level_rule(Level(level)).suites,
        )
        if not compare_digest(opened.digest, _bytes(row["digest"])):
            raise OpenError
        return opened

    def _wrapping_key(self, epoch: str) -> bytes:
        if epoch not in self._wrapping:
            self._wrapping[epoch] = self.provider.open(EpochId.parse(epoch))
        return self._wrapping[epoch]


def _bytes(cell: object) -> bytes:
    if not isinstance(cell, bytes):
        raise NO_BYTES.as_error(EvidenceError)
    return cell
