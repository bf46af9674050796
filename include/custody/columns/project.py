"""What is shown of a record without opening it: masks and low fields (R30, R31).

A field is shown by its own mask; a field whose detected level is above low is
never shown as it is, whatever its declared level (design section 4).
"""

import json
from collections.abc import Mapping, Sequence

import polars as pl

from custody.columns.blocks import Examined
from custody.domain.fields import Field, Mask
from custody.domain.levels import Level
from custody.domain.masking import mask

NAME_FIELD = "customer_name"
NATURAL = "natural"
_CLOSED = {Mask.NONE: Mask.HIDDEN, Mask.PARTY_NAME: Mask.SURNAME}
"""What stands in for a mask that shows the value, when it may not be shown."""


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
    natural = (examined.identity["party"].cast(pl.String) == NATURAL).to_list()
    shown: list[dict[str, str]] = [{} for _ in natural]
    for field in fields:
        if field.name in examined.values.columns:
            column = _shown(field, examined, levels[field.name], natural)
            for row, text in zip(shown, column, strict=True):
                if text is not None:
                    row[field.name] = text
    return pl.DataFrame(
        {
            "row": examined.values["row"],
            "handle": handles,
            "name": _names(examined, levels),
            "shown": pl.Series(
                [json.dumps(row, ensure_ascii=False) for row in shown], dtype=pl.String
            ),
        }
    )


def mask_at(field: Field, level: str) -> Mask:
    """Return the mask of a field sealed at a level: plain only when low."""
    if level == Level.LOW.value:
        return field.mask
    return _CLOSED.get(field.mask, field.mask)


def _shown(
    field: Field, examined: Examined, levels: pl.Series, natural: list[bool]
) -> list[str | None]:
    masks = {level.value: mask_at(field, level.value) for level in Level}
    return [
        None
        if value is None
        else mask(value, masks[level or Level.HIGH.value], natural_person=person)
        for value, level, person in zip(
            examined.values[field.name].to_list(),
            levels.to_list(),
            natural,
            strict=True,
        )
    ]


def _names(examined: Examined, levels: Mapping[str, pl.Series]) -> pl.Series:
    if NAME_FIELD not in examined.values.columns:
        return pl.Series([None] * examined.values.height, dtype=pl.String)
    low = (levels[NAME_FIELD] == Level.LOW.value).fill_null(value=False)
    legal = examined.identity["party"].cast(pl.String) != NATURAL
    return examined.values.select(
        pl.when(low & legal).then(pl.col(NAME_FIELD)).alias("name")
    ).to_series()
