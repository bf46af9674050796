"""Identifiers that a spreadsheet has damaged: found, and never taken for whole.

A spreadsheet keeps 15 digits and shows eleven and more as `1.10105E+17`; what is
left tells which kind was there and no longer which number.  Such a value is as
sensitive as the kind and is refused as wrong.
"""

import re

from custody.domain.documents import REGION
from custody.domain.kinds import Kind

SCIENTIFIC = "[1-9][.]?[0-9]{2,14}[Ee][+]1[0-9]"
"""A number of eleven to twenty digits as a spreadsheet shows it, dot or none."""

SHOWN = "([1-9])[.]([0-9]{4,14})[Ee][+]?(1[0-9])"
"""The same of which enough is left to tell the kind."""

_SCIENTIFIC = re.compile(SHOWN)
_LOOSE = re.compile(SCIENTIFIC)
_FLOAT = re.compile("([0-9]{11,19})[.]0")
_KIND_BY_DIGITS = (
    (11, re.compile("1[3-9]"), Kind.PHONE),
    (15, re.compile(REGION), Kind.RESIDENT_ID),
    (18, re.compile(REGION), Kind.RESIDENT_ID),
    (15, re.compile("3[47]"), Kind.BANK_CARD),
    (16, re.compile("62|4|5[1-5]|35|6011|65|22[2-9]|2[3-6]|27[01]"), Kind.BANK_CARD),
    (17, re.compile("62|60"), Kind.BANK_CARD),
    (19, re.compile("62|60|95"), Kind.BANK_CARD),
)


def damaged_kind(text: str) -> Kind | None:
    """Return what a number in scientific notation was, None when it cannot be told.

    At least five digits must be left: that is what a spreadsheet shows.
    """
    found = _SCIENTIFIC.fullmatch(text)
    if found is None:
        return None
    digits, length = found[1] + found[2], int(found[3]) + 1
    leading = digits.ljust(6, "0")
    for count, start, kind in _KIND_BY_DIGITS:
        if count == length and start.match(leading):
            return kind
    return None


def is_damaged(text: str) -> bool:
    """Return whether a declared identifier is one that a spreadsheet rounded."""
    return bool(_LOOSE.fullmatch(text))


def without_float_tail(text: str) -> str:
    """Return a long number without the `.0` that a table of floats leaves behind."""
    found = _FLOAT.fullmatch(text)
    return found[1] if found else text
