"""Dates as people write them, and which of them can be a birth (R8, R22).

Nothing but a label tells a birth from another date; without one, a date counts
when somebody of 16 to 110 years was born on it.  Orders, contracts and terms are
younger or lie ahead.
"""

import datetime as dt
import re

from custody.domain.normalising import DATE, iso_date

MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MONTH = f"({MONTHS})[a-z]{{0,6}}[.]?"
DATES = (
    "([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})",
    f"(?i)([0-9]{{1,2}})(?:st|nd|rd|th)?[ -]{_MONTH},?[ -]([0-9]{{4}})",
    f"(?i){_MONTH} ([0-9]{{1,2}})(?:st|nd|rd|th)?,? ([0-9]{{4}})",
    "民[國国]([0-9]{2,3})年([0-9]{1,2})月([0-9]{1,2})日?",
    "([0-9]{4}) ?年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?日",
)
"""Dates that do not begin with their year: by day, by named month, of the Republic;
and a Chinese one with blanks."""

OFFSET = "[+-][0-9]{2}:?[0-9]{2}"
"""What stands behind a moment for its time zone."""

_DAY_FIRST, _DAY_MONTH, _MONTH_DAY, _REPUBLIC, _BLANKED = map(re.compile, DATES)
_WITH_OFFSET = re.compile(f"({DATE}){OFFSET}")
_TIMED = re.compile(".{8,11}[ T][0-9]{1,2}:[0-9:.]+Z?")
_MIDNIGHT = re.compile(".{8,11}[ T]0{1,2}:00(?::00(?:[.]0+)?)?Z?")
_YEAR_MONTH = re.compile("([0-9]{4})[-/.年]([0-9]{1,2})月?")
_FIRST_YEAR_OF_REPUBLIC = 1911
_EARLIEST_BIRTH = 1880
_ADULT_YEARS = (16, 110)  # ages in years at which a bare date is a birth date
_REFERENCE_YEAR = 2026  # for callers that have no today

_FORMS = (
    "[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?|[0-9]{8}"
    "|[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}"
    f"|[0-9]{{1,2}}(?:st|nd|rd|th)?[ -](?:{MONTHS})[a-z]{{0,6}}[.]?,?[ -][0-9]{{4}}"
    f"|(?:{MONTHS})[a-z]{{0,6}}[.]? [0-9]{{1,2}}(?:st|nd|rd|th)?,? [0-9]{{4}}"
    "|民[國国][0-9]{2,3}年[0-9]{1,2}月[0-9]{1,2}日?"
    "|[0-9]{4}年[0-9]{1,2}月|[0-9]{4}[-/.][0-9]{1,2}"
)
_LABELLED = (
    "(?i)(?:出生日期|出生年月日?|出生|生日|生于|出生于|birth ?da(?:te|y)|"
    f"date of birth|dob|d[.]o[.]b[.]?|born(?: on)?)[ :：是为為]{{0,3}}({_FORMS})"
)
_FOLLOWED = (
    "([0-9]{4}年[0-9]{1,2}月(?:[0-9]{1,2}日)?|"
    "民[國国][0-9]{2,3}年[0-9]{1,2}月[0-9]{1,2}日?)(?:出生|生(?:$|[，。,; ]))"
)
BIRTHS = (_LABELLED, _FOLLOWED)
"""What says in a text that somebody was born on a date."""

_BIRTHS = tuple(map(re.compile, BIRTHS))


def date_of(text: str) -> dt.date | None:
    """Return the day that a whole text says, whichever way it is written.

    Where day and month can be swapped, any order that exists will do.
    """
    iso = iso_date(text)
    if iso is not None:
        return dt.date.fromisoformat(iso)
    found = _DAY_FIRST.fullmatch(text)
    if found:
        one, two, year = map(int, found.groups())
        return _day(year, two, one) or _day(year, one, two)
    named = _DAY_MONTH.fullmatch(text)
    if named:
        return _day(int(named[3]), _month(named[2]), int(named[1]))
    named = _MONTH_DAY.fullmatch(text)
    if named:
        return _day(int(named[3]), _month(named[1]), int(named[2]))
    for pattern, before in ((_REPUBLIC, _FIRST_YEAR_OF_REPUBLIC), (_BLANKED, 0)):
        found = pattern.fullmatch(text)
        if found:
            year, month, day = map(int, found.groups())
            return _day(year + before, month, day)
    return None


def is_adult_birth(text: str, *, today: dt.date | None) -> bool:
    """Return whether a bare date is one on which an adult was born.

    Digits alone are a number, and a time of day belongs to something that
    happened; midnight is what databases add to a date.
    """
    zoned = _WITH_OFFSET.fullmatch(text)
    text = zoned[1] if zoned else text
    if text.isdigit() or (_TIMED.fullmatch(text) and not _MIDNIGHT.fullmatch(text)):
        return False
    date = date_of(text)
    youngest, oldest = _ADULT_YEARS
    now = today.year if today else _REFERENCE_YEAR
    return date is not None and now - oldest <= date.year <= now - youngest


def has_birth(text: str, *, today: dt.date | None) -> bool:
    """Return whether a text says of a date that somebody was born on it."""
    latest = today.year if today else _REFERENCE_YEAR
    for pattern in _BIRTHS:
        found = pattern.search(text)
        year = _year(found[1]) if found else None
        if year is not None and _EARLIEST_BIRTH <= year <= latest:
            return True
    return False


def _year(text: str) -> int | None:
    date = date_of(text)
    if date is not None:
        return date.year
    found = _YEAR_MONTH.fullmatch(text)
    if found and _day(int(found[1]), int(found[2]), 1):
        return int(found[1])
    return None


def _month(name: str) -> int:
    return MONTHS.split("|").index(name.lower()) + 1


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
