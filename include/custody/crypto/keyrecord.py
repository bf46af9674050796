"""The data key record: one data key, wrapped under its epoch's wrapping key.

Bound to dataset, level, handle, epoch, key id and suite, so that a record put in
another's place does not open.  Counting wraps (2^32 an epoch) is the keyring's.
Bytes in docs/formats.md.
"""

import os

from custody.crypto import suites as cipher
from custody.crypto.cs1 import KEY_ID_BYTES
from custody.crypto.framing import context, prefixed
from custody.errors import OpenError

MAGIC = b"CK"
VERSION = 1
HEADER_BYTES = 4
RECORD_BYTES = HEADER_BYTES + cipher.NONCE_BYTES + cipher.KEY_BYTES + cipher.TAG_BYTES
SM4_LABEL = b"custody/ck1/enc"


def wrap_key(  # noqa: PLR0913 - the binding's parts are separate words
    *,
    wrapping_key: bytes,
    data_key: bytes,
    dataset: str,
    level: str,
    handle: bytes,
    epoch: str,
    key_id: bytes,
    suite: int = cipher.AES_256_GCM,
) -> bytes:
    """Wrap a data key: 64 bytes."""
    return wrap_with(
        # Random 96-bit nonces are safe for 2^32 messages under one key (NIST
        # SP 800-38D 8.3); the keyring refuses to take more for an epoch.
        os.urandom(cipher.NONCE_BYTES),
        wrapping_key=wrapping_key,
        data_key=data_key,
        bound=binding(
            dataset=dataset, level=level, handle=handle, epoch=epoch, key_id=key_id
        ),
        suite=suite,
    )


def wrap_with(
    nonce: bytes, *, wrapping_key: bytes, data_key: bytes, bound: bytes, suite: int
) -> bytes:
    """Wrap with a given nonce: for vectors."""
    head = header(suite)
    ciphertext = cipher.encrypt(
        suite,
        _cipher_key(wrapping_key, suite=suite),
        nonce=nonce,
        plaintext=data_key,
        aad=head + bound,
    )
    return head + nonce + ciphertext


def unwrap_key(  # noqa: PLR0913 - the binding's parts are separate words
    *,
    wrapping_key: bytes,
    wrapped: bytes,
    dataset: str,
    level: str,
    handle: bytes,
    epoch: str,
    key_id: bytes,
    suites: tuple[int, ...] = cipher.SUITES,
) -> bytes:
    """Return the data key, 32 bytes; OpenError for everything that is wrong."""
    suite = _suite_of(wrapped, suites)
    return cipher.decrypt(
        suite,
        _cipher_key(wrapping_key, suite=suite),
        nonce=wrapped[HEADER_BYTES : HEADER_BYTES + cipher.NONCE_BYTES],
        ciphertext=wrapped[HEADER_BYTES + cipher.NONCE_BYTES :],
        aad=wrapped[:HEADER_BYTES]
        + binding(
            dataset=dataset, level=level, handle=handle, epoch=epoch, key_id=key_id
        ),
    )


def header(suite: int) -> bytes:
    """Return the four header bytes of a suite."""
    return MAGIC + bytes((VERSION, suite))


def binding(
    *, dataset: str, level: str, handle: bytes, epoch: str, key_id: bytes
) -> bytes:
    """Return what a record is bound to, after the header; ValueError on a bad id."""
    if len(key_id) != KEY_ID_BYTES:
        message = f"a key id has {KEY_ID_BYTES} bytes"
        raise ValueError(message)
    return context(dataset=dataset, level=level, handle=handle) + prefixed(
        epoch.encode(), key_id
    )


def _suite_of(wrapped: bytes, allowed: tuple[int, ...]) -> int:
    for suite in allowed:
        if suite in cipher.SUITES and wrapped[:HEADER_BYTES] == header(suite):
            if len(wrapped) == RECORD_BYTES:
                return suite
            break
    raise OpenError


def _cipher_key(wrapping_key: bytes, *, suite: int) -> bytes:
    if len(wrapping_key) != cipher.KEY_BYTES:
        raise OpenError
    if suite == cipher.AES_256_GCM:
        return wrapping_key
    return cipher.sm4_key(wrapping_key, SM4_LABEL)
