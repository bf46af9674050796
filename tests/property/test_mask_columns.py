"""What is shown of a column is what the rule shows of each value."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.columns.blocks import Examined
from custody.columns.masks import mask_column
from custody.columns.project import mask_at, project
from custody.domain.fields import Mask
from custody.domain.levels import Level
from custody.domain.masking import mask
from tests.builders import people
from tests.builders.policies import FIELDS

MAKERS = (people.mobile, people.email, people.person_name, people.bank_card)


@st.composite
def _made(draw: st.DrawFn) -> str:
    rng = people.chance(draw(st.integers(0, 2**32)))
    value = draw(st.sampled_from(MAKERS))(rng)
    at = draw(st.integers(0, len(value)))
    return (
        value[:at] + draw(st.sampled_from(("", " ", "@", "+86", "欧阳"))) + value[at:]
    )


VALUES = st.one_of(
    _made(),
    st.text("欧阳司马王李张*某", max_size=5),
    st.from_regex(r"[a-z0-9.@]{1,8}@[a-z0-9.-]{1,12}", fullmatch=True),
    st.text("0123456789+- X", max_size=24),
    st.text('"\\\n\x00\x7f {}:,', max_size=6),
    st.text(max_size=20),
)
ROWS = st.lists(
    st.tuples(st.none() | VALUES, st.booleans(), st.sampled_from(Level)), max_size=40
)


@pytest.mark.parametrize("how", list(Mask))
@given(ROWS)
def test_a_masked_column_is_each_value_masked(
    how: Mask, rows: list[tuple[str | None, bool, Level]]
) -> None:
    values = [value for value, _, _ in rows]
    natural = [person for _, person, _ in rows]

    shown = mask_column(
        pl.Series(values, dtype=pl.String),
        how,
        natural=pl.Series(natural, dtype=pl.Boolean),
    )

    assert shown.to_list() == [
        None if value is None else mask(value, how, natural_person=person)
        for value, person in zip(values, natural, strict=True)
    ]


@given(ROWS)
def test_what_is_shown_is_the_json_of_each_rows_masks(
    rows: list[tuple[str | None, bool, Level]],
) -> None:
    """Byte for byte as `json.dumps` writes it, whatever the values hold."""
    values = pl.Series([value for value, _, _ in rows], dtype=pl.String)
    levels = [None if value is None else level.value for value, _, level in rows]
    parties = ["natural" if person else "legal" for _, person, _ in rows]
    columns = {one.name: values for one in FIELDS}

    frame = project(
        Examined(
            values=pl.DataFrame({"row": range(len(rows)), **columns}),
            facts=pl.DataFrame(),
            identity=pl.DataFrame({"party": pl.Series(parties, dtype=pl.String)}),
        ),
        handles=pl.Series([b""] * len(rows), dtype=pl.Binary),
        levels={one.name: pl.Series(levels, dtype=pl.String) for one in FIELDS},
        fields=FIELDS,
    )

    assert frame["shown"].to_list() == [
        json.dumps(
            {
                one.name: mask(value, mask_at(one, level), natural_person=person)
                for one in FIELDS
                if value is not None
            },
            ensure_ascii=False,
        )
        for value, person, level in rows
    ]
