"""Commitments 承诺值: who was destroyed, told to those alone who hold the salt.

A commitment is HMAC-SHA-256(salt, customer number); the salt is the 16 random bytes
of the lowest-level sealed value of the customer's first version, and is destroyed
with it (design idea 6).  An annex lists the commitments of a destruction, ordered
by their bytes so that their order tells nothing; a certificate signs its root.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from custody.domain.certificate import Commitments
from custody.domain.language import Text
from custody.domain.merkle import inclusion_path, merkle_root, root_by_path
from custody.errors import EvidenceError

SALT_BYTES = 16
COMMITMENT_BYTES = 32
PREFIX = b"custody/annex/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That one commitment is in an annex: its place, and the hashes to the root."""

    index: int
    path: tuple[bytes, ...]


def commit(salt: bytes, number: str) -> bytes:
    """Return the commitment to a customer number: 32 bytes."""
    if len(salt) != SALT_BYTES:
        message = f"a salt has {SALT_BYTES} bytes"
        raise ValueError(message)
    return hmac.digest(salt, number.encode(), hashlib.sha256)


def in_order(commitments: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return them as an annex lists them: by their bytes, each once."""
    return tuple(sorted(set(commitments)))


def sum_up(ordered: Sequence[bytes]) -> Commitments:
    """Return what a certificate says of an annex: count and root."""
    return Commitments(count=len(ordered), root=merkle_root(ordered).hex())


def write_annex(ordered: Sequence[bytes]) -> bytes:
    """Return the annex as a file: a head, and each commitment in hex on a line."""
    lines = (PREFIX, *(one.hex().encode() for one in ordered))
    return b"".join(line + b"\n" for line in lines)


def read_annex(content: bytes) -> tuple[bytes, ...]:
    """Return the commitments of an annex; EvidenceError when it is none."""
    try:
        found = in_order(bytes.fromhex(line.decode()) for line in content.split()[1:])
    except ValueError:
        raise _MALFORMED.as_error(EvidenceError) from None
    if write_annex(found) != content or {len(one) for one in found} - {
        COMMITMENT_BYTES
    }:
        raise _MALFORMED.as_error(EvidenceError)
    return found


_MALFORMED = Text(
    "附件不符合 docs/formats.md 的格式",
    "the annex is not in the form of docs/formats.md",
)


def prove(ordered: Sequence[bytes], commitment: bytes) -> Proof | None:
    """Return the proof that a commitment is listed, None when it is not."""
    if commitment not in ordered:
        return None
    index = ordered.index(commitment)
    return Proof(index=index, path=inclusion_path(ordered, index))


def is_listed(commitment: bytes, proof: Proof, commitments: Commitments) -> bool:
    """Whether a proof leads from a commitment to the root that was signed."""
    root = root_by_path(
        commitment, index=proof.index, size=commitments.count, path=proof.path
    )
    return root is not None and root.hex() == commitments.root
