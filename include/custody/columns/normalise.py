"""Raw cells to one text column a register field (R20-R23).

The fast twin of `domain.normalising`: columns that are in their form already
pass untouched, everything else is asked of the domain rule once a distinct
value.  Placeholders are policy (`Source.placeholders`), so that the surname NA
stays a surname.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from custody.columns.mapping import contains, map_where, matches
from custody.columns.phones import phone_form
from custody.domain.fields import Field, Normaliser
from custody.domain.normalising import (
    BLANK,
    INVISIBLE,
    PLAIN_AMOUNT,
    WIDTH,
    email_form,
    fold,
    identifier_form,
    iso_date,
    plain_amount,
)
from custody.domain.phones import MOBILE
from custody.domain.sources import Source

_WIDE = f"[{INVISIBLE}\u3000\uff01-\uff5e]"
_LOOSE = "[\\s\u00a0\x00-\x1f\x7f\x85]{2}|[^\\S ]|[\u00a0\x00-\x1f\x7f\x85]|^ | $"
_FROM = [chr(code) for code in WIDTH] + list(INVISIBLE)
_TO = list(WIDTH.values()) + [""] * len(INVISIBLE)
_WRITTEN_MOBILE = "(?:(?:[+]|00)?86)?[ -]?1[0-9]{2}[ -]?[0-9]{4}[ -]?[0-9]{4}"
_READY = {
    Normaliser.DATE: "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    Normaliser.AMOUNT: PLAIN_AMOUNT.removeprefix("[-+]?").join(("-?", "")),
    Normaliser.IDENTIFIER: "[0-9A-Z]*",
    Normaliser.EMAIL: "[^@ ]*(?:@[a-z0-9.-]*)?",
}
"""What is in its form already and needs no rule."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """`values`: row, the fields, unknown columns; `placeholders`: field -> mask."""

    values: pl.DataFrame
    placeholders: dict[str, pl.Series]


def normalise_block(
    cells: pl.DataFrame, source: Source, fields: Sequence[Field]
) -> Normalised:
    """Return the values of a block, null where missing or a placeholder.

    Columns of one field are joined by one blank; unknown columns (`?<n>`) are
    carried as they came, unless policy ignores them.
    """
    held = frozenset(map(fold, source.placeholders)) - {""}
    columns = [cells["row"]]
    placeholders = {}
    for field in fields:
        names = [column.name for column in source.fields_of(field.name)]
        parts = [
            cells[name] if name in cells.columns else _nothing(cells.height)
            for name in names
        ]
        values, masked = normalise_field(parts, field, source.phone_region, held)
        columns.append(values.alias(field.name))
        placeholders[field.name] = masked
    if source.unknown_columns != "ignore":
        columns += [cells[name] for name in cells.columns if name.startswith("?")]
    return Normalised(pl.DataFrame(columns), placeholders)


def normalise_field(
    parts: Sequence[pl.Series], field: Field, region: str, held: frozenset[str]
) -> tuple[pl.Series, pl.Series]:
    """Return the values of one field, and where only placeholders stood."""
    folded, masks = zip(*(_present(part, held) for part in parts), strict=True)
    if len(parts) == 1 and field.normaliser is Normaliser.CODE:
        text = parts[0].set(folded[0].is_null(), None)
        return _trim_all(text), masks[0]
    joined = folded[0] if len(parts) == 1 else _join(folded)
    masked = pl.DataFrame([m.alias(str(i)) for i, m in enumerate(masks)])
    only = masked.max_horizontal() & joined.is_null()
    return _empty_to_null(_form(joined, field.normaliser, region)), only


def fold_all(values: pl.Series) -> pl.Series:
    """Return `domain.normalising.fold` of a column; null stays null."""
    if not contains(values, f"{_WIDE}|{_LOOSE}").any():
        return values
    wide = contains(values, _WIDE)
    if wide.any():
        at = wide.arg_true()
        values = values.scatter(at, values.gather(at).str.replace_many(_FROM, _TO))
    loose = contains(values, _LOOSE)
    if loose.any():
        at = loose.arg_true()
        tidy = values.gather(at).str.replace_all(BLANK, " ").str.strip_chars(" ")
        values = values.scatter(at, tidy)
    return values


def _present(part: pl.Series, held: frozenset[str]) -> tuple[pl.Series, pl.Series]:
    """Return the folded part, null when empty or a placeholder, and where it was."""
    folded = fold_all(part.cast(pl.String))
    masked = folded.is_in(list(held)).fill_null(value=False)
    return _empty_to_null(folded.set(masked, None)), masked


def _join(parts: Sequence[pl.Series]) -> pl.Series:
    frame = pl.DataFrame([part.alias(str(i)) for i, part in enumerate(parts)])
    joined = pl.concat_str(pl.all(), separator=" ", ignore_nulls=True)
    return _empty_to_null(frame.select(joined.alias("joined"))["joined"])


def _form(values: pl.Series, how: Normaliser, region: str) -> pl.Series:
    if how is Normaliser.PHONE:
        return _phones(values, region)
    rule = _RULES.get(how)
    if rule is None:
        return values
    odd = values.is_not_null() & ~matches(values, _READY[how])
    return map_where(values, odd, rule)


def _phones(values: pl.Series, region: str) -> pl.Series:
    rest = values.is_not_null()
    if region == "CN":
        bare = values.set(~matches(values, _WRITTEN_MOBILE), None)
        if contains(bare, "[ -]").any():
            bare = bare.str.replace_all("[ -]", "")
        local = bare.str.tail(11)
        mobile = matches(local, MOBILE)
        rest &= ~mobile
        e164 = pl.select(pl.concat_str(pl.lit("+86"), pl.lit(local))).to_series()
        values = e164.zip_with(mobile, values)
    return map_where(values, rest, partial(phone_form, region=region))


def _trim_all(values: pl.Series) -> pl.Series:
    if contains(values, f"[{INVISIBLE}]").any():
        values = values.str.replace_many(list(INVISIBLE), [""] * len(INVISIBLE))
    return _empty_to_null(values.str.replace_all(f"^{BLANK}|{BLANK}$", ""))


def _empty_to_null(values: pl.Series) -> pl.Series:
    return values.set((values == "").fill_null(value=False), None)


def _nothing(height: int) -> pl.Series:
    return pl.Series([None] * height, dtype=pl.String)


_RULES: dict[Normaliser, Callable[[str], str]] = {
    Normaliser.EMAIL: email_form,
    Normaliser.IDENTIFIER: identifier_form,
    Normaliser.DATE: lambda folded: iso_date(folded) or folded,
    Normaliser.AMOUNT: lambda folded: plain_amount(folded) or folded,
}
