"""Free text by columns: what holds nothing is told without asking (R20-R23).

Most remarks hold no personal data.  The gates of `columns.gates` say so for a
whole column at once; what stands at an open gate is asked of the domain rule, with
the searches whose gates are open only.  Property tests prove the answers equal.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from custody.columns.gates import (
    ADDRESSED,
    GATES,
    MOBILE_ALONE,
    STRANGE,
    TAX_LABELLED,
    UNSURE_EMAIL,
    WHOLE,
    WHOLE_CODE,
)
from custody.columns.lanes import NOT_MINE, NOTHING, SURE, Codes, words
from custody.columns.mapping import contains
from custody.domain.addresses import DOORED
from custody.domain.companies import COMPANY, LATIN_COMPANY, LONGEST_COMPANY, UNNAMED
from custody.domain.detection import CODE, Detection, detect, detect_prose, detect_text
from custody.domain.emails import EMAIL
from custody.domain.free_text import Search
from custody.domain.kinds import Kind
from custody.domain.names import LATIN_NAMES, NO_LATIN_NAME, NO_PERSON, WHOLE_PERSON

Masks = npt.NDArray[np.int32]

_BITS = {search: 1 << at for at, search in enumerate(Search)}
_WHOLE = 1 << len(_BITS)
"""The bit of a value that may be a number or a word itself."""

_ANYTHING = _WHOLE << 1
"""The bit of a value of which nothing is known."""

_DIGITS = _BITS[Search.NUMBER] | _BITS[Search.LABELLED]

_COMPANY, _PERSON = "company", "person"
_TEXT, _REST = pl.col("text"), pl.col("rest")


@dataclass(frozen=True, slots=True)
class Prose:
    """What gates tell of each text: a code, or NOT_MINE and the open gates."""

    codes: Codes
    masks: Masks


def read_prose(texts: pl.Series) -> Prose:
    """Return what is told of texts in their detection form; none is null."""
    frame = texts.alias("text").to_frame()
    mailed = frame.select(*_mail()) if texts.str.contains(ADDRESSED).any() else None
    frame = frame.with_columns(_TEXT.alias("rest") if mailed is None else _rest(mailed))
    found = frame.select(*_gates(), *_names())
    masks = np.zeros(len(texts), dtype=np.int32)
    for search in GATES:
        masks |= _BITS[search] * found[search.name].to_numpy()
    if mailed is not None:
        masks |= _BITS[Search.EMAIL] * mailed["sure"].to_numpy()
        masks[mailed["unsure"].to_numpy()] |= _ANYTHING
    masks[found["whole"].to_numpy()] |= _WHOLE
    masks[found["strange"].to_numpy()] |= _ANYTHING
    codes = _codes(masks, found)
    _tell_mobiles(codes, masks, frame["rest"], found)
    return Prose(codes, masks)


def ask(text: str, mask: int, *, today: dt.date) -> Detection:
    """Ask the domain rule of a text what open gates leave in doubt."""
    if mask & _ANYTHING:
        return detect(text, today=today)
    rule = detect_text if mask & _WHOLE else detect_prose
    return rule(text, today=today, searches=_searches(mask))


@cache
def _searches(mask: int) -> Collection[Search]:
    return frozenset(search for search, bit in _BITS.items() if mask & bit)


def _codes(masks: Masks, found: pl.DataFrame) -> Codes:
    """Return codes where no gate is open, or only those that need no asking."""
    codes = np.full(len(masks), NOT_MINE, dtype=np.int16)
    company, person = found[_COMPANY].to_numpy(), found[_PERSON].to_numpy()
    shut = masks == 0
    placed = masks == _BITS[Search.ADDRESS]
    codes[shut] = NOTHING
    codes[placed] = SURE.index(Kind.ADDRESS)
    codes[(shut | placed) & person] = SURE.index(Kind.PERSON_NAME)
    codes[(shut | placed) & company] = SURE.index(Kind.COMPANY_NAME)
    mailed = (masks == _BITS[Search.EMAIL]) & ~company & ~person
    codes[mailed] = SURE.index(Kind.EMAIL)
    return codes


def _tell_mobiles(
    codes: Codes, masks: Masks, rest: pl.Series, found: pl.DataFrame
) -> None:
    """Write PHONE where a mobile stands alone and opens every open gate."""
    open_by_digits = (masks & _BITS[Search.NUMBER] > 0) & (masks & ~_DIGITS == 0)
    at = np.flatnonzero(open_by_digits & ~found[_COMPANY].to_numpy())
    if not len(at):
        return
    texts = rest.gather(at)
    alone = contains(texts, MOBILE_ALONE) & ~contains(texts, TAX_LABELLED)
    without = texts.str.replace_all(MOBILE_ALONE, "${1}\u25cb${2}")
    for search in (Search.NUMBER, Search.LABELLED):
        alone &= ~contains(without, GATES[search])
    codes[at[alone.to_numpy()]] = SURE.index(Kind.PHONE)


def _mail() -> tuple[pl.Expr, ...]:
    """Return where a text holds an address for sure, and where it may."""
    at, held = _TEXT.str.contains(ADDRESSED), _TEXT.str.contains(EMAIL)
    unsure = _TEXT.str.contains(UNSURE_EMAIL)
    return (
        _TEXT,
        (at & held & ~unsure).alias("sure"),
        (at & unsure).alias("unsure"),
    )


def _rest(mailed: pl.DataFrame) -> pl.Series:
    """Return the texts without their addresses, as the rule searches them."""
    at = mailed["sure"].arg_true()
    without = mailed["text"].gather(at).str.replace_all(EMAIL, " ")
    return mailed["text"].scatter(at, without).alias("rest")


def _gates() -> list[pl.Expr]:
    gates = [
        (_TEXT if search is Search.CREDENTIAL else _REST)
        .str.contains(pattern)
        .alias(search.name)
        for search, pattern in GATES.items()
    ]
    code = _TEXT.str.replace_all("[ -]", "").str.to_uppercase()
    numbered = _TEXT.str.contains(f"^{CODE}$") & code.str.contains(WHOLE_CODE)
    whole = _TEXT.str.contains(WHOLE) | numbered
    return [*gates, whole.alias("whole"), _TEXT.str.contains(STRANGE).alias("strange")]


def _names() -> tuple[pl.Expr, pl.Expr]:
    """Return where a whole text is a company's name, and where a person's."""
    company = _TEXT.str.contains(f"^(?:{COMPANY})$|^(?:{LATIN_COMPANY})$")
    company &= _TEXT.str.len_chars() <= LONGEST_COMPANY
    han = _TEXT.str.contains(f"^(?:{WHOLE_PERSON})$")
    latin = _TEXT.str.contains(f"^(?:{LATIN_NAMES})$")
    latin &= ~_TEXT.str.contains(NO_LATIN_NAME)
    told = ~_TEXT.is_in(words()) & ~_TEXT.str.contains(NO_PERSON)
    person = pl.when(han).then(told).otherwise(latin)
    return (
        (company & ~_TEXT.str.contains(f"{UNNAMED}|{DOORED}")).alias(_COMPANY),
        person.alias(_PERSON),
    )
