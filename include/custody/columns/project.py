"""What is shown of a record without opening it: masks and low fields (R30, R31).

A field is shown by its own mask; a field whose detected level is above low is
never shown as it is, whatever its declared level (design section 4).
"""

import json
from collections.abc import Mapping, Sequence

import polars as pl

from custody.columns.blocks import Examined
from custody.columns.mapping import contains, map_where
from custody.columns.masks import mask_column
from custody.domain.fields import Field, Mask
from custody.domain.levels import Level

NAME_FIELD = "customer_name"
NATURAL = "natural"
_CLOSED = {Mask.NONE: Mask.HIDDEN, Mask.PARTY_NAME: Mask.SURNAME}
"""What stands in for a mask that shows the value, when it may not be shown."""

_ESCAPED = '["\\\\\x00-\x1f]'
"""What JSON does not hold as it is."""


def project(
    examined: Examined,
    *,
    handles: pl.Series,
    levels: Mapping[str, pl.Series],
    fields: Sequence[Field],
) -> pl.DataFrame:
    """Return row, handle, name and shown (JSON object: field -> mask or value).

    `name` is the searchable name: a legal person's only (R9, R29).
    """
    natural = examined.identity["party"].cast(pl.String) == NATURAL
    natural = natural.fill_null(value=False)
    parts = [
        _member(one.name, _shown(one, examined, levels[one.name], natural))
        for one in fields
        if one.name in examined.values.columns
    ]
    return pl.DataFrame(
        {
            "row": examined.values["row"],
            "handle": handles,
            "name": _names(examined, levels),
            "shown": _object(parts, examined.values.height),
        }
    )


def mask_at(field: Field, level: str) -> Mask:
    """Return the mask of a field sealed at a level: plain only when low."""
    if level == Level.LOW.value:
        return field.mask
    return _CLOSED.get(field.mask, field.mask)


def _shown(
    field: Field, examined: Examined, levels: pl.Series, natural: pl.Series
) -> pl.Series:
    """Return what is shown of one field; a value without a level counts as high."""
    values = examined.values[field.name].cast(pl.String)
    sealed_at: dict[Mask, list[str]] = {}
    for level in Level:
        sealed_at.setdefault(mask_at(field, level.value), []).append(level.value)
    shown = pl.Series([None], dtype=pl.String).new_from_index(0, len(values))
    levels = levels.fill_null(Level.HIGH.value)
    for how, chosen in sealed_at.items():
        here = levels.is_in(chosen)
        if here.any():
            masked = mask_column(values.set(~here, None), how, natural=natural)
            shown = masked.zip_with(here, shown)
    return shown


def _member(name: str, shown: pl.Series) -> pl.Series:
    """Return `"name": "text"` as `json.dumps` writes it, null where not shown."""
    escaped = map_where(shown, contains(shown, _ESCAPED), _escape)
    return (f'{_quoted(name)}: "' + escaped + '"').alias(name)


def _object(members: Sequence[pl.Series], height: int) -> pl.Series:
    if not members:
        return pl.Series(["{}"], dtype=pl.String).new_from_index(0, height)
    joined = pl.concat_str(pl.all(), separator=", ", ignore_nulls=True)
    return "{" + pl.DataFrame(members).select(joined.alias("shown"))["shown"] + "}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _escape(text: str) -> str:
    return _quoted(text)[1:-1]


def _names(examined: Examined, levels: Mapping[str, pl.Series]) -> pl.Series:
    if NAME_FIELD not in examined.values.columns:
        return pl.Series([None] * examined.values.height, dtype=pl.String)
    low = (levels[NAME_FIELD] == Level.LOW.value).fill_null(value=False)
    legal = examined.identity["party"].cast(pl.String) != NATURAL
    return examined.values.select(
        pl.when(low & legal).then(pl.col(NAME_FIELD)).alias("name")
    ).to_series()
