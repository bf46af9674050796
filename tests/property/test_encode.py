"""The encoding by columns equals the encoding by records."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from custody.columns.encode import encode_level
from custody.domain.canonical import decode_fields, encode_fields
from custody.domain.levels import Level

NAMES = ("name", "phone", "证件", "?7")

cells = st.one_of(
    st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
)
rows = st.lists(
    st.fixed_dictionaries(
        {name: st.tuples(cells, st.sampled_from(list(Level))) for name in NAMES}
    ),
    min_size=1,
    max_size=8,
)


@given(rows=rows, level=st.sampled_from(list(Level)))
def test_columns_encode_as_records_do(
    rows: list[dict[str, tuple[str | None, Level]]], level: Level
) -> None:
    """One row's bytes do not depend on which way they were built."""
    values = pl.DataFrame(
        {name: [row[name][0] for row in rows] for name in NAMES},
        schema=dict.fromkeys(NAMES, pl.String),
    )
    levels = {
        name: pl.Series(
            [None if row[name][0] is None else row[name][1].value for row in rows],
            dtype=pl.String,
        )
        for name in NAMES
    }

    encodings = encode_level(values, levels, level)

    for row, encoding in zip(rows, encodings, strict=True):
        here = {
            name: value
            for name, (value, at) in row.items()
            if value is not None and at is level
        }
        assert encoding == (encode_fields(here) if here else None)
        assert encoding is None or decode_fields(encoding) == here
