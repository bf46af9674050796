"""Leaves of Merkle roots over pages of sealed values, hashed (docs/formats.md).

The fast twin of `custody.domain.rowset`.  `sealed_digest` is SHA-256 of each sealed
value, by whoever has its bytes; a handle has 16 bytes, a key id 32.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256

import polars as pl

_LEAF = b"\x00"
_HANDLE = (16).to_bytes(4, "big")
_ID = (32).to_bytes(4, "big")


def set_leaves(page: pl.DataFrame) -> list[bytes]:
    """Return the leaf hashes of a full set, in the order of the page."""
    levels = map(_framed_levels(page).__getitem__, page["level"])
    start = _LEAF + _HANDLE
    return [
        sha256(start + handle + level + _ID + key_id + _ID + digest).digest()
        for handle, level, key_id, digest in zip(*_ids(page, levels), strict=True)
    ]


def loaded_leaves(page: pl.DataFrame) -> list[bytes]:
    """Return the leaf hashes of loads; every value has a customer and a version."""
    levels = map(_framed_levels(page).__getitem__, page["level"])
    return [
        sha256(start + level + _ID + key_id + _ID + digest).digest()
        for start, (_, level, key_id, digest) in zip(
            _records(page), zip(*_ids(page, levels), strict=True), strict=True
        )
    ]


def _records(page: pl.DataFrame) -> Iterator[bytes]:
    """Yield what the leaves of one record begin with, once for each of its levels."""
    last, start = b"", b""
    for handle, number, version in page.select(
        "handle", "customer", "version"
    ).iter_rows():
        if handle != last:
            place = _framed(number) + _framed(str(version))
            last, start = handle, _LEAF + _HANDLE + handle + place
        yield start


def sealed_digests(sealed: pl.Series) -> pl.Series:
    """Return SHA-256 of each sealed value."""
    return pl.Series(
        "sealed_digest", [sha256(one).digest() for one in sealed], dtype=pl.Binary
    )


def _ids(page: pl.DataFrame, levels: Iterable[bytes]) -> tuple[Iterable[bytes], ...]:
    handles, key_ids, digests = page.select("handle", "key_id", "sealed_digest")
    return handles.to_list(), levels, key_ids.to_list(), digests.to_list()


def _framed_levels(page: pl.DataFrame) -> dict[str, bytes]:
    return {level: _framed(level) for level in page["level"].unique()}


def _framed(text: str) -> bytes:
    content = text.encode()
    return len(content).to_bytes(4, "big") + content
