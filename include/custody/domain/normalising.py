"""How the text of a field is brought into one form before it is checked.

Pure and per value; `columns.normalise` does the same to whole columns and is
proven equal by property tests.  Text keeps its case and its words: only width,
blanks and invisible characters change (R20-R23).
"""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from custody.domain.fields import Normaliser
from custody.domain.phones import e164

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
"""Characters without width that forms and spreadsheets leave behind."""

BLANK = "[\\s\u00a0\u3000\x00-\x1f\x7f\x85]+"
QUOTES = "'\"`\u2018\u2019\u201c\u201d"
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
WIDTH = {0x3000: " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}
"""Full-width ASCII and the ideographic blank, to their half-width forms."""

IDENTIFIER_NOISE = f"[ .{QUOTES}_·-]"
DATE = (
    "([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    "(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?Z?)?"
)
COMPACT_DATE = "([0-9]{4})([0-9]{2})([0-9]{2})"
AMOUNT_NOISE = (
    "(?i)(?:新台幣|新台币|人民币|人民幣|台币|台幣|港币|港幣|美元|欧元"
    "|RMB|CNY|USD|TWD|NTD?|HKD|EUR|GBP|[¥￥$€£元圆圓整 ])"
)
PLAIN_AMOUNT = "[-+]?[0-9]+(?:[.][0-9]+)?"
GROUPED_AMOUNT = "[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:[.][0-9]+)?"
_SCALED = re.compile(f"({PLAIN_AMOUNT})(万|萬|亿|億)")
_SCALES = {"万": 4, "萬": 4, "亿": 8, "億": 8}
_BRACKETED = re.compile(r"\(([^()]+)\)")

_WIDTH_AND_INVISIBLE = WIDTH | dict.fromkeys(map(ord, INVISIBLE))
_NO_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE))
_BLANKS = re.compile(BLANK)
_NOISE = re.compile(IDENTIFIER_NOISE)
_DATE = re.compile(DATE)
_COMPACT_DATE = re.compile(COMPACT_DATE)
_AMOUNT_NOISE = re.compile(AMOUNT_NOISE)
_PLAIN = re.compile(PLAIN_AMOUNT)
_GROUPED = re.compile(GROUPED_AMOUNT)


def fold(text: str) -> str:
    """Return the text half-width, trimmed, inner blanks single; case is kept."""
    return _BLANKS.sub(" ", text.translate(_WIDTH_AND_INVISIBLE)).strip(" ")


def trim(text: str) -> str:
    """Return the text without invisible characters and blanks around it."""
    return re.sub(f"^{BLANK}|{BLANK}$", "", text.translate(_NO_INVISIBLE))


def normalise(text: str, how: Normaliser, *, phone_region: str = "CN") -> str:
    """Return the one form of a value; empty when nothing is left.

    What cannot be brought into the form (a phone that is none, a date that does
    not exist) stays as folded text, for the facts to say so.
    """
    if how is Normaliser.CODE:
        return trim(text)
    folded = fold(text)
    if how is Normaliser.PHONE:
        return e164(folded, phone_region) or folded
    return _FORMS.get(how, str)(folded)


def email_form(folded: str) -> str:
    """Return an e-mail address without blanks, its domain in lower case."""
    local, at, domain = folded.replace(" ", "").rpartition("@")
    return f"{local}{at}{domain.lower()}" if at else folded


def identifier_form(folded: str) -> str:
    """Return an identifier upper-case, without blanks, dots, hyphens or quotes."""
    return _NOISE.sub("", folded.translate(dict.fromkeys(map(ord, DASHES)))).upper()


def iso_date(folded: str) -> str | None:
    """Return a year-first date as `YYYY-MM-DD`, None when it is no real date."""
    found = _DATE.fullmatch(folded) or _COMPACT_DATE.fullmatch(folded)
    if found is None:
        return None
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        return None


def plain_amount(folded: str) -> str | None:
    """Return a plain decimal, None when the text is no amount.

    Currency words, thousands separators and accounting brackets go; 万 and 亿
    are multiplied out.  A comma that is no thousands separator makes it none.
    """
    text = _AMOUNT_NOISE.sub("", folded)
    bracketed = _BRACKETED.fullmatch(text)
    if bracketed:
        text = f"-{bracketed[1]}"
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    scaled = _SCALED.fullmatch(text)
    if scaled:
        text = _scale(scaled[1], _SCALES[scaled[2]])
    return text.removeprefix("+") if _PLAIN.fullmatch(text) else None


def amount_of(text: str | None) -> Decimal | None:
    """Return the number that a normalised amount says, None when it is none."""
    if text is None or not _PLAIN.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:  # pragma: no cover - the pattern excludes it
        return None


def _scale(number: str, places: int) -> str:
    scaled = Decimal(number).scaleb(places)
    return f"{scaled.quantize(Decimal(1)) if scaled == int(scaled) else scaled:f}"


_FORMS: dict[Normaliser, Callable[[str], str]] = {
    Normaliser.EMAIL: email_form,
    Normaliser.IDENTIFIER: identifier_form,
    Normaliser.DATE: lambda folded: iso_date(folded) or folded,
    Normaliser.AMOUNT: lambda folded: plain_amount(folded) or folded,
}
