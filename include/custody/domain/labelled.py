"""Numbers that a label introduces: `身份证号：…`, `Passport No. …` (R20-R23).

A label says what a number is meant to be, so a wrong sum is told as wrong, and
numbers without a sum of their own are told at all.
"""

import re
from collections.abc import Callable, Iterator

from custody.domain.cards import find_iban
from custody.domain.checksums import is_luhn, is_registration_sum
from custody.domain.documents import (
    check_taxpayer_id,
    find_resident_id,
    is_passport,
    is_regional_id,
)
from custody.domain.facts import Token
from custody.domain.kinds import Kind

_JOIN = (
    " ?(?:号码|號碼|号|號|编号|no[.]?|number|num)?[\"']? ?[:=#：是为為]{0,2} ?[\"']?"
)
_END = "(?![0-9A-Za-z])"
_SEPARATORS = re.compile("[ .()-]")
_FEWEST_TAX_DIGITS = 7
_OLD_LENGTH = 15

_RESIDENT = (
    "(?i)(?:(?:(?<!居留)身份证|身份證|身分证|身分證|公民身份|证件号|id ?card"
    f"|resident id|id no[.]?|hkid)(?:字號|字号)?{_JOIN}|^id ?[:：] ?(?=[A-Z]))"
    f"([0-9]{{17}}[0-9X]|[0-9]{{15}}|[A-Z][1289][0-9]{{8}}"
    f"|[A-Z]{{1,2}}[0-9]{{6}} ?[(]?[0-9A][)]?){_END}"
)
_CARD = (
    "(?i)(?:银行卡|銀行卡|卡号|卡號|信用卡|储蓄卡|借记卡|银行账[号户]|"
    "(?:credit |debit |bank )?card)"
    f"{_JOIN}([2-69][0-9]{{3}}(?:[ -]?[0-9]){{9,15}}){_END}"
)
_PHONE = (
    "(?i)(?:电话|電話|手机|手機|联系方式|传真|傳真|座机|(?<![a-z])(?:tel|telephone|phone|"
    f"fax|mobile|cell)){_JOIN}(?:to )?"
    f"([+(]{{0,2}}[0-9](?:[ ()-]{{0,2}}[0-9]){{6,14}}){_END}"
)
TAX = (
    "(?i)(?:税号|稅號|纳税人识别|纳税人|納稅人|组织机构代码|組織機構代碼|机构代码|统一编号|"
    "統一編號|统编|統編|税务登记|注册号|註冊號|工商注册|tax ?id|tin|vat|ein)"
    f"(?:证号|证)?{_JOIN}([0-9A-Z](?:-?[0-9A-Z]){{7,19}}){_END}"
)
_IBAN = "(?i)iban[ :#]{0,3}([A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]){11,30})"
_DOCUMENT = (
    "(?i)(护照|護照|passport|通行证|通行證|回乡证|台胞证|臺胞證|居留证|居留身份证|"
    "travel permit|residence permit)"
    f"{_JOIN}(9[0-9]{{16}}[0-9X]|[A-Z]{{1,3}}-?[0-9]{{6,12}}|[0-9]{{8,10}}|"
    "[A-Z][0-9]{2}[A-Z][0-9]{5}|[A-Z0-9]{2}[0-9]{5,7}|C[0-9A-Z]{8}|"
    f"[A-Z][0-9]{{7}}[A-Z]|[0-9]{{2}}[A-Z]{{2}}[0-9]{{5}}){_END}"
)
_PERMIT_ALONE = re.compile("[HM][0-9]{10}|[CWTL][0-9]{8}")
"""Permits that a label of passports, many a form's only one, stands above too."""

_PASSPORT_LABELS = ("护照", "護照", "passport")

LABELLED = (_RESIDENT, _CARD, _PHONE, TAX, _IBAN, _DOCUMENT)
"""The patterns of labels with their numbers; no other text is told here."""


def find_labelled(text: str) -> Iterator[tuple[Kind, bool | None]]:
    """Yield what labels introduce in a folded text, and whether its check holds."""
    for kind, pattern, holds in _LABELS:
        found = pattern.search(text)
        if found:
            valid = holds(_SEPARATORS.sub("", found[1]).upper())
            if valid is not None:
                yield kind, valid
    document = _DOCUMENTS.search(text)
    if document:
        number = _SEPARATORS.sub("", document[2]).upper()
        yield _document_kind(document[1].lower(), number), None


def _document_kind(label: str, number: str) -> Kind:
    if label not in _PASSPORT_LABELS:
        return Kind.TRAVEL_PERMIT
    other = _PERMIT_ALONE.fullmatch(number) and not is_passport(number)
    return Kind.TRAVEL_PERMIT if other else Kind.PASSPORT


def _is_tax_number(code: str) -> bool | None:
    if sum(map(str.isdigit, code)) < _FEWEST_TAX_DIGITS:
        return None
    registered = len(code) == _OLD_LENGTH and is_registration_sum(code)
    return registered or check_taxpayer_id(code) is Token.VALID


def _is_phone(_digits: str) -> bool:
    return True


def _longest_iban(text: str) -> bool | None:
    """Return what the text holds; words that follow an IBAN are left off."""
    known = (find_iban(text[:end]) for end in range(len(text), _OLD_LENGTH - 1, -1))
    return next((found for found in known if found is not None), None)


def _is_resident_id(code: str) -> bool | None:
    """Return whether its sum is right; one of a region is told by its sum alone."""
    if code[0].isdigit():
        return find_resident_id(code) is True
    bracketed = f"{code[:-1]}({code[-1]})"
    return is_regional_id(code) or is_regional_id(bracketed) or None


_LABELS: tuple[tuple[Kind, re.Pattern[str], Callable[[str], bool | None]], ...] = (
    (Kind.RESIDENT_ID, re.compile(_RESIDENT), _is_resident_id),
    (Kind.BANK_CARD, re.compile(_CARD), is_luhn),
    (Kind.PHONE, re.compile(_PHONE), _is_phone),
    (Kind.TAXPAYER_ID, re.compile(TAX), _is_tax_number),
    (Kind.IBAN, re.compile(_IBAN), _longest_iban),
)
_DOCUMENTS = re.compile(_DOCUMENT)
