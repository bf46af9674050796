"""Bytes to text: strict decoding by the declared encoding, one piece at a time.

An undecodable byte refuses the file; the caller adds the row (R64).
"""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from custody.adapters.readers.limits import READ_BYTES
from custody.errors import ConfigurationError

# GBK and GB 2312 files are written with GB 18030's tables by every vendor, and
# Taiwanese files called Big5 are CP950 (strict `big5` refuses them).
_CODECS = {
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "cp936": "gb18030",
    "big5": "cp950",
}
_MARKED = {"utf-16": 2, "utf-32": 4}  # their byte order must be stated by a mark

# GB 18030-2022 moved 18 characters out of the private use area; Python's codec
# still maps them there (A6D9 gives U+E78D).
_MOVED = {
    0xE78D: 0xFE10,
    0xE78E: 0xFE12,
    0xE78F: 0xFE11,
    0xE790: 0xFE13,
    0xE791: 0xFE14,
    0xE792: 0xFE15,
    0xE793: 0xFE16,
    0xE794: 0xFE17,
    0xE795: 0xFE18,
    0xE796: 0xFE19,
    0xE81E: 0x9FB4,
    0xE826: 0x9FB5,
    0xE82B: 0x9FB6,
    0xE82C: 0x9FB7,
    0xE832: 0x9FB8,
    0xE843: 0x9FB9,
    0xE854: 0x9FBA,
    0xE864: 0x9FBB,
}


class UndecodableError(Exception):
    """Bytes that the encoding does not know; `before` is the text up to them."""

    def __init__(self, before: str) -> None:
        """Keep the text before the fault, to count rows by; show none of it."""
        super().__init__("bytes that the declared encoding does not know")
        self.before = before


def pieces(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield the text of a stream piece by piece, without its byte order mark.

    UndecodableError at the first bytes that do not decode, a cut-off character
    at the end included; ConfigurationError for an encoding Python lacks.
    """
    name = _codec_name(encoding)
    decoder = codecs.getincrementaldecoder(name)(errors="strict")
    first, begun = True, False
    while True:
        block = stream.read(READ_BYTES)
        if first and block and name in _MARKED and not _is_marked(block, name):
            raise UndecodableError("")
        text = _decode(decoder, block, name)
        if text and not begun:
            text, begun = text.removeprefix("\ufeff"), True
        first = False
        if text:
            yield text
        if not block:
            return


def _codec_name(encoding: str) -> str:
    wanted = encoding.lower().replace("_", "-")
    wanted = _CODECS.get(wanted, wanted)
    try:
        known = codecs.lookup(wanted)
    except LookupError:
        known = None
    # Python marks codecs such as rot13 and zlib so; they are no encodings.
    if known is None or not getattr(known, "_is_text_encoding", True):
        raise ConfigurationError("layout: encoding is not one that can be read")
    return wanted


def _is_marked(block: bytes, name: str) -> bool:
    marks = {
        2: (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
        4: (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    }
    return block.startswith(marks[_MARKED[name]])


def _decode(decoder: codecs.IncrementalDecoder, block: bytes, name: str) -> str:
    fault = None
    text = ""
    try:
        text = decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        # The exception object holds the bytes: keep only the readable head.
        fault = error.object[: error.start].decode(error.encoding, errors="ignore")
    if fault is not None:
        raise UndecodableError(fault)
    return text.translate(_MOVED) if name == "gb18030" else text
