"""What a single value is: its kinds, whether its check holds, and its level.

A value that is one number or one address is told by the first rule that knows
it; anything else is read as text in which personal data may hide.  An empty
answer means low (R20-R23).
"""

import datetime as dt
import ipaddress
import re
from dataclasses import dataclass

from custody.domain.cards import find_card, find_iban
from custody.domain.documents import (
    find_resident_id,
    find_uscc,
    is_passport,
    is_taxpayer_id,
    is_travel_permit,
)
from custody.domain.free_text import EMAIL, PLATE, find_in_text
from custody.domain.kinds import LEVEL_OF_KIND, Kind
from custody.domain.levels import Level, highest
from custody.domain.names import is_company_name, is_person_name
from custody.domain.normalising import DASHES, QUOTES, fold, iso_date
from custody.domain.phones import is_phone

CHECKED_KINDS = frozenset(
    {
        Kind.RESIDENT_ID,
        Kind.BANK_CARD,
        Kind.IBAN,
        Kind.USCC,
        Kind.TAXPAYER_ID,
        Kind.PHONE,
        Kind.EMAIL,
        Kind.IP,
    }
)
"""Kinds with a check of their own: a sum, a numbering plan or a grammar."""

FUZZY_KINDS = frozenset(
    {Kind.PERSON_NAME, Kind.COMPANY_NAME, Kind.ADDRESS, Kind.BIRTH_DATE}
)
"""Kinds told by words or by plausibility alone: one value proves little."""

LONGEST_SEARCHED = 20_000
"""Characters of one value that are searched; the rest is not looked at."""

_BIRTH_YEARS = (16, 110)  # ages in years at which a bare date is a birth date
_REFERENCE_YEAR = 2026  # for callers that have no today
_CODE = re.compile("[0-9A-Za-z](?:[ -]?[0-9A-Za-z]){5,40}")
_SEPARATORS = re.compile("[ -]")
_EMAIL, _PLATE = re.compile(EMAIL), re.compile(PLATE)
_PASSWORD = re.compile(
    "(?i)(?=[^ ]*[0-9!@#$%^&*])p[a@4][s$5]{2}(?:w[o0]rd)?[0-9A-Z!@#$%^&*_.-]{0,24}"
)
_IP = re.compile("[0-9.]{7,15}|[0-9A-Fa-f:]{3,39}")
_QUOTES = QUOTES + "“”「」"
_DASHES = dict.fromkeys(map(ord, DASHES), "-")


@dataclass(frozen=True, slots=True)
class Detection:
    """Kinds sorted by name; `valid` is null when none of them has a check."""

    kinds: tuple[Kind, ...]
    valid: bool | None
    level: Level


NOTHING = Detection((), None, Level.LOW)


def detect(value: str, *, today: dt.date | None = None) -> Detection:
    """Tell the kinds of one value; full-width, spaced and quoted forms are folded.

    `today` bounds birth dates; without it they may lie in the future.
    """
    text = detection_form(value[:LONGEST_SEARCHED])
    if not text:
        return NOTHING
    code = _SEPARATORS.sub("", text).upper() if _CODE.fullmatch(text) else ""
    found = _number(code, text, today) or _word(text, today)
    if found is not None:
        kind, valid = found
        return Detection((kind,), valid, LEVEL_OF_KIND[kind])
    return _prose(text, today)


def detection_form(value: str) -> str:
    """Return the folded form in which a value is looked at."""
    return fold(fold(value).translate(_DASHES).strip(_QUOTES))


def level_of(kinds: tuple[Kind, ...]) -> Level:
    """Return the highest level among kinds, low when there are none."""
    return highest(LEVEL_OF_KIND[kind] for kind in kinds)


def _number(
    code: str, text: str, today: dt.date | None
) -> tuple[Kind, bool | None] | None:
    if not code:
        return None
    identity, company = find_resident_id(code, today=today), find_uscc(code)
    if identity or (identity is False and not company):
        return Kind.RESIDENT_ID, identity
    if company is not None:
        return Kind.USCC, company
    if is_travel_permit(code, today=today):
        return Kind.TRAVEL_PERMIT, None
    if is_passport(code):
        return Kind.PASSPORT, None
    return _account(code, text)


def _account(code: str, text: str) -> tuple[Kind, bool | None] | None:
    for kind, valid in (
        (Kind.BANK_CARD, find_card(code)),
        (Kind.IBAN, find_iban(code)),
    ):
        if valid is not None:
            return kind, valid
    return (Kind.TAXPAYER_ID, True) if is_taxpayer_id(code, written=text) else None


def _word(text: str, today: dt.date | None) -> tuple[Kind, bool | None] | None:
    if _EMAIL.fullmatch(text):
        return Kind.EMAIL, True
    if is_phone(text):
        return Kind.PHONE, True
    if _PLATE.fullmatch(text):
        return Kind.PLATE, None
    if _PASSWORD.fullmatch(text):
        return Kind.CREDENTIAL, None
    if _is_birth_date(text, today):
        return Kind.BIRTH_DATE, None
    return (Kind.IP, True) if _is_ip(text) else None


def _prose(text: str, today: dt.date | None) -> Detection:
    kinds = set(find_in_text(text, today=today))
    if is_person_name(text):
        kinds.add(Kind.PERSON_NAME)
    if is_company_name(text):
        kinds = (kinds - {Kind.ADDRESS, Kind.PERSON_NAME}) | {Kind.COMPANY_NAME}
    if not kinds:
        return NOTHING
    found = tuple(sorted(kinds))
    return Detection(found, True if kinds & CHECKED_KINDS else None, level_of(found))


def _is_birth_date(text: str, today: dt.date | None) -> bool:
    """Whether a bare written date lies where adults were born."""
    date = iso_date(text) if not text.isdigit() else None
    if date is None:
        return False
    youngest, oldest = _BIRTH_YEARS
    now = today.year if today else _REFERENCE_YEAR
    return now - oldest <= int(date[:4]) <= now - youngest


def _is_ip(text: str) -> bool:
    if not _IP.fullmatch(text):
        return False
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not address.is_unspecified
