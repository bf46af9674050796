"""An examined block as standings: what its rows would be if they were sealed now."""

import json
from collections.abc import Mapping

import polars as pl

from custody.columns.blocks import Examined
from custody.columns.project import project
from custody.columns.seal import record_rows, sealed_levels
from custody.domain.headers import UNKNOWN, sealed_name, split_sealed_name
from custody.domain.policy import Policy
from custody.domain.reclassifying import Place, Standing

RECORD = (
    *("level", "tier", "industry", "customer_type"),
    *("party", "responsible", "classes"),
)
"""What is known of a record as a whole, in the order of `Standing.record`."""


def place_of(level: str, sealed: str) -> Place:
    """Return where a sealed field stands; the place of an unknown column is none."""
    if not sealed.startswith(UNKNOWN):
        return level, sealed, ""
    return level, UNKNOWN, split_sealed_name(sealed)[1] or UNKNOWN


def masks_of(
    name: str | None, shown: str | None
) -> tuple[str | None, Mapping[str, str]] | None:
    """Return what is shown of a record, comparable; None when nothing is."""
    return None if shown is None else (name, json.loads(shown))


def standings(
    examined: Examined, headers: Mapping[str, str], policy: Policy
) -> list[Standing]:
    """Return how each row of the block would stand, in order."""
    count = examined.values.height
    levels = sealed_levels(examined)
    handles = pl.Series("handle", [b""] * count, dtype=pl.Binary)
    rows = record_rows(examined, handles)
    shown = project(examined, handles=handles, levels=levels, fields=policy.fields)
    fields = _fields(examined, levels, headers)
    records = rows.select(RECORD).rows()
    reasons = rows["reasons"].fill_null("").str.split(",").to_list()
    safe = shown.select(pl.col("name", "shown").str.replace_all("\x00", "�")).rows()
    return [
        Standing(
            fields=fields[at],
            record=records[at],
            masks=masks_of(*safe[at]),
            reasons=frozenset(reasons[at]) - {""},
        )
        for at in range(count)
    ]


def _fields(
    examined: Examined, levels: Mapping[str, pl.Series], headers: Mapping[str, str]
) -> list[dict[Place, str]]:
    found: list[dict[Place, str]] = [{} for _ in range(examined.values.height)]
    for name, series in levels.items():
        sealed = sealed_name(name, headers.get(name, ""))
        texts = examined.values[name].cast(pl.String).to_list()
        for at, (text, level) in enumerate(zip(texts, series.to_list(), strict=True)):
            if text is not None and level is not None:
                found[at][place_of(level, sealed)] = text
    return found
