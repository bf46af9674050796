"""On which day the rows of a block were collected: what a suppression is dated by.

Where the source maps a time of collection, that day prevails over the delivery's
business date; a row that does not tell it has none, and a person decides.
"""

import datetime as dt

import polars as pl

from custody.columns.blocks import Examined
from custody.columns.mapping import map_distinct
from custody.domain.collected import collection_day
from custody.domain.policy import Policy
from custody.domain.sources import Source

COLLECTED_AT = "collected_at"


def collection_days(
    examined: Examined,
    source: Source,
    policy: Policy,
    *,
    business_date: dt.date | pl.Series,
) -> pl.Series:
    """Return the day of each row: null where its source maps one and it tells none.

    `business_date` is that of the delivery, or of each row's own.
    """
    height = examined.values.height
    if not source.fields_of(COLLECTED_AT):
        if isinstance(business_date, pl.Series):
            return business_date
        return pl.Series([business_date], dtype=pl.Date).new_from_index(0, height)
    told = examined.values[COLLECTED_AT]
    at = told.is_not_null().arg_true()
    days = map_distinct(
        told.gather(at), lambda one: collection_day(one, policy.time_zone), pl.Date
    )
    return pl.Series([None], dtype=pl.Date).new_from_index(0, height).scatter(at, days)
