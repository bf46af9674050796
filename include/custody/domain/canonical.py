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
    if end != len(encoded) or encode_fields(values) != encoded:
        raise OpenError
    return values


def _decode(encoded: bytes) -> tuple[dict[str, str], int]:
    (count,) = _COUNT.unpack_from(encoded, 0)
    position = _COUNT.size
    values: dict[str, str] = {}
    for _ in range(count):
        (length,) = _COUNT.unpack_from(encoded, position)
        position += _COUNT.size
        name = encoded[position : position + length].decode()
        position += length
        (length,) = _LENGTH.unpack_from(encoded, position)
        position += _LENGTH.size
        values[name] = encoded[position : position + length].decode()
        position += length
    return values, position
