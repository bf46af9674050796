"""Machine-readable lines of passports (ICAO 9303, part 4: two lines of 44)."""

import re

_NAMES = re.compile("P[A-Z<][A-Z]{1,3}<{0,2}[A-Z]+<<?[A-Z<]{5,38}")
_DATA = re.compile(
    "([A-Z0-9<]{9}[0-9])([A-Z<]{3})([0-9]{6}[0-9])([MFX<])([0-9]{6}[0-9])"
    "([A-Z0-9<]{14}[0-9<])([0-9])"
)
_WEIGHTS = (7, 3, 1)
_LENGTH = 44
_MINIMUM = 2  # fillers that a line of names has


def find_mrz(text: str) -> tuple[bool, bool | None]:
    """Return whether a text holds a passport's line, and whether its sums hold.

    A line of names has no check digits: None.
    """
    for line in text.split(" "):
        if len(line) == _LENGTH and "<" in line:
            data = _DATA.fullmatch(line)
            if data is not None:
                return True, _holds(line)
    return any(map(_is_names, text.split(" "))), None


def check_digit(field: str) -> int:
    """Return the check digit of a field (weights 7, 3, 1; A is 10, < is 0)."""
    values = (0 if c == "<" else int(c, 36) for c in field)
    return sum(v * _WEIGHTS[i % 3] for i, v in enumerate(values)) % 10


def _is_names(line: str) -> bool:
    return line.count("<") >= _MINIMUM and bool(_NAMES.fullmatch(line))


def _holds(line: str) -> bool:
    whole = line[:10] + line[13:20] + line[21:43]
    pairs = (
        (line[:9], line[9]),
        (line[13:19], line[19]),
        (line[21:27], line[27]),
        (whole, line[43]),
    )
    return all(str(check_digit(field)) == digit for field, digit in pairs)
