"""Bank cards and IBANs: lengths, prefixes of the networks, and their sums."""

import re

from custody.domain.checksums import is_ean, is_iban_sum, is_luhn
from custody.domain.facts import Token

PAN_LENGTHS = range(13, 20)
PAN = (
    "(?:62|81)[0-9]{14,17}"  # UnionPay
    "|(?:4[0-9]|5[0-9]|6[03578]|69)[0-9]{14}"  # Visa, Mastercard, Maestro, Discover
    "|64[4-9][0-9]{13}"  # Discover's other numbers
    "|35(?:2[89]|[3-8][0-9])[0-9]{12}"  # JCB
    "|3[47][0-9]{13}"  # American Express
    "|(?:2131|1800)[0-9]{11}"  # JCB's first numbers
    "|(?:3[68][0-9]|30[0-5])[0-9]{11}"  # Diners Club
    "|(?:3[689][0-9]|30[0-5])[0-9]{13}"  # and its longer numbers
    "|(?:95[5-9]|9843|9988|4[0-9]{2}|5[0-9]{2}|6[03578][0-9])[0-9]{15,16}"
    "|4[0-9]{12}"  # the first Visa cards
    "|2[2-7][0-9]{14}"  # Mastercard since 2017
)
"""Numbers that can be cards by length and prefix; Luhn decides."""

MAESTRO_12 = "(?:50(?:18|20|38)|5893|6304|6759|676[1-3])[0-9]{8}"
"""Maestro's short numbers: told only where nothing else is written."""

UNIONPAY = "62[0-9]{14}|62[0-9]{17}"
"""UnionPay's own lengths: recognised, as wrong, even when Luhn fails."""

_PAN = re.compile(PAN)
_MAESTRO_12 = re.compile(MAESTRO_12)
_GROUPED = re.compile("[3-6][0-9]{3}(?:(?: [0-9]{4}){3}|(?:-[0-9]{4}){3})")
_BREAK = re.compile("[ -]")
_DECLARED = re.compile("[2-69][0-9]{11,18}|1800[0-9]{11}")
_UNIONPAY = re.compile(UNIONPAY)
_MASTERCARD_2 = re.compile("(?:222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)")
_MOMENT = re.compile(
    "2[0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])"
)
_TRADE_LENGTHS = (13, 14)
_MASTERCARD_LENGTH = 16

_IBAN_TABLE = (
    "AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 BY:28 CH:21 CR:22 "
    "CY:28 CZ:24 DE:22 DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 "
    "GI:23 GL:18 GR:27 GT:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 "
    "KZ:20 LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MR:27 "
    "MT:31 MU:30 NL:18 NO:15 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 SA:24 SC:31 "
    "SE:24 SI:19 SK:24 SM:27 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20"
)
_RARE_TABLE = (
    "AO:25 BF:28 BI:27 BJ:28 CF:27 CG:27 CI:28 CM:27 CV:25 DJ:27 DZ:26 FK:18 GA:27 "
    "GQ:27 GW:25 HN:28 IR:26 KM:27 MA:28 MG:27 ML:28 MN:20 MZ:25 NE:28 NI:28 OM:23 "
    "RU:33 SD:18 SN:28 SO:23 TD:27 TG:28 YE:30"
)
_IBAN_LENGTHS = dict(pair.split(":") for pair in _IBAN_TABLE.split())
_RARE_LENGTHS = dict(pair.split(":") for pair in _RARE_TABLE.split())
"""Countries whose letters begin more order numbers than accounts: only a right sum
tells (SO is a sales order)."""

IBAN = "[A-Z]{2}[0-9]{2}[0-9A-Z]{11,29}"
IBAN_COUNTRIES = "|".join((*_IBAN_LENGTHS, *_RARE_LENGTHS))
_IBAN = re.compile(IBAN)


def find_card(number: str) -> bool | None:
    """Return whether a card's sum is right; None when the digits are no card.

    A wrong sum is told only of UnionPay's own lengths; a GTIN of 13 or 14 digits
    and a moment written as digits are no card though Luhn passes by chance.
    """
    if not _PAN.fullmatch(number) or _is_coincidence(number):
        return None
    if is_luhn(number):
        return True
    return False if _UNIONPAY.fullmatch(number) else None


def find_written_card(written: str) -> bool | None:
    """Return whether a card's sum is right, told also by how it is written.

    Four groups of four are how cards are written: then a wrong sum is told too.
    """
    number = _BREAK.sub("", written)
    found = find_card(number)
    if _MAESTRO_12.fullmatch(number) and is_luhn(number) and not is_ean(number):
        return True
    if found is None and _GROUPED.fullmatch(written) and _PAN.fullmatch(number):
        return False
    return found


def check_card(number: str) -> Token:
    """Return the fact about a value that is declared a card number."""
    if not _DECLARED.fullmatch(number):
        return Token.MALFORMED
    return Token.VALID if is_luhn(number) else Token.BAD_CHECKSUM


def find_iban(text: str) -> bool | None:
    """Return whether an IBAN's sum is right; None when the text is no IBAN."""
    country = text[:2]
    length = _IBAN_LENGTHS.get(country) or _RARE_LENGTHS.get(country)
    if length is None or len(text) != int(length) or not _IBAN.fullmatch(text):
        return None
    holds = is_iban_sum(text)
    return holds if holds or country in _IBAN_LENGTHS else None


def check_iban(text: str) -> Token:
    """Return the fact about a value that is declared an IBAN."""
    found = find_iban(text)
    if found is None:
        return Token.MALFORMED
    return Token.VALID if found else Token.BAD_CHECKSUM


def _is_coincidence(number: str) -> bool:
    if len(number) in _TRADE_LENGTHS:
        return is_ean(number)
    if number.startswith("2") and len(number) == _MASTERCARD_LENGTH:
        return not _MASTERCARD_2.match(number) or bool(_MOMENT.match(number))
    return False
