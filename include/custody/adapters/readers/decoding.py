"""Bytes to text: strict decoding by the declared encoding, one piece at a time.

An undecodable byte refuses the file, and so do bytes that decode but are told to
be another encoding; the caller adds the row (R64).
"""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from custody.adapters.readers.limits import READ_BYTES
from custody.adapters.readers.mistaken import ForeignLines
from custody.adapters.readers.zips import OLD_EXCEL, ZIP
from custody.domain.language import Text
from custody.domain.sniffing import reads_otherwise
from custody.errors import ConfigurationError, DeliveryError

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
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_MARKS = (codecs.BOM_UTF8, *_UTF32_MARKS, *_UTF16_MARKS)
_OWN_MARKS = {
    "utf-8": (codecs.BOM_UTF8,),
    "utf-16": _UTF16_MARKS,
    "utf-16-le": (codecs.BOM_UTF16_LE,),
    "utf-16-be": (codecs.BOM_UTF16_BE,),
    "utf-32": _UTF32_MARKS,
}
_NO_TEXT = {OLD_EXCEL: "old_excel_or_password", ZIP: "not_text", b"PAR1": "not_text"}
_SAMPLE_BYTES = 65_536

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
_ENCODING = Text("layout：编码无法读取", "layout: encoding is not one that can be read")


class UndecodableError(Exception):
    """Bytes that are not of the encoding; `before` is the text up to them.

    `byte` is the offset in the file; `reason` is `bad_encoding` where the encoding
    does not know them, `wrong_encoding` where it does but another one is meant.
    """

    def __init__(self, before: str, *, byte: int, reason: str = "bad_encoding") -> None:
        """Keep the text before the fault, to count rows by; show none of it."""
        super().__init__("bytes that the declared encoding does not know")
        self.before = before
        self.byte = byte
        self.reason = reason


def pieces(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield the text of a stream piece by piece, without its byte order mark.

    UndecodableError at the first bytes that do not decode, a cut-off character
    at the end included; DeliveryError for a file that is no text at all;
    ConfigurationError for an encoding Python lacks.
    """
    name = _codec_name(encoding)
    decoder = codecs.getincrementaldecoder(name)(errors="strict")
    foreign = ForeignLines(name)
    at, begun = 0, False
    for block in _judged(stream, name):
        found = foreign.find(block)
        if found is not None:
            before = _decode(decoder, block[: max(found - at, 0)], name, at)
            raise UndecodableError(before, byte=found, reason="wrong_encoding")
        text = _decode(decoder, block, name, at, final=not block)
        at += len(block)
        if text and not begun:
            text, begun = text.removeprefix("\ufeff"), True
        if text:
            yield text


def _judged(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Yield the blocks as they arrive, an empty one last; judge the first ones."""
    head: list[bytes] = []
    while sum(map(len, head)) < _SAMPLE_BYTES and (block := stream.read(READ_BYTES)):
        head.append(block)
    _refuse_other(b"".join(head), name)
    yield from head
    while block := stream.read(READ_BYTES):
        yield block
    yield b""


def _codec_name(encoding: str) -> str:
    wanted = encoding.lower().replace("_", "-")
    wanted = _CODECS.get(wanted, wanted)
    try:
        known = codecs.lookup(wanted)
    except LookupError:
        known = None
    # Python marks codecs such as rot13 and zlib so; they are no encodings.
    if known is None or not getattr(known, "_is_text_encoding", True):
        raise _ENCODING.as_error(ConfigurationError)
    return wanted


def _refuse_other(block: bytes, name: str) -> None:
    """Refuse at its begin what is no text, or shows another encoding there."""
    for magic, reason in _NO_TEXT.items():
        if block.startswith(magic):
            raise DeliveryError(reason, byte=0)
    mark = next((mark for mark in _MARKS if block.startswith(mark)), b"")
    if name in _MARKED and block and not mark:
        raise UndecodableError("", byte=0)
    if mark and mark not in _OWN_MARKS.get(name, ()):
        raise UndecodableError("", byte=0, reason="wrong_encoding")
    if reads_otherwise(block[:_SAMPLE_BYTES], name):
        raise UndecodableError("", byte=0, reason="wrong_encoding")


def _decode(
    decoder: codecs.IncrementalDecoder,
    block: bytes,
    name: str,
    at: int,
    *,
    final: bool = False,
) -> str:
    """Return the text of the next block, which begins `at` this byte of the file."""
    fault, byte, text = None, 0, ""
    try:
        text = decoder.decode(block, final=final)
    except UnicodeDecodeError as error:
        # The exception object holds the bytes: keep only the readable head.
        fault = error.object[: error.start].decode(error.encoding, errors="ignore")
        byte = at + len(block) - len(error.object) + error.start
    if fault is not None:
        raise UndecodableError(fault, byte=byte)
    return text.translate(_MOVED) if name == "gb18030" else text
