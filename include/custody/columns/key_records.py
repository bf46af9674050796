"""Sealed values beside their key records."""

import polars as pl

_RECORD = ["handle", "level", "key_id"]


def with_key_records(values: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Return the values in their order, each with `epoch` and `wrapped` of its key.

    Both are null where a value has no record; records of others are left out.
    """
    records = keys.select(*_RECORD, "epoch", "wrapped")
    return values.join(records, on=_RECORD, how="left", maintain_order="left")
