"""Phone numbers: mainland China's numbering plan, and the shape of E.164.

Stdlib only; numbers of other regions in their national form are parsed by
`columns.phones` with the `phonenumbers` library and arrive here as E.164.
"""

import re

MOBILE = "1(?:[38][0-9]|4[5-9]|[59][0-35-9]|6[25-7]|7[0-8])[0-9]{8}"
"""Mainland mobile numbers, 11 digits; the patterns suit Python and Rust alike."""

LANDLINE = (
    "0(?:10|2[0-57-9])[2-8][0-9]{7}|0(?:3[1-9]|4[1-8]|5[1-9]|6[136]|7[1-9]|8[1-9]|9[0-9])"
    "[0-9][2-8][0-9]{6,7}"
)
SERVICE = "[48]00[0-9]{7}"
EXTENSION = "(?: ?(?:转|轉|分机|分機|ext[.]?|extension|x|#) ?[0-9]{1,6})?"
FORM = "[+(]{0,2}[0-9][0-9 ().-]{5,24}"
"""What a written number is made of, before its punctuation is taken out."""

NANP = (
    "(?:[+]?1[ .-]?)?(?:[(][2-9][0-9]{2}[)] ?|[2-9][0-9]{2}[-. ])"
    "[2-9][0-9]{2}[-. ][0-9]{4}"
)
BRACKETED = "(?:[+]?[0-9]{1,3} ?)?[(][0-9]{1,5}[)] ?[0-9]{2,5}(?:[ -]?[0-9]{2,4}){1,3}"
TRUNK = "0[0-9]{1,4}[- ][0-9]{3,4}[- ]?[0-9]{3,4}|0[1-9][0-9]{2,3}[ ][0-9]{5}"
"""A leading zero and a written break: how most of the world writes area codes."""

EUROPEAN = "0[1-9](?:[ .][0-9]{2}){4}"
"""Ten digits in pairs, as France writes them."""

NEIGHBOUR = (
    "(?:00)?(?:85[23][ -][2-9][0-9]{3}[ -]?[0-9]{4}"
    "|886[ -](?:9[0-9]{2}(?:[ -]?[0-9]{3}){2}|[2-8][0-9]?[ -][0-9]{3,4}[ -]?[0-9]{4}))"
)
"""Hong Kong, Macau and Taiwan with their codes, but without a plus sign."""

UNBROKEN = "00(?:85[23][2-9][0-9]{7}|886(?:9[0-9]{8}|[2-8][0-9]{7,8}))|8869[0-9]{8}"
"""The same without a break: two zeros, or Taiwan's mobiles, are enough."""

SLASHED = "(0[0-9]{2,3})/([2-8][0-9]{6,7})"
"""An area code and a slash, as in 0571/87654321."""

_TAIWAN_MOBILE = re.compile("09[0-9]{8}")
_SUBSCRIBER = "(0[0-9]{2,3}-[2-8][0-9]{6,7})-[0-9]{1,6}"  # a landline's extension
_LANDLINE_EXTENSION = re.compile(_SUBSCRIBER)
_CHINA = re.compile(f"(?:[+]86|0086|86)?({MOBILE})")
_LANDLINE = re.compile(LANDLINE)
_SERVICE = re.compile(SERVICE)
_FORM = re.compile(f"({FORM}?){EXTENSION}", re.IGNORECASE)
_FOREIGN = re.compile(
    f"(?:{NANP}|{BRACKETED}|{TRUNK}|{EUROPEAN}|{NEIGHBOUR}){EXTENSION}", re.IGNORECASE
)
_UNBROKEN = re.compile(UNBROKEN)
_SLASHED = re.compile(SLASHED)
_CODE_APART = re.compile("86[ -]")  # its break tells it from the digits
_DECIMAL = re.compile("[0-9]+[.][0-9]+")  # an amount
_PUNCTUATION = re.compile("[ ().-]")
_E164 = re.compile("[+][1-9][0-9]{7,14}")
_MIN_DIGITS, _MAX_DIGITS = 7, 15
_COUNTRY = (
    "(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    "|2[1-689][0-9]|3[578][0-9]|42[0139]|50[0-9]|59[0-9]|6[789][0-9]"
    "|8[058][0-9]|87[0-9]|9[679][0-9])"
)
CALLING_CODE = f"[+]{_COUNTRY}[0-9]+"
_CALLING_CODES = re.compile(CALLING_CODE)
_INTERNATIONAL = re.compile(f"00(?!86){_COUNTRY}[ -][0-9][0-9 -]{{6,14}}")
"""Two zeros for the plus sign, and a break behind the country's code."""


def e164(folded: str, region: str) -> str | None:
    """Return `+<country><number>`, None when these rules know no such number.

    National forms are read only for region `CN`; an extension is left out.
    """
    written = _FORM.fullmatch(folded.removeprefix("tel:"))
    if written is None or _DECIMAL.fullmatch(folded):
        return None
    bare = _PUNCTUATION.sub("", written[1])
    if _CODE_APART.match(written[1]):
        bare = f"+{bare}"
    if bare.startswith("+") and not bare.startswith("+86"):
        return bare if is_e164(bare) else None
    if region == "CN" or bare.startswith(("+86", "0086")):
        return _china(bare)
    return None


def is_e164(text: str) -> bool:
    """Return whether the text has the shape of E.164; +86 must fit China's plan."""
    if text.startswith("+86"):
        return bool(_china(text) == text)
    return bool(_E164.fullmatch(text) and _CALLING_CODES.fullmatch(text))


def is_phone(folded: str) -> bool:
    """Return whether a whole value is a phone number that can be told by itself.

    Numbers of other regions need a country code, brackets or an area code with a
    break; bare digits are phones in China's plan only, so that order numbers are
    not called phones.
    """
    if e164(folded, "CN") or _TAIWAN_MOBILE.fullmatch(folded):
        return True
    extended = _LANDLINE_EXTENSION.fullmatch(folded)
    if extended and e164(extended[1], "CN"):
        return True
    slashed = _SLASHED.fullmatch(folded)
    if slashed and e164(f"{slashed[1]}-{slashed[2]}", "CN"):
        return True
    if _UNBROKEN.fullmatch(folded) or _INTERNATIONAL.fullmatch(folded):
        return True
    if not _FOREIGN.fullmatch(folded):
        return False
    written = _FORM.fullmatch(folded)
    number: str = written[1] if written else folded
    return _MIN_DIGITS <= sum(map(str.isdigit, number)) <= _MAX_DIGITS


def _china(bare: str) -> str | None:
    mobile = _CHINA.fullmatch(bare)
    if mobile:
        return f"+86{mobile[1]}"
    local = re.sub("^(?:[+]86|0086)", "", bare)
    if _SERVICE.fullmatch(local):
        return f"+86{local}"
    if local != bare and not local.startswith("0"):
        local = f"0{local}"
    return f"+86{local[1:]}" if _LANDLINE.fullmatch(local) else None
