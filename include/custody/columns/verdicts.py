"""From the facts of the fields to those of the row: contact, level, verdict.

The table `ROW_VERDICTS` is applied to whole columns; no other place decides
about rows (R24-R26).
"""

import datetime as dt
from collections.abc import Sequence

import polars as pl

from custody.columns.fieldfacts import LEVEL, FieldFacts
from custody.columns.tokens import TOKEN
from custody.domain.checksums import ID_LENGTH
from custody.domain.facts import ROW_VERDICTS, Requirement, RowVerdict, Token
from custody.domain.kinds import Kind
from custody.domain.levels import Level
from custody.domain.sources import Source

CONTACT = "contact"
MINOR = "minor"
MISSING = "missing"
MINOR_AGE = 14
"""Years; under it PIPL 31 asks for a guardian's consent."""

VERDICT = pl.Enum([verdict.value for verdict in RowVerdict])
"""Verdicts from the lightest to the gravest."""

_BIRTHS = (Kind.BIRTH_DATE, Kind.RESIDENT_ID)


def record_facts(
    values: pl.DataFrame,
    found: Sequence[FieldFacts],
    *,
    unknown: Sequence[str],
    source: Source,
    today: dt.date,
) -> list[pl.Series]:
    """Return contact, record__level, record__verdict and record__reasons."""
    contact = _contact(found, values.height)
    judged = [(one.plan.field.name, one.token, one.plan.requirement) for one in found]
    judged.append((CONTACT, contact, source.contact_requirement))
    verdicts, reasons = [], []
    for name, token, requirement in judged:
        if _loads_all(token, requirement):
            continue
        verdict, reason = _judge(name, token, requirement)
        verdicts.append(verdict.alias(name))
        reasons.append(reason.alias(name))
    if not source.minors_allowed:
        for name, young in _minors(values, found, today):
            if not young.any():
                continue
            verdicts.append(_where(young, RowVerdict.PENDING).alias(f"{name}?"))
            reasons.append(_text(young, f"{name}:{MINOR}").alias(f"{name}?"))
    return [
        contact.alias(CONTACT),
        _level(values, found, unknown).alias("record__level"),
        _verdict(verdicts, values.height).alias("record__verdict"),
        _joined(reasons, values.height).alias("record__reasons"),
    ]


def _loads_all(token: pl.Series, requirement: Requirement) -> bool:
    """Return whether no row asks for more: most fields of a good delivery."""
    return all(
        ROW_VERDICTS[None if one is None else Token(one), requirement]
        is RowVerdict.LOAD
        for one in token.unique().to_list()
    )


def _verdict(verdicts: Sequence[pl.Series], height: int) -> pl.Series:
    lightest = pl.Series([RowVerdict.LOAD.value], dtype=VERDICT)
    return _greatest([lightest.new_from_index(0, height), *verdicts], VERDICT)


def _joined(reasons: Sequence[pl.Series], height: int) -> pl.Series:
    if not reasons:
        return pl.Series([""], dtype=pl.String).new_from_index(0, height)
    joined = pl.concat_str(pl.all(), separator=",", ignore_nulls=True)
    return pl.DataFrame(reasons).select(joined.alias("reasons")).to_series()


def _judge(
    name: str, token: pl.Series, requirement: Requirement
) -> tuple[pl.Series, pl.Series]:
    """Return the verdict on one field of each row, and why unless it loads."""
    verdicts = [ROW_VERDICTS[one, requirement] for one in (*Token, None)]
    codes = token.to_physical().fill_null(len(Token))
    reasons = [
        None
        if verdict is RowVerdict.LOAD
        else f"{name}:{one.value if one else MISSING}"
        for one, verdict in zip((*Token, None), verdicts, strict=True)
    ]
    return (
        pl.Series([one.value for one in verdicts], dtype=VERDICT).gather(codes),
        pl.Series(reasons, dtype=pl.String).gather(codes),
    )


def _contact(found: Sequence[FieldFacts], height: int) -> pl.Series:
    """Return valid where a contact field is present and not known wrong (R24)."""
    usable = [Token.VALID.value, Token.UNCHECKED.value]
    reached = pl.Series([False]).new_from_index(0, height)
    for one in found:
        if one.plan.field.contact:
            reached |= one.token.is_in(usable).fill_null(value=False)
    valid = pl.Series([Token.VALID.value], dtype=TOKEN).new_from_index(0, height)
    return valid.set(~reached, None)


def _level(
    values: pl.DataFrame, found: Sequence[FieldFacts], unknown: Sequence[str]
) -> pl.Series:
    """Return the highest level sealed; an unknown column counts as high."""
    held = [one.sealed.alias(str(at)) for at, one in enumerate(found)]
    high = pl.Series([Level.HIGH.value], dtype=LEVEL).new_from_index(0, values.height)
    held += [high.set(values[name].is_null(), None).alias(name) for name in unknown]
    return _greatest(held, LEVEL).fill_null(Level.LOW.value)


def _greatest(columns: Sequence[pl.Series], scale: pl.Enum) -> pl.Series:
    ranks = pl.DataFrame(
        [column.to_physical().alias(str(at)) for at, column in enumerate(columns)]
    )
    greatest = ranks.max_horizontal()
    return pl.Series(list(scale.categories), dtype=scale).gather(greatest)


def _minors(
    values: pl.DataFrame, found: Sequence[FieldFacts], today: dt.date
) -> list[tuple[str, pl.Series]]:
    """Return each field that tells a birth, and where it tells an age under 14."""
    latest = f"{_years_before(today, MINOR_AGE):%Y%m%d}"
    told = []
    for one in found:
        kind = next((k for k in one.plan.field.kinds if k in _BIRTHS), None)
        if kind is not None:
            name = one.plan.field.name
            births = _births(values[name], kind)
            valid = (one.token == Token.VALID.value).fill_null(value=False)
            told.append((name, (births > latest).fill_null(value=False) & valid))
    return told


def _births(values: pl.Series, kind: Kind) -> pl.Series:
    """Return births as yyyymmdd; of a 15-digit ID none: they end with 1999."""
    if kind is Kind.BIRTH_DATE:
        return values.str.replace_all("-", "", literal=True)
    short = (values.str.len_chars() != ID_LENGTH).fill_null(value=True)
    return values.str.slice(6, 8).set(short, None)


def _years_before(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _where(mask: pl.Series, verdict: RowVerdict) -> pl.Series:
    told = pl.Series([verdict.value], dtype=VERDICT).new_from_index(0, len(mask))
    return told.set(~mask, None)


def _text(mask: pl.Series, text: str) -> pl.Series:
    told = pl.Series([text], dtype=pl.String).new_from_index(0, len(mask))
    return told.set(~mask, None)
