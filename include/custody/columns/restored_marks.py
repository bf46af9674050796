"""Suppression tokens of records that are opened from a copy, and shown to nobody."""

from collections.abc import Mapping, Sequence

import polars as pl

from custody.columns.facts import ExaminePlan, examine
from custody.columns.index import BlindIndex, IndexKeys
from custody.columns.opened import Fields, open_values
from custody.columns.recall import Recall


def marks_of(
    values: pl.DataFrame,
    *,
    plan: ExaminePlan,
    wrapping: Mapping[str, bytes],
    index: IndexKeys,
    match_keys: Sequence[tuple[str, ...]],
) -> pl.DataFrame:
    """Return customer, since, match_key and token of records of one source.

    `values` has handle, customer, since, business_date and what `open_values` takes.
    """
    opened = open_values(values, policy=plan.policy, wrapping=wrapping)
    records = values.unique("handle", keep="first", maintain_order=True)
    handles = records["handle"]
    places = dict(zip(handles, range(len(handles)), strict=True))
    fields = Fields(len(handles))
    fields.take(values.with_columns(shown=pl.lit(value=False)), places, opened)
    numbers = pl.int_range(1, len(handles) + 1, dtype=pl.Int64, eager=True)
    cells, _ = Recall(plan.source).columns(numbers, fields.texts())
    blind = BlindIndex(
        policy=plan.policy,
        source=plan.source,
        keys=index,
        business_date=records["business_date"],
    )
    marks = blind.marks_of_block(examine(cells, plan), handles, match_keys)
    whose = records.select("handle", "customer", "since")
    return marks.join(whose, on="handle").select(
        "customer", "since", "match_key", "token"
    )
