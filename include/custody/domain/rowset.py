"""The root over the rows of a load: what the ledger says was loaded (idea 6).

One leaf per record version and level, ordered by handle, then level: the fields
handle, customer number, version (decimal), level, key_id and SHA-256 of the sealed
value, each behind its length (uint32, big-endian).  A re-linked row changes it.
What is sealed again is told likewise: which key id took the place of which.
A root of its own says whose each version is, and nothing that changes later: it can
be computed anew when values were sealed again or destroyed (ADR 26).
"""

import hashlib
from dataclasses import dataclass

_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedValue:
    """One sealed value as loaded; `sealed_digest` is the SHA-256 of its bytes."""

    handle: bytes
    number: str
    version: int
    level: str
    key_id: bytes
    sealed_digest: bytes


def row_leaf(value: LoadedValue) -> bytes:
    """Return the leaf of one sealed value (docs/formats.md)."""
    return _joined(
        value.handle,
        value.number.encode(),
        str(value.version).encode(),
        value.level.encode(),
        value.key_id,
        value.sealed_digest,
    )


def link_leaf(handle: bytes, number: str, version: int, part: str) -> bytes:
    """Return the leaf of one record version: whose it is (docs/formats.md)."""
    return _joined(handle, number.encode(), str(version).encode(), part.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class ResealedValue:
    """One value sealed again: what it was, what it is, and what stayed."""

    handle: bytes
    level: str
    former_key_id: bytes
    key_id: bytes
    sealed_digest: bytes
    content_digest: bytes


def resealed_leaf(value: ResealedValue) -> bytes:
    """Return the leaf of one value sealed again (docs/formats.md)."""
    return _joined(
        value.handle,
        value.level.encode(),
        value.former_key_id,
        value.key_id,
        value.sealed_digest,
        value.content_digest,
    )


def sealed_leaf(handle: bytes, level: str, key_id: bytes, sealed: bytes) -> bytes:
    """Return the leaf of one sealed value in a full set: no customer is named in it.

    Those who wait have no number yet; the objects name the customers of the others.
    """
    return _joined(handle, level.encode(), key_id, hashlib.sha256(sealed).digest())


def _joined(*fields: bytes) -> bytes:
    return b"".join(
        len(content).to_bytes(_LENGTH_BYTES, "big") + content for content in fields
    )
