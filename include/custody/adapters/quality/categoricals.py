"""Facts as pandas categoricals: the form in which GX counts them fastest."""

from collections.abc import Iterable

import polars as pl


def categoricals(facts: pl.DataFrame, columns: Iterable[str]) -> object:
    """Return a pandas frame of dictionary columns.

    A column that is not there is missing in every row.
    """
    import pandas as pd  # type: ignore[import-untyped] # ships no types

    return pd.DataFrame(
        {
            name: _categorical(facts[name])
            if name in facts.columns
            else pd.Categorical([None] * facts.height, categories=[])
            for name in columns
        },
        index=pd.RangeIndex(facts.height),
        copy=False,
    )


def _categorical(column: pl.Series) -> object:
    """Hand over codes and categories as they stand, without a Python object a row."""
    import pandas as pd

    if isinstance(column.dtype, pl.Enum):
        categories = column.dtype.categories
        codes = column.to_physical()
    else:
        categories = column.cast(pl.String).unique().drop_nulls().sort()
        codes = column.cast(pl.Enum(categories)).to_physical()
    return pd.Categorical.from_codes(
        codes.cast(pl.Int32).fill_null(-1).to_numpy(),
        categories=categories.to_list(),
        validate=False,
    )
