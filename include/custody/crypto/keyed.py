"""HMAC-SHA-256 under one key, many times: the key's hash states are kept.

What `hmac.digest` gives, at less than half its price for a short message: the two
pads are hashed once, and each message copies their states (RFC 2104, section 4).
"""

import hashlib

SHA256_BYTES = 32
_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


class KeyedSha256:
    """HMAC-SHA-256 (32 bytes) of messages that all begin with `prefix`.

    ValueError when the key is longer than a block of 64 bytes; no repr shows it.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes, prefix: bytes = b"") -> None:
        """Take the key and hash what every message begins with."""
        if len(key) > _BLOCK:
            message = f"a key has at most {_BLOCK} bytes"
            raise ValueError(message)
        block = key.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER) + prefix)
        self._outer = hashlib.sha256(block.translate(_OUTER))

    def __call__(self, message: bytes) -> bytes:
        """Return the MAC of the prefix and this message."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()
