"""The one byte encoding of the fields of a record (docs/formats.md).

A count (uint16), then per field, ordered by the UTF-8 bytes of its name: name
length (uint16), name, value length (uint32), value; big-endian, UTF-8.
Missing fields are left out, so an absent field and an empty one differ.
"""

import struct
from collections.abc import Mapping

from custody.errors import OpenError

_COUNT = struct.Struct(">H")
_LENGTH = struct.Struct(">I")


def encode_fields(values: Mapping[str, str]) -> bytes:
    """Encode present fields; the order of the mapping does not matter."""
    parts = [_COUNT.pack(len(values))]
    for name, value in sorted(
        (name.encode(), value.encode()) for name, value in values.items()
    ):
        parts += (_COUNT.pack(len(name)), name, _LENGTH.pack(len(value)), value)
    return b"".join(parts)


def decode_fields(encoded: bytes) -> dict[str, str]:
    """Decode exactly what `encode_fields` wrote; anything else is an OpenError."""
    try:
        values, end = _decode(encoded)
    except (struct.error, UnicodeDecodeError):
        raise OpenError from None
    if end != len(encoded):
        raise OpenError
    return values


def _decode(encoded: bytes) -> tuple[dict[str, str], int]:
    """Decode fields whose names rise by their bytes; where they end.

    There is one encoding of one set of fields, then: whatever else differs, differs.
    """
    (count,) = _COUNT.unpack_from(encoded, 0)
    at, last = _COUNT.size, b""
    values: dict[str, str] = {}
    for number in range(count):
        end = at + 2 + int.from_bytes(encoded[at : at + 2], "big")
        name, at = encoded[at + 2 : end], end + 4
        if at > len(encoded) or (name <= last and number):
            raise OpenError
        end = at + int.from_bytes(encoded[end:at], "big")
        values[name.decode()] = encoded[at:end].decode()
        at, last = end, name
    return values, at
