"""Length-prefixed byte strings: how contexts are joined without ambiguity.

Without the lengths, (`crm`, `customer`) and (`crmc`, `ustomer`) would be one
context, and a value moved from one to the other would open.
"""

import struct

HANDLE_BYTES = 16
_LENGTH = struct.Struct(">H")


def prefixed(*parts: bytes) -> bytes:
    """Join byte strings, each after its length (uint16, big-endian)."""
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)


def context(*, dataset: str, level: str, handle: bytes) -> bytes:
    """Return the context that every ciphertext of a record is bound to.

    `handle` is the record handle, 16 bytes; ValueError for another length.
    """
    if len(handle) != HANDLE_BYTES:
        message = f"a record handle has {HANDLE_BYTES} bytes"
        raise ValueError(message)
    return prefixed(dataset.encode(), level.encode(), handle)
