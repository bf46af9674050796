"""Sealed values with their key records, as sealing leaves them; all invented."""

import os

import polars as pl

from custody.crypto import suites as cipher
from custody.crypto.batch import seal_batch
from custody.domain.epochs import EpochId

DATASET = "customers"


def sealed_frame(
    epoch: EpochId,
    wrapping_key: bytes,
    *,
    count: int,
    suite: int = cipher.AES_256_GCM,
) -> pl.DataFrame:
    """Return `count` values of an epoch's level: handle, level, epoch, key_id,
    wrapped, sealed, digest, and the encoding that they open to."""
    handles = [os.urandom(16) for _ in range(count)]
    encodings = [b"invented " + handle.hex().encode() for handle in handles]
    batch = seal_batch(
        encodings=encodings,
        handles=handles,
        dataset=DATASET,
        level=str(epoch.level),
        suite=suite,
        wrapping_key=wrapping_key,
        epoch=str(epoch),
    )
    return pl.DataFrame(
        {
            "handle": handles,
            "level": [str(epoch.level)] * count,
            "epoch": [str(epoch)] * count,
            "key_id": batch.key_ids,
            "wrapped": batch.wrapped,
            "sealed": batch.sealed,
            "digest": batch.digests,
            "encoding": encodings,
        }
    )
