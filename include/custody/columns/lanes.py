"""The lanes of detection: whole columns of one plain form, told without asking.

A lane takes the values that fit its pattern and gives what `domain.detection`
says of each of them; what it leaves goes to the next lane and at last to the
domain rule.  Property tests prove every lane equal to the rule.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from custody.columns import sums
from custody.columns.mapping import contains, matches
from custody.domain.addresses import ADDRESS, DOORED
from custody.domain.cards import PAN
from custody.domain.companies import COMPANY, LATIN_COMPANY, LONGEST_COMPANY, UNNAMED
from custody.domain.credentials import HAN_CREDENTIAL_LABEL
from custody.domain.documents import RESIDENT_18, USCC
from custody.domain.emails import EMAIL, MISWRITTEN, NO_ADDRESS
from custody.domain.free_text import PERSON_LABEL, UUID
from custody.domain.kinds import Kind
from custody.domain.latin_addresses import LATIN_ADDRESSES
from custody.domain.names import (
    HAN,
    LATIN_NAMES,
    NO_LATIN_NAME,
    NO_PERSON,
    WHOLE_PERSON,
    WORDS,
)
from custody.domain.phones import CALLING_CODE, MOBILE
from custody.domain.written_dates import MONTHS

Codes = npt.NDArray[np.int16]

NOT_MINE, NOTHING = -1, 0
SURE = (None, *Kind)
"""What the codes of lanes mean: nothing, or the kind with a check that holds."""

_CODE = {kind: code for code, kind in enumerate(SURE) if kind is not None}

_MOBILE = f"(?:[+]86)?{MOBILE}"
_ABROAD = "[+](?:[1-79][0-9]|8[0-57-9])[0-9]{6,13}"
_SHORT = (
    "[0-9]{1,8}|-?(?:[0-9]{1,10}[.][0-9]{1,9}|[0-9]{1,12}[.][0-9]{2,9})|[A-Za-z]{1,12}"
)
_DANGER = (
    "[A-Za-z@.:$+=\"'`#/?]|(?:[0-9][ -]?){6}|出生|生日|生于|转|轉|分机|分機"
    "|使[0-9]|[0-9]使|[0-9] ?[年月]|先生|女士|小姐"
    f"|{PERSON_LABEL}|{HAN_CREDENTIAL_LABEL}"
)
"""What makes Han text more than a plain name, company or address."""

_DATE = (
    "(?:1[89]|20)[0-9]{2}-[0-9]{2}-[0-9]{2}"
    "(?: [0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,6})?)?"
)
_TIME_OF_DAY = " .*[1-9]"
_LATIN = "[A-Za-z\u00c0-\u024f0-9 .,&()/#'-]+"
_LATIN_DANGER = (
    "[0-9](?:[ .()/#-]*[0-9]){5}|^[A-Za-z]{2}[ -]?[0-9]|^[Mm][ -]?[Aa]|-[0-9X]"
    "|[\u0130\u0131\u017f]|[0-9][.][0-9]"
    "|(?i:p[a@4][s$5]{2}| is |a[ks]ia[0-9a-z]{12}|eyj|cvv2? [0-9]|xox"
    "|glpat-|sk-|aiza|bearer|answer|private key|(?:travel|residence) permit"
    "|born|dob|d[.]o[.]b|birth|hkid"
    "|(?:tax ?id|tin|vat|ein)(?:[^0-9]*[0-9]){7}"
    f"|[0-9](?:st|nd|rd|th)?[ -]+(?:{MONTHS})|(?:{MONTHS})[a-z]*[.]?[ ,]+[0-9])"
)
"""What makes Latin text more than a plain name, company or address."""

_MACHINE = f"{UUID}|[0-9A-Fa-f]{{42,}}"
"""Identifiers that machines draw; nothing hides in them."""

_OWN_NUMBER = "[ABFIJNOQRUVXYZ][A-Z]{0,3}0[0-9]{7,9}|[A-Z]{2,4}-20[0-9]{2}-[0-9]{7,8}"
"""Customer and document numbers that a company counts up; no document, account or
phone is written so (see `domain.documents`, `domain.cards`)."""


@dataclass(frozen=True, slots=True)
class Lane:
    """`serves`: the kinds for which a field tries this lane first."""

    serves: frozenset[Kind]
    codes: Callable[[pl.Series, dt.date], Codes]


def _mobiles(values: pl.Series, _today: dt.date) -> Codes:
    return _given(values, matches(values, _MOBILE), Kind.PHONE)


def _abroad(values: pl.Series, _today: dt.date) -> Codes:
    fits = matches(values, _ABROAD)
    if fits.any():
        fits &= matches(values, CALLING_CODE)
    return _given(values, fits, Kind.PHONE)


def _emails(values: pl.Series, _today: dt.date) -> Codes:
    plain = matches(values, EMAIL)
    if plain.any():
        plain &= ~contains(values, f"{MISWRITTEN}|{NO_ADDRESS}")
    return _given(values, plain, Kind.EMAIL)


def _resident_ids(values: pl.Series, today: dt.date) -> Codes:
    def holds(numbers: pl.Series) -> npt.NDArray[np.bool_]:
        codes = sums.characters(numbers, 18)
        births, real = sums.resident_births(codes)
        past = births <= int(today.strftime("%Y%m%d"))
        return np.asarray(real & past & sums.resident_id_sums(codes))

    return _summed(values, RESIDENT_18, holds, Kind.RESIDENT_ID)


def _credit_codes(values: pl.Series, _today: dt.date) -> Codes:
    def holds(numbers: pl.Series) -> npt.NDArray[np.bool_]:
        lettered = contains(numbers, "[A-WY-Z]").to_numpy()
        return np.asarray(sums.uscc_sums(sums.characters(numbers, 18)) & lettered)

    return _summed(values, USCC, holds, Kind.USCC)


def _cards(values: pl.Series, _today: dt.date) -> Codes:
    codes = _untold(values)
    for length in (16, 19):
        at = matches(values, f"[3-69][0-9]{{{length - 1}}}").arg_true()
        at = at.filter(matches(values.gather(at), PAN)) if len(at) else at
        if len(at):
            holds = sums.luhn_sums(sums.characters(values.gather(at), length))
            codes[at.to_numpy()[holds]] = _CODE[Kind.BANK_CARD]
    return codes


def _han(values: pl.Series, _today: dt.date) -> Codes:
    codes = _untold(values)
    at = (contains(values, HAN) & ~contains(values, _DANGER)).arg_true()
    if not len(at):
        return codes
    texts = values.gather(at)
    told = np.full(len(texts), NOTHING, dtype=np.int16)
    person = matches(texts, WHOLE_PERSON) & ~contains(texts, NO_PERSON)
    told[contains(texts, ADDRESS).to_numpy()] = _CODE[Kind.ADDRESS]
    told[(person & ~texts.is_in(words())).to_numpy()] = _CODE[Kind.PERSON_NAME]
    company = matches(texts, COMPANY) & ~contains(texts, f"{UNNAMED}|{DOORED}")
    told[_short_enough(texts, company)] = _CODE[Kind.COMPANY_NAME]
    codes[at.to_numpy()] = told
    return codes


def _latin(values: pl.Series, _today: dt.date) -> Codes:
    codes = _untold(values)
    at = (matches(values, _LATIN) & ~contains(values, _LATIN_DANGER)).arg_true()
    if not len(at):
        return codes
    texts = values.gather(at)
    told = np.full(len(texts), NOTHING, dtype=np.int16)
    told[contains(texts, LATIN_ADDRESSES).to_numpy()] = _CODE[Kind.ADDRESS]
    person = matches(texts, LATIN_NAMES) & ~contains(texts, NO_LATIN_NAME)
    told[person.to_numpy()] = _CODE[Kind.PERSON_NAME]
    company = matches(texts, LATIN_COMPANY)
    told[_short_enough(texts, company)] = _CODE[Kind.COMPANY_NAME]
    codes[at.to_numpy()] = told
    return codes


@cache
def words() -> pl.Series:
    """Return the words that begin like a name, as one list for `is_in`."""
    return pl.Series(sorted(WORDS)).implode()


def _short_enough(texts: pl.Series, company: pl.Series) -> npt.NDArray[np.bool_]:
    return (company & (texts.str.len_chars() <= LONGEST_COMPANY)).to_numpy()


def _nothing(pattern: str) -> Callable[[pl.Series, dt.date], Codes]:
    """Return the rule of a lane whose values hold nothing."""

    def codes(values: pl.Series, _today: dt.date) -> Codes:
        told = _untold(values)
        told[matches(values, pattern).to_numpy()] = NOTHING
        return told

    return codes


def _dates(values: pl.Series, today: dt.date) -> Codes:
    codes = _untold(values)
    fits = matches(values, _DATE)
    codes[fits.to_numpy()] = NOTHING
    at = fits.arg_true()
    if not len(at):
        return codes
    days = values.gather(at).str.slice(0, 10)
    dates = days.str.to_date("%Y-%m-%d", strict=False)
    adult = dates.dt.year().is_between(today.year - 110, today.year - 16)
    adult &= ~contains(values.gather(at), _TIME_OF_DAY)
    codes[at.to_numpy()[adult.fill_null(value=False).to_numpy()]] = _CODE[
        Kind.BIRTH_DATE
    ]
    return codes


def _given(values: pl.Series, fits: pl.Series, kind: Kind) -> Codes:
    codes = _untold(values)
    codes[fits.to_numpy()] = _CODE[kind]
    return codes


def _summed(
    values: pl.Series,
    pattern: str,
    holds: Callable[[pl.Series], npt.NDArray[np.bool_]],
    kind: Kind,
) -> Codes:
    codes = _untold(values)
    at = matches(values, pattern).arg_true()
    if len(at):
        codes[at.to_numpy()[holds(values.gather(at))]] = _CODE[kind]
    return codes


def _untold(values: pl.Series) -> Codes:
    return np.full(len(values), NOT_MINE, dtype=np.int16)


LANES = (
    Lane(frozenset(), _nothing(_SHORT)),
    Lane(frozenset({Kind.PERSON_NAME, Kind.COMPANY_NAME, Kind.ADDRESS}), _han),
    Lane(frozenset({Kind.PHONE}), _mobiles),
    Lane(frozenset({Kind.EMAIL}), _emails),
    Lane(frozenset({Kind.RESIDENT_ID}), _resident_ids),
    Lane(frozenset({Kind.BANK_CARD}), _cards),
    Lane(frozenset({Kind.USCC, Kind.TAXPAYER_ID}), _credit_codes),
    Lane(frozenset({Kind.BIRTH_DATE}), _dates),
    Lane(frozenset({Kind.PHONE}), _abroad),
    Lane(frozenset({Kind.PERSON_NAME, Kind.COMPANY_NAME, Kind.ADDRESS}), _latin),
    Lane(frozenset(), _nothing(_MACHINE)),
    Lane(frozenset(), _nothing(_OWN_NUMBER)),
)
