"""Compressed members wherever one begins in a buffer: gzip, zlib, zip, zstd.

What can be unpacked of a damaged or cut member counts too.
"""

import io
import mmap
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

MAX_MEMBER = 64 * 1024 * 1024  # bytes taken out of one compressed member

Bytes = bytes | mmap.mmap


def members(content: Bytes) -> Iterator[tuple[int, str, bytes]]:
    """Yield offset, kind and what could be unpacked of each compressed member."""
    for kind, magics in _MAGICS.items():
        for magic in magics:
            at = content.find(magic)
            while at >= 0:
                plain = _UNPACK[kind](content, at)
                if plain:
                    yield at, kind, plain
                at = content.find(magic, at + 1)


def _inflate(content: Bytes, at: int, window: int) -> bytes:
    """Unpack as far as it goes: the begin of a damaged member counts too."""
    unpack = zlib.decompressobj(window)
    plain = bytearray()
    step = 1024
    try:
        while at < len(content) and not unpack.eof and len(plain) < MAX_MEMBER:
            plain += unpack.decompress(content[at : at + step], MAX_MEMBER)
            at, step = at + step, 1024 * 1024
    except zlib.error:
        pass
    return bytes(plain)


def _zip_entry(content: Bytes, at: int) -> bytes:
    """Unpack one local entry (deflated; a stored one is plain bytes anyway)."""
    header = content[at : at + 30]
    if len(header) < 30:
        return b""
    method, name, extra = (
        *struct.unpack_from("<H", header, 8),
        *struct.unpack_from("<HH", header, 26),
    )[:3]
    return _inflate(content, at + 30 + name + extra, -15) if method == 8 else b""


def _zstd(content: Bytes, at: int) -> bytes:
    """Unpack one frame (RFC 8878), in small pieces: an error loses only the last."""
    source = pa.BufferReader(content[at : _zstd_end(content, at)])
    plain = io.BytesIO()
    try:
        with pa.CompressedInputStream(source, "zstd") as stream:
            while plain.tell() < MAX_MEMBER and (part := stream.read(4096)):
                plain.write(part)
    except OSError:
        pass
    return plain.getvalue()


def _zstd_end(content: Bytes, at: int) -> int:
    """Return where a frame ends: what follows it would be read as a broken frame."""
    end = min(at + MAX_MEMBER, len(content))
    if at + 5 > end:
        return end
    descriptor = content[at + 4]
    single, checksum = descriptor >> 5 & 1, descriptor >> 2 & 1
    sizes = (single, 2, 4, 8)[descriptor >> 6] + (0, 1, 2, 4)[descriptor & 3]
    place, last = at + 5 + (not single) + sizes, False
    while not last and place + 3 <= end:
        block = int.from_bytes(content[place : place + 3], "little")
        last = bool(block & 1)
        place += 3 + (1 if block >> 1 & 3 == 1 else block >> 3)
    return min(place + 4 * checksum, end)


_MAGICS: Mapping[str, tuple[bytes, ...]] = {
    "gzip": (b"\x1f\x8b\x08",),
    "zlib": (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"),
    "zip": (b"PK\x03\x04",),
    "zstd": (b"\x28\xb5\x2f\xfd",),
}
_UNPACK: Mapping[str, Any] = {
    "gzip": lambda content, at: _inflate(content, at, 31),
    "zlib": lambda content, at: _inflate(content, at, 15),
    "zip": _zip_entry,
    "zstd": _zstd,
}
