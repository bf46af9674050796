"""Customer numbers: industry prefix, registration year, serial (R28, R73).

A number is never reused and never derived from personal data; the year is that
of the business date of the delivery that first loads the customer.  Who draws
the serial, and that it is drawn once, is the register's matter.
"""

import re

_PREFIX = re.compile(r"[A-Z]{2}")
_NUMBER = re.compile(r"([A-Z]{2})([0-9]{4})([0-9]+)")
_FIRST_YEAR = 1000
_LAST_YEAR = 9999


def customer_number(prefix: str, year: int, serial: int, *, width: int) -> str:
    """Return for example `FI2024000123` for FI, 2024, 123 and width 6.

    A serial that outgrows the width takes more digits, so no number comes twice.
    ValueError when the prefix is not two capital letters, the year has not four
    digits, or serial or width is below 1.
    """
    if not _PREFIX.fullmatch(prefix):
        message = "a number prefix is two capital letters"
        raise ValueError(message)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        message = "a registration year has four digits"
        raise ValueError(message)
    if serial < 1 or width < 1:
        message = "serials and their width start at 1"
        raise ValueError(message)
    return f"{prefix}{year}{serial:0{width}d}"


def parts_of(number: str) -> tuple[str, int, int]:
    """Return prefix, year and serial of a number; ValueError when it is none."""
    found = _NUMBER.fullmatch(number)
    if found is None:
        message = "not a customer number"
        raise ValueError(message)
    return found[1], int(found[2]), int(found[3])
