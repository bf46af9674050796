"""Identity documents and company codes: which characters can be which number.

A number is recognised by everything its standard fixes (region, real date, check
character), never by its length alone, so that order numbers stay order numbers.
`find_*` answer None for "this is none", else whether its check holds.
"""

import datetime as dt
import re

from custody.domain.checksums import (
    is_hong_kong_person_sum,
    is_luhn,
    is_organisation_sum,
    is_registration_sum,
    is_resident_id_sum,
    is_taiwan_business_sum,
    is_taiwan_person_sum,
    is_uscc_sum,
    resident_id_check,
)
from custody.domain.countries import COUNTRIES
from custody.domain.divisions import is_known_division
from custody.domain.facts import Token

PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71)"
REGION = f"{PROVINCE}(?:0[1-9]|[1-6][0-9]|70|90)[0-9]{{2}}"
_DAY = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
RESIDENT_18 = (
    f"(?:{REGION}|(?:{PROVINCE}|8[123])0000)"
    f"(?:1[89]|20)[0-9]{{2}}{_DAY}[0-9]{{3}}[0-9X]"
)
RESIDENT_15 = f"{REGION}[0-9]{{2}}{_DAY}[0-9]{{3}}"
USCC = f"[1-9ANY][1-9](?:{PROVINCE}|10)[0-9]{{4}}[0-9A-HJ-NP-RTUWXY]{{10}}"
PERMANENT_18 = f"9{PROVINCE}[0-9]{{3}}(?:19|20)[0-9]{{2}}{_DAY}[0-9]{{3}}[0-9X]"
_PERMANENT_18 = re.compile(PERMANENT_18)
_PERMANENT_15 = re.compile(f"[A-Z]{{3}}{PROVINCE}[0-9]{{4}}{_DAY}[0-9]{{2}}")
TRAVEL_PERMIT = (
    "[HM](?:[0-9]{8}|[0-9]{10})|[CWTL][0-9]{8}|C[A-HJ-NP-Z][0-9]{7}"
    "|[0-9]{10}(?:[(][A-Z][)]|[A-Z])"
)
PASSPORT = (
    "[EG][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|[DSP]E[0-9]{7}|[DSP][0-9]{7,8}"
    "|K[0-9]{8}|KJ[0-9]{7,8}|M[AB][0-9]{7}"
)
_ANY_PASSPORT = re.compile("[A-Z0-9]{6,12}")
_RESIDENT_18 = re.compile(RESIDENT_18)
_RESIDENT_15 = re.compile(RESIDENT_15)
_USCC = re.compile(USCC)
_TRAVEL_PERMIT = re.compile(TRAVEL_PERMIT)
_PASSPORT = re.compile(PASSPORT)
_REGION = re.compile(REGION)
_ORGANISATION = re.compile("[0-9]{8}X|MA[0-9A-Z]{6}[0-9X]")
_WRITTEN_ORGANISATION = re.compile("[0-9A-Z]{8}-[0-9X]")
_TAIWAN_PERSON = re.compile("[A-Z][1289][0-9]{8}")
_HONG_KONG_PERSON = re.compile(
    "([A-Z]{1,2})([0-9]{6})(?:[(]([0-9A])[)]|\\[([0-9A])\\])"
)
_IMEI = re.compile("(?:01|35|86|99)[0-9]{13}")
_OLDEST_YEAR = 1800
_CENTURY_OF_15_DIGITS = 1900
_OLD_LENGTH = 15
_OWNER_LENGTHS = {17: 15, 20: 18}
"""A sole trader's tax number: the owner's ID and two digits."""


def birth_of(number: str) -> dt.date | None:
    """Return the birth date inside a resident ID of 15 or 18 characters."""
    if len(number) == _OLD_LENGTH:
        year, rest = _CENTURY_OF_15_DIGITS + int(number[6:8]), number[8:12]
    else:
        year, rest = int(number[6:10]), number[10:14]
    try:
        return dt.date(year, int(rest[:2]), int(rest[2:]))
    except ValueError:
        return None


def find_resident_id(number: str, *, today: dt.date | None = None) -> bool | None:
    """Recognise a mainland resident ID or an 18-character residence permit.

    GB 11643-1999 and the permits of 81, 82, 83 (Hong Kong, Macau, Taiwan).  15
    digits have no check character: an IMEI and one repeated digit are none.
    """
    if _RESIDENT_18.fullmatch(number):
        latest = (today or dt.date.max).year
        if int(number[6:10]) > latest:
            return None
        if is_resident_id_sum(number):
            return _is_real(number, today)
        known = number.startswith("8") or is_known_division(number)
        return False if known and _is_real(number, today) else None
    if _RESIDENT_15.fullmatch(number) and is_known_division(number):
        real = _is_real(number, today) and not _is_imei(number)
        return True if real and len(set(number)) > 1 else None
    return None


def is_regional_id(code: str) -> bool:
    """Recognise IDs of Taiwan and, with their brackets, of Hong Kong by their sums."""
    if _TAIWAN_PERSON.fullmatch(code):
        return is_taiwan_person_sum(code)
    found = _HONG_KONG_PERSON.fullmatch(code)
    if found is None:
        return False
    letters, digits, check, boxed = found.groups()
    return is_hong_kong_person_sum(letters, digits, check or boxed)


def check_resident_id(number: str, *, today: dt.date | None = None) -> Token:
    """Return the fact about a value that is declared a resident ID."""
    if len(number) == _OLD_LENGTH:
        old = _RESIDENT_15.fullmatch(number) and len(set(number)) > 1
        return Token.VALID if old and _is_real(number, today) else Token.MALFORMED
    if not _RESIDENT_18.fullmatch(number) or not _is_real(number, today):
        return Token.MALFORMED
    return Token.VALID if is_resident_id_sum(number) else Token.BAD_CHECKSUM


def find_uscc(code: str) -> bool | None:
    """Recognise a unified social credit code (GB 32100-2015).

    Digits alone are one only if the organisation code inside holds too; a wrong
    check character is told only when letters show that it is no number.
    """
    if not _USCC.fullmatch(code):
        return None
    if code.isdigit():
        return True if is_uscc_sum(code) and is_organisation_sum(code[8:17]) else None
    return is_uscc_sum(code)


def check_uscc(code: str) -> Token:
    """Return the fact about a value that is declared a credit code."""
    if not _USCC.fullmatch(code):
        return Token.MALFORMED
    return Token.VALID if is_uscc_sum(code) else Token.BAD_CHECKSUM


def is_travel_permit(code: str, *, today: dt.date | None = None) -> bool:
    """Recognise exit-entry permits and foreigners' permanent residence permits."""
    if _PERMANENT_18.fullmatch(code):
        return resident_id_check(code[:-1]) == code[-1] and _is_real(code, today)
    if _PERMANENT_15.fullmatch(code):
        return code[:3] in COUNTRIES
    return bool(_TRAVEL_PERMIT.fullmatch(code))


def is_passport(code: str) -> bool:
    """Recognise the shapes of China's, Hong Kong's and Macau's passports."""
    return bool(_PASSPORT.fullmatch(code))


def is_any_passport(code: str) -> bool:
    """Return whether a declared passport number can be one of any country."""
    return bool(_ANY_PASSPORT.fullmatch(code)) and any(c.isdigit() for c in code)


def is_taxpayer_id(code: str, *, written: str = "") -> bool:
    """Recognise older company codes by their sums.

    Organisation codes (GB 11714) when `written` with their hyphen or when letters
    show it; 15-character tax numbers, which hold one; 20 for a sole trader.
    """
    if _WRITTEN_ORGANISATION.fullmatch(written) or _ORGANISATION.fullmatch(code):
        return is_organisation_sum(code)
    if len(code) == _OLD_LENGTH and _REGION.match(code) and not _is_imei(code):
        return is_known_division(code) and _is_old_company(code)
    owner = _OWNER_LENGTHS.get(len(code))
    if owner and code[owner:].isdigit():
        return find_resident_id(code[:owner]) is True
    return False


def is_written_organisation(written: str) -> bool:
    """Return whether a code has its hyphen before a check character that is right."""
    shaped = _WRITTEN_ORGANISATION.fullmatch(written)
    return bool(shaped) and is_organisation_sum(written.replace("-", ""))


def check_taxpayer_id(code: str) -> Token:
    """Return the fact about a declared tax number, Taiwan's 8 digits included."""
    if _USCC.fullmatch(code):
        return check_uscc(code)
    valid = (
        is_organisation_sum(code)
        or is_taiwan_business_sum(code)
        or is_taxpayer_id(code)
        or find_resident_id(code) is True
    )
    if valid:
        return Token.VALID
    known = len(code) in (8, 9, 15, 18, 20)
    shaped = code.isascii() and code.isalnum() and any(c.isdigit() for c in code)
    return Token.BAD_CHECKSUM if known and shaped else Token.MALFORMED


def _is_real(number: str, today: dt.date | None) -> bool:
    born = birth_of(number)
    return (
        born is not None
        and born.year >= _OLDEST_YEAR
        and born <= (today or dt.date.max)
    )


def _is_old_company(code: str) -> bool:
    """Return whether 15 characters hold an organisation code or their own sum.

    Registration numbers count from 0: a counter of four zeros and more tells them
    from the tenth of all numbers whose sum is right by chance.
    """
    return is_organisation_sum(code[6:]) or (
        code[6:10] in ("0000", "6000") and is_registration_sum(code)
    )


def _is_imei(number: str) -> bool:
    return bool(_IMEI.fullmatch(number)) and is_luhn(number)
