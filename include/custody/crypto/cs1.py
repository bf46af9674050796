"""CS1, the sealed value: one message of one record and level under its own key.

The one door for one value: `seal` draws a fresh data key, `open_sealed` gives the
encoding back or one opaque `OpenError`.  No mode, no option; which suites may be
opened is policy's, so that a downgrade is refused.  Bytes in docs/formats.md,
reasons in ADR 0002.  Requirements R14, R62.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass

from custody.crypto import suites as cipher
from custody.crypto.framing import context
from custody.errors import OpenError

MAGIC = b"CS"
VERSION = 1
SALT_BYTES = 16
BLOCK_BYTES = 32
KEY_ID_BYTES = 32
HEADER_BYTES = 5

# A data key seals exactly one message and is drawn with it, so under any key this
# nonce is used once.  Sealing again draws a new key; nothing here takes one from
# outside, except `seal_with`, which tests and vectors alone call directly.
ZERO_NONCE = bytes(cipher.NONCE_BYTES)

CONTENT_LABEL = b"custody/content/1"
DERIVATION_LABEL = b"custody/cs1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A sealed value, the key that opens it, its key id and content digest."""

    data_key: bytes
    sealed: bytes
    digest: bytes
    key_id: bytes

    def __repr__(self) -> str:
        """Show nothing: it holds a key."""
        return "Sealed(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a sealed value held: canonical encoding, content digest, 16-byte salt."""

    encoding: bytes
    digest: bytes
    salt: bytes

    def __repr__(self) -> str:
        """Show nothing: it holds personal data."""
        return "Opened(…)"


def seal(
    *,
    dataset: str,
    level: str,
    handle: bytes,
    encoding: bytes,
    suite: int = cipher.AES_256_GCM,
) -> Sealed:
    """Seal a canonical encoding under a data key and salt drawn for it alone."""
    return seal_with(
        os.urandom(cipher.KEY_BYTES),
        salt=os.urandom(SALT_BYTES),
        bound=context(dataset=dataset, level=level, handle=handle),
        encoding=encoding,
        suite=suite,
    )


def seal_with(
    data_key: bytes, *, salt: bytes, bound: bytes, encoding: bytes, suite: int
) -> Sealed:
    """Seal with a given key and salt: for vectors; a key must never come twice."""
    head = header(suite)
    encryption_key, key_id = derive(data_key, suite=suite)
    ciphertext = cipher.encrypt(
        suite,
        encryption_key,
        nonce=ZERO_NONCE,
        plaintext=pad(salt + encoding),
        aad=head + bound,
    )
    return Sealed(
        data_key=data_key,
        sealed=head + key_id + ciphertext,
        digest=content_digest(salt, encoding),
        key_id=key_id,
    )


def open_sealed(  # noqa: PLR0913 - the context's three parts are separate words
    *,
    data_key: bytes,
    sealed: bytes,
    key_id: bytes,
    dataset: str,
    level: str,
    handle: bytes,
    suites: tuple[int, ...],
) -> Opened:
    """Open a sealed value; OpenError, with no reason, for everything that is wrong.

    `key_id` is the one of the data key record; `suites` is policy's list.
    """
    head, stored_id = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:_BODY]
    suite = _suite_of(head, suites)
    encryption_key, computed_id = derive(data_key, suite=suite)
    if not (
        hmac.compare_digest(stored_id, key_id)
        and hmac.compare_digest(stored_id, computed_id)
    ):
        raise OpenError
    plaintext = cipher.decrypt(
        suite,
        encryption_key,
        nonce=ZERO_NONCE,
        ciphertext=sealed[_BODY:],
        aad=head + context(dataset=dataset, level=level, handle=handle),
    )
    content = unpad(plaintext)
    salt, encoding = content[:SALT_BYTES], content[SALT_BYTES:]
    if len(salt) != SALT_BYTES:
        raise OpenError
    return Opened(encoding=encoding, digest=content_digest(salt, encoding), salt=salt)


def header(suite: int) -> bytes:
    """Return the five header bytes of a suite; ValueError when there is none."""
    if suite not in cipher.SUITES:
        message = "no such suite"
        raise ValueError(message)
    return MAGIC + bytes((VERSION, suite, 0))


def derive(data_key: bytes, *, suite: int) -> tuple[bytes, bytes]:
    """Return (encryption key, key id): magic, version and suite enter both.

    The data key touches no cipher, and the key id commits to it: AES-GCM alone
    opens one ciphertext under two keys.  OpenError when the key is not 32 bytes.
    """
    if len(data_key) != cipher.KEY_BYTES:
        raise OpenError
    start = header(suite)[:4]
    if suite == cipher.AES_256_GCM:
        both = cipher.hmac_sha512(data_key, DERIVATION_LABEL + start)
        return both[:32], both[32:]
    return (
        cipher.sm4_key(data_key, DERIVATION_LABEL + b"/enc" + start),
        cipher.hmac_sm3(data_key, DERIVATION_LABEL + b"/id" + start),
    )


def content_digest(salt: bytes, encoding: bytes) -> bytes:
    """Return the content digest: 32 bytes, the same after every re-sealing."""
    return hashlib.sha256(CONTENT_LABEL + salt + encoding).digest()


def pad(content: bytes) -> bytes:
    """Pad by ISO/IEC 7816-4 to a multiple of 32 bytes, always by at least one."""
    return content + b"\x80" + bytes(-(len(content) + 1) % BLOCK_BYTES)


def unpad(padded: bytes) -> bytes:
    """Take exactly that padding off; OpenError when it is any other."""
    content = padded.rstrip(b"\0")
    if not content.endswith(b"\x80") or pad(content[:-1]) != padded:
        raise OpenError
    return content[:-1]


_BODY = HEADER_BYTES + KEY_ID_BYTES


def _suite_of(head: bytes, allowed: tuple[int, ...]) -> int:
    for suite in allowed:
        if suite in cipher.SUITES and head == header(suite):
            return suite
    raise OpenError
