"""Industries 行业属性: from what a source writes to the policy's code (R10, R35).

Sources write a code, the pair in either language (金融-银行) or a spelling that
policy lists; anything else is the one unknown industry, to be completed later
(R26).  Whether an industry is demanded is the source's requirement, not ours.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from custody.domain.fields import Industry

_DASHES = re.compile(r"\s*[-\u2010-\u2015\u2212/\u00b7]\s*")
_BLANKS = re.compile(r"\s+")


def industry_key(text: str) -> str:
    """Return the form in which spellings are compared.

    Width folded (NFKC), case folded, dashes alike and without blanks around,
    inner blanks single: `金融 － 银行` and `金融-银行` are one spelling.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    return _BLANKS.sub(" ", _DASHES.sub("-", folded))


def industry_spellings(industries: Iterable[Industry]) -> dict[str, Industry]:
    """Return each known spelling in its compared form, and its industry.

    ValueError when one spelling names two industries; the message tells their
    codes.
    """
    spellings: dict[str, Industry] = {}
    for industry in industries:
        names = (industry.code, industry.pair_zh, industry.pair_en, *industry.names)
        for key in dict.fromkeys(map(industry_key, names)):
            other = spellings.setdefault(key, industry)
            if other is not industry:
                message = f"one spelling names both {other.code} and {industry.code}"
                raise ValueError(message)
    return spellings


def industry_of(
    text: str | None, spellings: Mapping[str, Industry], *, otherwise: Industry
) -> Industry:
    """Return the industry that a text names, else `otherwise`."""
    if text is None:
        return otherwise
    return spellings.get(industry_key(text), otherwise)
