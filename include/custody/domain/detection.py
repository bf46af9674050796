"""What a single value is: its kinds, whether its check holds, and its level.

A value that is one number or one address is told by the first rule that knows
it; anything else is read as text in which personal data may hide.  An empty
answer means low (R20-R23).
"""

import datetime as dt
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from custody.domain.cards import find_iban, find_written_card
from custody.domain.companies import is_company_name
from custody.domain.credentials import is_password
from custody.domain.damage import damaged_kind, without_float_tail
from custody.domain.documents import (
    find_resident_id,
    find_uscc,
    is_passport,
    is_regional_id,
    is_taxpayer_id,
    is_travel_permit,
    is_written_organisation,
)
from custody.domain.emails import find_email
from custody.domain.free_text import EVERY_SEARCH, PLATE, Search, findings_in_text
from custody.domain.hosts import is_host, is_quad
from custody.domain.kinds import LEVEL_OF_KIND, Kind
from custody.domain.levels import Level, highest
from custody.domain.names import is_person_name
from custody.domain.normalising import DASHES, QUOTES, fold
from custody.domain.phones import is_phone
from custody.domain.written_dates import is_adult_birth

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

CODE = "[0-9A-Za-z](?:[ -]?[0-9A-Za-z]){5,40}"
"""What a number or code is made of, before its breaks are taken out."""

_CODE = re.compile(CODE)
_SEPARATORS = re.compile("[ -]")
_PLATE = re.compile(PLATE)
OUTER_QUOTES = QUOTES + "“”「」"
"""What a value may stand in and does not belong to it."""

_DASHES = dict.fromkeys(map(ord, DASHES), "-")


@dataclass(frozen=True, slots=True)
class Detection:
    """Kinds sorted by name; `valid` is null when none of them has a check."""

    kinds: tuple[Kind, ...]
    valid: bool | None
    level: Level


_NOT_OF_COMPANIES = frozenset({Kind.ADDRESS, Kind.PERSON_NAME})
NOTHING = Detection((), None, Level.LOW)


def detect(value: str, *, today: dt.date | None = None) -> Detection:
    """Tell the kinds of one value; full-width, spaced and quoted forms are folded.

    `today` bounds birth dates; without it they may lie in the future.
    """
    return detect_text(detection_form(value[:LONGEST_SEARCHED]), today=today)


def detect_text(
    text: str,
    *,
    today: dt.date | None = None,
    searches: Collection[Search] = EVERY_SEARCH,
) -> Detection:
    """Tell the kinds of a text in its detection form; see `detect_prose`."""
    if not text:
        return NOTHING
    code = _SEPARATORS.sub("", text).upper() if _CODE.fullmatch(text) else ""
    found = _number(code, text, today) or _word(text, today)
    if found is not None:
        kind, valid = found
        return Detection((kind,), valid, LEVEL_OF_KIND[kind])
    return detect_prose(text, today=today, searches=searches)


def detect_prose(
    text: str,
    *,
    today: dt.date | None = None,
    searches: Collection[Search] = EVERY_SEARCH,
) -> Detection:
    """Tell what a text in its detection form holds that is no number or word itself.

    `searches` that are left out must be known to find nothing.
    """
    kinds = findings_in_text(text, today=today, searches=searches)
    if is_company_name(text):
        kinds = {k: v for k, v in kinds.items() if k not in _NOT_OF_COMPANIES}
        kinds[Kind.COMPANY_NAME] = None
    elif is_person_name(text):
        kinds.pop(Kind.ADDRESS, None)
        kinds[Kind.PERSON_NAME] = None
    if not kinds:
        return NOTHING
    found = tuple(sorted(kinds))
    return Detection(found, _all_hold(kinds.values()), level_of(found))


def detection_form(value: str) -> str:
    """Return the folded form in which a value is looked at."""
    text = fold(fold(value).translate(_DASHES).strip(OUTER_QUOTES))
    return without_float_tail(text)


def level_of(kinds: tuple[Kind, ...]) -> Level:
    """Return the highest level among kinds, low when there are none."""
    return highest(LEVEL_OF_KIND[kind] for kind in kinds)


def _number(
    code: str, text: str, today: dt.date | None
) -> tuple[Kind, bool | None] | None:
    if not code:
        return None
    if is_written_organisation(text.upper()):
        return Kind.TAXPAYER_ID, True
    identity, company = find_resident_id(code, today=today), find_uscc(code)
    if identity or (identity is False and not company):
        return Kind.RESIDENT_ID, identity
    if company or (company is False and not is_travel_permit(code, today=today)):
        return Kind.USCC, company
    if is_regional_id(code):
        return Kind.RESIDENT_ID, True
    return _travel_document(code, today) or _account(code, text)


def _travel_document(
    code: str, today: dt.date | None
) -> tuple[Kind, bool | None] | None:
    if is_travel_permit(code, today=today):
        return Kind.TRAVEL_PERMIT, None
    return (Kind.PASSPORT, None) if is_passport(code) else None


def _account(code: str, text: str) -> tuple[Kind, bool | None] | None:
    for kind, valid in (
        (Kind.BANK_CARD, find_written_card(text)),
        (Kind.IBAN, find_iban(code)),
    ):
        if valid is not None:
            return kind, valid
    return (
        (Kind.TAXPAYER_ID, True) if is_taxpayer_id(code, written=text.upper()) else None
    )


def _word(text: str, today: dt.date | None) -> tuple[Kind, bool | None] | None:
    mail = find_email(text)
    if mail is not None:
        return Kind.EMAIL, mail
    damaged = damaged_kind(text)
    if damaged is not None:
        return damaged, False
    if is_phone(text):
        return (Kind.IP if is_quad(text) else Kind.PHONE), True
    if _PLATE.fullmatch(text):
        return Kind.PLATE, None
    if is_password(text):
        return Kind.CREDENTIAL, None
    return _bracketed(text) or _moment_or_place(text, today)


def _bracketed(text: str) -> tuple[Kind, bool | None] | None:
    """Tell the documents that end in a character in brackets."""
    if is_regional_id(text.upper()):
        return Kind.RESIDENT_ID, True
    if is_travel_permit(text.upper().replace(" ", "")):
        return Kind.TRAVEL_PERMIT, None
    return None


def _moment_or_place(
    text: str, today: dt.date | None
) -> tuple[Kind, bool | None] | None:
    if is_adult_birth(text, today=today):
        return Kind.BIRTH_DATE, None
    return (Kind.IP, True) if is_host(text) else None


def _all_hold(checks: Iterable[bool | None]) -> bool | None:
    """Return False when a check fails, True when one holds, null without any."""
    done = {check for check in checks if check is not None}
    return min(done) if done else None
