"""Key records in a frame, wrapped anew under another epoch (R69-R71)."""

import polars as pl

from custody.crypto.entropy import EntropyPool
from custody.crypto.rewrap import KeyRecords, Wrapping, rewrap_batch
from custody.crypto.suites import NONCE_BYTES


def rewrapped(
    records: pl.DataFrame, *, dataset: str, old: Wrapping, new: Wrapping
) -> pl.DataFrame:
    """Return the frame with the new `wrapped` and `epoch`; handle, level, key_id stay.

    OpenError, and nothing, when a single key is not what it must be.
    """
    wrapped = rewrap_batch(
        KeyRecords(
            handles=records["handle"].to_list(),
            levels=records["level"].to_list(),
            datasets=[dataset] * records.height,
            key_ids=records["key_id"].to_list(),
            wrapped=records["wrapped"].to_list(),
        ),
        old=old,
        new=new,
        pool=EntropyPool(NONCE_BYTES * records.height),
    )
    return records.with_columns(
        epoch=pl.lit(new.epoch), wrapped=pl.Series(wrapped, dtype=pl.Binary)
    )
