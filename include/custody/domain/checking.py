"""The fact about one present value of a declared kind (R20-R23).

`detection` asks what a value is; here policy has said what it should be, so the
answer tells a wrong sum from a wrong shape.
"""

import datetime as dt
import re
from collections.abc import Callable, Container, Iterable

from custody.domain.cards import check_card, check_iban
from custody.domain.damage import is_damaged
from custody.domain.detection import FUZZY_KINDS, detect
from custody.domain.documents import (
    check_resident_id,
    check_taxpayer_id,
    check_uscc,
    is_any_passport,
    is_travel_permit,
)
from custody.domain.emails import EMAIL
from custody.domain.facts import Token
from custody.domain.fields import Field, Normaliser
from custody.domain.kinds import LEVEL_OF_KIND, Kind
from custody.domain.levels import Level, highest
from custody.domain.normalising import amount_of, fold, identifier_form, iso_date
from custody.domain.phones import is_e164, is_phone

UNCHECKED_KINDS = frozenset(
    {Kind.ADDRESS, Kind.PERSON_NAME, Kind.COMPANY_NAME, Kind.CREDENTIAL}
)
"""Kinds whose values have nothing to be checked by."""

_NUMBERS = frozenset(
    {Kind.RESIDENT_ID, Kind.BANK_CARD, Kind.PHONE, Kind.TAXPAYER_ID, Kind.USCC}
)
"""Kinds that a spreadsheet takes for a number and rounds."""

_EMAIL = re.compile(EMAIL)
_LONGEST_EMAIL = 254  # RFC 5321, section 4.5.3.1.3
_TAIWAN_PERMIT = re.compile("[0-9]{8}(?:[0-9]{2}[0-9A-Z]?)?")


def check_value(kind: Kind, value: str, *, today: dt.date | None = None) -> Token:
    """Return the fact about a value that policy declares to be of a kind.

    `today` bounds birth dates.  Never missing or placeholder: those are decided
    before (policy's placeholders belong to the source).
    """
    if kind in UNCHECKED_KINDS:
        return Token.UNCHECKED
    if kind in _NUMBERS and is_damaged(fold(value)):
        return Token.DAMAGED
    if kind is Kind.RESIDENT_ID:
        return check_resident_id(identifier_form(fold(value)), today=today)
    if kind is Kind.BIRTH_DATE:
        return _shape(_is_past_date(fold(value), today=today))
    return _CHECKS[kind](fold(value))


def check_field(
    field: Field,
    value: str,
    *,
    choices: Container[str] | None = None,
    today: dt.date | None = None,
) -> Token:
    """Return the fact about a present, normalised value of a register field.

    `choices` are the spellings of the dimension that the field decides.  A
    closed set comes first, then the first declared kind, then the normaliser.
    """
    if field.values or choices is not None:
        known = value in field.values if choices is None else value in choices
        return Token.VALID if known else Token.OUT_OF_SET
    if field.kinds:
        return check_value(field.kinds[0], value, today=today)
    if field.normaliser is Normaliser.DATE:
        return _shape(iso_date(value) == value)
    if field.normaliser is Normaliser.AMOUNT:
        return _shape(amount_of(value) is not None)
    return Token.UNCHECKED


def kinds_in_field(field: Field, kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """Return the detected kinds that mean something in a field.

    Kinds told by words alone count in free text and in plain text; in a field
    that policy gives a kind or a form, only if it is one of the field's own.
    """
    if field.free_text or not (field.kinds or field.values or _has_form(field)):
        return tuple(kinds)
    return tuple(k for k in kinds if k not in FUZZY_KINDS or k in field.kinds)


def level_in_field(field: Field, kinds: Iterable[Kind]) -> Level | None:
    """Return the level that detection gives a field's value; None: nothing found.

    Whether a name is a person's is the party's matter where policy gives the
    field a level for natural persons (R9, R29).
    """
    by_party = field.natural_person_level is not None
    told = [k for k in kinds if not (by_party and k is Kind.PERSON_NAME)]
    return highest(LEVEL_OF_KIND[kind] for kind in told) if told else None


def _has_form(field: Field) -> bool:
    return field.normaliser not in (Normaliser.TEXT, Normaliser.NAME)


def _is_past_date(text: str, *, today: dt.date | None) -> bool:
    date = iso_date(text)
    return date is not None and (today is None or date <= today.isoformat())


def _code(check: Callable[[str], Token]) -> Callable[[str], Token]:
    return lambda value: check(identifier_form(value))


def _shape(fits: bool) -> Token:  # noqa: FBT001 - one plain truth, named by callers
    return Token.VALID if fits else Token.MALFORMED


def _is_email(value: str) -> bool:
    return len(value) <= _LONGEST_EMAIL and bool(_EMAIL.fullmatch(value))


def _is_permit(code: str) -> bool:
    return is_travel_permit(code) or bool(_TAIWAN_PERMIT.fullmatch(code))


def _detected(kind: Kind) -> Callable[[str], Token]:
    return lambda value: _shape(detect(value).kinds == (kind,))


_CHECKS: dict[Kind, Callable[[str], Token]] = {
    Kind.PASSPORT: _code(lambda code: _shape(is_any_passport(code))),
    Kind.TRAVEL_PERMIT: _code(lambda code: _shape(_is_permit(code))),
    Kind.BANK_CARD: _code(check_card),
    Kind.IBAN: _code(check_iban),
    Kind.USCC: _code(check_uscc),
    Kind.TAXPAYER_ID: _code(check_taxpayer_id),
    Kind.PHONE: lambda value: _shape(is_e164(value) or is_phone(value)),
    Kind.EMAIL: lambda value: _shape(_is_email(value)),
    Kind.PLATE: _detected(Kind.PLATE),
    Kind.IP: _detected(Kind.IP),
}
