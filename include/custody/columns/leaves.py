"""Leaves of Merkle roots over pages of sealed values, hashed (docs/formats.md).

The fast twin of `custody.domain.rowset`.  `sealed_digest` is SHA-256 of each sealed
value, by whoever has its bytes; a handle has 16 bytes, a key id 32.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import repeat

import polars as pl

_LEAF = b"\x00"
_HANDLE = (16).to_bytes(4, "big")
_ID = (32).to_bytes(4, "big")


def set_leaves(page: pl.DataFrame) -> list[bytes]:
    """Return the leaf hashes of a full set, in the order of the page."""
    start = repeat(_LEAF + _HANDLE, page.height)
    return _hashed(start, page["handle"].to_list(), *_rest(page))


def loaded_leaves(page: pl.DataFrame) -> list[bytes]:
    """Return the leaf hashes of loads; every value has a customer and a version."""
    return _hashed(_records(page), *_rest(page))


def _records(page: pl.DataFrame) -> Iterator[bytes]:
    """Yield what the leaves of one record begin with, once for each of its levels."""
    last, start = b"", b""
    columns = page.select("handle", "customer", "version")
    for handle, number, version in zip(*map(pl.Series.to_list, columns), strict=True):
        if handle != last:
            place = _framed(number) + _framed(str(version))
            last, start = handle, _LEAF + _HANDLE + handle + place
        yield start


def sealed_digests(sealed: pl.Series) -> pl.Series:
    """Return SHA-256 of each sealed value."""
    return pl.Series(
        "sealed_digest", [sha256(one).digest() for one in sealed], dtype=pl.Binary
    )


def _hashed(*columns: Iterable[bytes]) -> list[bytes]:
    """Hash each row of these columns, joined."""
    leaves = map(b"".join, zip(*columns, strict=True))
    return [sha256(leaf).digest() for leaf in leaves]


def _rest(page: pl.DataFrame) -> tuple[Iterable[bytes], ...]:
    """Return what each leaf ends with: level, key id, digest of the sealed value."""
    framed = {level: _framed(level) + _ID for level in page["level"].unique()}
    levels = map(framed.__getitem__, page["level"].to_list())
    key_ids, digests = page.select("key_id", "sealed_digest")
    return levels, key_ids.to_list(), repeat(_ID, page.height), digests.to_list()


def _framed(text: str) -> bytes:
    content = text.encode()
    return len(content).to_bytes(4, "big") + content
