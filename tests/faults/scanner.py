"""The canary scanner: looks for planted values in every byte of given places.

Finds them in plain bytes of any file and table, and inside gzip, zlib, zstd and
zip members wherever one begins, members within members included.  All patterns
are looked for in one pass: the two rarest bytes of each are a filter on every
position (NumPy), what is left is compared in full; so the time does not grow with
the number of values or encodings.
"""

import io
import mmap
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tests.faults.canaries import Canary, patterns

CHUNK = 4 * 1024 * 1024  # positions filtered at once: fits the cache
MAX_MEMBER = 64 * 1024 * 1024  # bytes taken out of one compressed member
MAX_DEPTH = 3  # members within members
_COMMON = b"\0 0123456789abcdefABCDEF%\\u=AQ\xe4\xe5\xe6\xe7\xe8"

Bytes = bytes | mmap.mmap


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a canary lies; never its value."""

    place: str
    offset: int
    canary: Canary
    encoding: str

    def __str__(self) -> str:
        """Tell place, offset, label, kind and encoding."""
        return f"{self.place}+{self.offset}: {self.canary!r} as {self.encoding}"


class Scanner:
    """Looks for the canaries that it is made for."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        """Prepare the filter."""
        self._patterns = patterns(canaries)
        self._anchors: dict[int, list[tuple[int, bytes]]] = {}
        for text in self._patterns:
            at = _anchor(text)
            pair = int.from_bytes(text[at : at + 2], "little")
            self._anchors.setdefault(pair, []).append((at, text))
        self._wanted = np.zeros(1 << 16, dtype=np.bool_)
        self._wanted[list(self._anchors)] = True
        self.scanned = 0

    def scan_tree(
        self, folder: Path, *, leave_out: Iterable[Path] = ()
    ) -> Iterator[Finding]:
        """Scan every regular file under a folder, and every name; no links followed."""
        left_out = tuple(leave_out)
        for path in sorted(folder.rglob("*")):
            if any(path.is_relative_to(one) for one in left_out):
                continue
            place = str(path.relative_to(folder.parent))
            yield from self.scan_bytes(str(path.name).encode(), f"name of {place}")
            if path.is_file() and not path.is_symlink():
                yield from self._scan_file(path, place)

    def scan_bytes(
        self, content: Bytes, place: str, *, depth: int = 0
    ) -> Iterator[Finding]:
        """Scan a buffer, and the compressed members that begin in it."""
        self.scanned += len(content)
        for at, text in self._matches(content):
            canary, encoding = self._patterns[text]
            yield Finding(place, at, canary, encoding)
        if depth < MAX_DEPTH:
            for at, name, plain in _members(content):
                yield from self.scan_bytes(
                    plain, f"{place}+{at}:{name}", depth=depth + 1
                )

    def _scan_file(self, path: Path, place: str) -> Iterator[Finding]:
        try:
            with path.open("rb") as file:
                if path.stat().st_size == 0:
                    return
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    yield from list(self.scan_bytes(content, place))
        except (FileNotFoundError, ValueError):
            return  # gone, or empty, since it was listed

    def _matches(self, content: Bytes) -> Iterator[tuple[int, bytes]]:
        for start in range(0, len(content) - 1, CHUNK):
            # One byte more than the chunk: a pair may lie across its end.
            part = content[start : start + CHUNK + 1]
            if part.count(0) == len(part):
                continue
            for at in self._candidates(part):
                pair = part[at] | part[at + 1] << 8
                for offset, text in self._anchors[pair]:
                    begin = start + at - offset
                    if begin >= 0 and content[begin : begin + len(text)] == text:
                        yield begin, text

    def _candidates(self, part: bytes) -> list[int]:
        """Return the positions where the filter passes, by 16-bit words."""
        found = []
        for shift in (0, 1):
            length = (len(part) - shift) & ~1
            words = np.frombuffer(part, "<u2", count=length // 2, offset=shift)
            found.append(np.flatnonzero(self._wanted[words]) * 2 + shift)
        positions: list[int] = np.sort(np.concatenate(found)).tolist()
        return positions


def _anchor(text: bytes) -> int:
    """Return where the two bytes begin that are seldom seen elsewhere."""

    def commonness(at: int) -> int:
        pair = text[at : at + 2]
        return sum(byte in _COMMON for byte in pair) + 2 * (pair == b"\0\0")

    return min(range(len(text) - 1), key=commonness)


# --- compressed members ----------------------------------------------------------


def _members(content: Bytes) -> Iterator[tuple[int, str, bytes]]:
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
