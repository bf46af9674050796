"""The blind index 盲索引: equal values give equal tokens, and only to key holders.

Two layers: HMAC-SHA-256 under a field key, and over its first 16 bytes one block
of AES-256 under the index key of the epoch.  A new epoch re-encrypts the tokens
without opening anything, and the old index key dies with its epoch, so that
tokens in older copies cannot be tested against guesses (design section 4).
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from custody.crypto.framing import prefixed
from custody.crypto.keyed import KeyedSha256

TOKEN_BYTES = 16
FIELD_LABEL = b"custody/index/field/1"
_KEY_BYTES = 32


def field_key(root: bytes, *, dataset: str, field: str) -> bytes:
    """Derive the key of one field (32 bytes) from the field root."""
    return hkdf(root, FIELD_LABEL + prefixed(dataset.encode(), field.encode()))


def tokens(
    *, index_key: bytes, field_key: bytes, values: Sequence[bytes]
) -> list[bytes]:
    """Return one token (16 bytes) per normalised value, in their order.

    For the row token of a level the value is its canonical encoding and the field
    is named `row/<level>`: no field's name has a slash.
    ECB is right here and only here: every block is an independent pseudo-random
    16-byte value, and that equal ones stay equal is the purpose.
    """
    inners = inner_values(field_key=field_key, values=values)
    return tokens_of(index_key=index_key, inners=inners)


def inner_values(*, field_key: bytes, values: Sequence[bytes]) -> list[bytes]:
    """Return what the tokens of values hold (16 bytes each); never to be stored."""
    keyed = KeyedSha256(field_key)
    return [keyed(value)[:TOKEN_BYTES] for value in values]


def tokens_of(*, index_key: bytes, inners: Sequence[bytes]) -> list[bytes]:
    """Return the tokens of inner values, in their order."""
    return _split(_ecb(index_key).encryptor().update(b"".join(inners)))


def inners_of(*, index_key: bytes, tokens: Sequence[bytes]) -> list[bytes]:
    """Return the inner values of tokens, in their order; never to be stored."""
    return _split(_ecb(index_key).decryptor().update(b"".join(tokens)))


def reencrypt_tokens(
    *, old_key: bytes, new_key: bytes, tokens: Sequence[bytes]
) -> list[bytes]:
    """Move tokens from one index epoch to the next, in their order."""
    inner = _ecb(old_key).decryptor().update(b"".join(tokens))
    return _split(_ecb(new_key).encryptor().update(inner))


def hkdf(secret: bytes, context: bytes) -> bytes:
    """Return 32 bytes of HKDF-SHA-256 (RFC 5869) without salt."""
    return HKDF(hashes.SHA256(), length=_KEY_BYTES, salt=None, info=context).derive(
        secret
    )


def _ecb(key: bytes) -> Cipher[modes.ECB]:
    if len(key) != _KEY_BYTES:
        message = f"an index key has {_KEY_BYTES} bytes"
        raise ValueError(message)
    return Cipher(AES(key), modes.ECB())  # noqa: S305 - see tokens()


def _split(blocks: bytes) -> list[bytes]:
    return [
        blocks[start : start + TOKEN_BYTES]
        for start in range(0, len(blocks), TOKEN_BYTES)
    ]
