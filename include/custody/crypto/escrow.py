"""The escrow 托管 of an epoch's wrapping key, sealed to a medium's recovery key.

HPKE (RFC 9180) with ML-KEM-768 + X25519, HKDF-SHA-256 and AES-256-GCM, so that
whoever keeps escrows until there is a quantum computer gains nothing.  Sealing
needs the public key only.  Bytes in docs/formats.md, the library in ADR 0006.
"""

import hashlib
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import (
    MLKEM768PrivateKey,
    MLKEM768PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from custody.crypto.framing import prefixed
from custody.errors import OpenError

KEM_ID, KDF_ID, AEAD_ID = 0x647A, 0x0001, 0x0002
"""IANA's HPKE identifiers: MLKEM768-X25519, HKDF-SHA256, AES-256-GCM."""

HEADER = b"CE\x01" + struct.pack(">HHH", KEM_ID, KDF_ID, AEAD_ID)
LABEL = b"custody/escrow/1"
KEY_BYTES = 32
PRIVATE_BYTES = 32
MLKEM_PUBLIC_BYTES = 1184
PUBLIC_BYTES = MLKEM_PUBLIC_BYTES + 32
ENCAPSULATED_BYTES = 1088 + 32
ESCROW_BYTES = len(HEADER) + ENCAPSULATED_BYTES + KEY_BYTES + 16


def seal_escrow(public_key: bytes, *, epoch: str, key: bytes) -> bytes:
    """Seal a wrapping key (32 bytes) of an epoch to a medium: 1177 bytes.

    ValueError when the public key or the key has another length.
    """
    if len(public_key) != PUBLIC_BYTES or len(key) != KEY_BYTES:
        message = "an escrow takes a 1216-byte public key and a 32-byte key"
        raise ValueError(message)
    recipient = MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public_key[:MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(public_key[MLKEM_PUBLIC_BYTES:]),
    )
    return HEADER + _suite().encrypt(key, recipient, _bound(epoch))


def open_escrow(private_key: bytes, *, epoch: str, escrow: bytes) -> bytes:
    """Return the wrapping key; OpenError for everything that is wrong."""
    if not escrow.startswith(HEADER) or len(escrow) != ESCROW_BYTES:
        raise OpenError
    own = MLKEM768X25519PrivateKey(*_expand(private_key))
    try:
        return _suite().decrypt(escrow[len(HEADER) :], own, _bound(epoch))
    except (InvalidTag, ValueError):
        raise OpenError from None


def public_key_of(private_key: bytes) -> bytes:
    """Return the public key (1216 bytes) of a private key (32-byte seed)."""
    mlkem, x25519 = _expand(private_key)
    return (
        mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
    )


def _expand(private_key: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    # The private key is the 32-byte seed of the hybrid KEM (X-Wing): SHAKE-256
    # gives ML-KEM's d and z, then the X25519 scalar.
    if len(private_key) != PRIVATE_BYTES:
        message = f"an HPKE private key has {PRIVATE_BYTES} bytes"
        raise ValueError(message)
    expanded = hashlib.shake_256(private_key).digest(96)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )


def _suite() -> Suite:
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _bound(epoch: str) -> bytes:
    return LABEL + prefixed(epoch.encode())
