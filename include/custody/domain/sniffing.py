"""How an unknown delimited file is written: encoding, delimiter, header.

Guesses for `custody classify` and `custody source propose`; an approved source
never guesses, its layout is policy.
"""

import codecs
import csv
import re
from collections.abc import Sequence

from custody.domain.detection import detect
from custody.domain.headings import kinds_of_heading
from custody.domain.kinds import Kind

DELIMITERS = (",", "\t", "|", ";", "+|")
"""What separates cells; `+|` with rows ending `&|` is an export of SQL Server."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NULS = 0.3  # share of NUL bytes at one parity that makes UTF-16
_COMMON = 0.6  # share of characters that must be everyday ones
_SURELY = 0.9  # the share from which a file is surely of another encoding,
_MARGIN = 0.25  # when it is so much above the share in the declared one
_ENOUGH = 16  # characters that are not ASCII, to judge by
_ASCII = range(0x80)
_DOUBLE_BYTE = ("gb18030", "cp950")
_NUMBERLIKE = re.compile(r"[-+(]?[0-9][0-9 .,:/+()-]*%?|[0-9A-Fa-f-]{32,38}")
_LONGEST_HEADING = 64
_WORDY = frozenset({Kind.PERSON_NAME, Kind.COMPANY_NAME})
_WORDY_SHARE = 1 / 3


def guess_encoding(sample: bytes) -> str | None:
    """Return a Python codec for the sample, None when it is no text.

    GB18030 and CP950 are told apart by how many characters are everyday ones in
    each; a sample may end inside a character.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    wide = _wide(sample)
    if wide:
        return wide
    if b"\x00" in sample:
        return None
    if _decodes(sample, "utf-8"):
        return "utf-8"
    shares = {name: _everyday(sample, name) for name in ("gb18030", "cp950")}
    best = max(shares, key=lambda name: shares[name])
    if shares[best] >= _COMMON:
        return best
    return "cp1252" if _decodes(sample, "cp1252") else None


def reads_otherwise(sample: bytes, declared: str) -> bool:
    """Whether bytes of the declared encoding are surely another one's text.

    GB18030 and CP950 decode each other's files into rare characters, and UTF-16
    of the other byte order into any; a sample may end inside a character.
    """
    if declared in {"utf-16-le", "utf-16-be"}:
        return _wide(sample) not in {None, declared}
    if declared not in _DOUBLE_BYTE or sample.isascii():
        return False
    other = _DOUBLE_BYTE[1 - _DOUBLE_BYTE.index(declared)]
    if len(sample) - sum(map(sample.count, _ASCII)) < 2 * _ENOUGH:
        return False
    share = _everyday(sample, other)
    return share >= max(_SURELY, _everyday(sample, declared) + _MARGIN)


def guess_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that cuts most lines into the same number of cells."""
    if lines and all("+|" in line for line in lines):
        return "+|"
    best, most = ",", (0.0, 0)
    for delimiter in DELIMITERS[:-1]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        if not widths:
            continue
        width = max(set(widths), key=widths.count)
        score = (widths.count(width) / len(widths), width)
        if width > 1 and score > most:
            best, most = delimiter, score
    return best


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row names columns: its cells do not look like data."""
    if not rows:
        return False
    first = [cell.strip() for cell in rows[0]]
    named = [cell for cell in first if cell]
    if not named or len(set(named)) < len(named):
        return False
    if any(map(looks_like_data, named)) or _mostly_names(named):
        return False
    if any(kinds_of_heading(cell) for cell in named):
        return True
    below = [set(column) for column in zip(*rows[1:], strict=False)]
    return not any(cell in column for cell, column in zip(first, below, strict=False))


def looks_like_data(cell: str) -> bool:
    """Return whether a header cell is surely a value and no name of a column."""
    if len(cell) > _LONGEST_HEADING or _NUMBERLIKE.fullmatch(cell):
        return True
    return bool(set(detect(cell).kinds) - _WORDY)


def _mostly_names(cells: Sequence[str]) -> bool:
    """Return whether a third of the cells are names of people or companies."""
    wordy = [
        cell
        for cell in cells
        if not kinds_of_heading(cell) and set(detect(cell).kinds) & _WORDY
    ]
    return len(wordy) >= _WORDY_SHARE * len(cells)


def _wide(sample: bytes) -> str | None:
    half = max(len(sample) // 2, 1)
    if sample[1::2].count(0) / half > _NULS and not sample[::2].count(0):
        return "utf-16-le"
    if sample[::2].count(0) / half > _NULS and not sample[1::2].count(0):
        return "utf-16-be"
    return None


def _decodes(sample: bytes, name: str) -> bool:
    try:
        codecs.getincrementaldecoder(name)("strict").decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _everyday(sample: bytes, name: str) -> float:
    """Return the share of double-byte characters of the codec's first level."""
    try:
        text = codecs.getincrementaldecoder(name)("strict").decode(sample)
    except UnicodeDecodeError:
        return 0.0
    foreign = [char for char in text if not char.isascii()]
    if not foreign:
        return 0.0
    low, high = (0xB0, 0xD7) if name == "gb18030" else (0xA4, 0xC6)
    common = sum(
        low <= char.encode(name)[0] <= high or char in "，。、：；（）－　"
        for char in foreign
    )
    return common / len(foreign)
