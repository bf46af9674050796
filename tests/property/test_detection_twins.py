"""The fast columns say exactly what the domain rules say."""

import datetime as dt
from decimal import Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from custody.columns import sums
from custody.columns.detect import detect_column
from custody.columns.normalise import fold_all, normalise_field
from custody.columns.tiers import tier_column
from custody.columns.tokens import token_column
from custody.domain import checksums
from custody.domain.checking import check_field
from custody.domain.detection import detect
from custody.domain.fields import Normaliser
from custody.domain.kinds import Kind
from custody.domain.normalising import amount_of, fold, normalise
from custody.domain.tiers import value_tier
from tests.builders import people, remarks
from tests.builders.look_alikes import LOOK_ALIKES
from tests.builders.policies import field, policy_of
from tests.builders.written_forms import WRITTEN

TODAY = dt.date(2026, 11, 23)
TIERS = policy_of().tiers
MAKERS = (
    people.resident_id,
    people.old_resident_id,
    people.credit_code,
    people.organisation_code,
    people.bank_card,
    people.mobile,
    people.landline,
    people.email,
    people.person_name,
    people.company_name,
    people.address,
)
LATIN = (
    "Maria Anders|12 Garden Road|Example Ltd|Wang Li|HX1 1TT|is|1985-06-15|p@ss|CVV|123"
)
HAN = "联系人|王芳|先生|有限公司|北京市|路8号|密码|密保答案|:|是|江苏|生日|一|号"


@st.composite
def _made(draw: st.DrawFn) -> str:
    rng = people.chance(draw(st.integers(0, 2**32)))
    value = draw(st.sampled_from(MAKERS))(rng)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(value) - 1))
        value = value[:at] + draw(st.sampled_from(" -X9\u3000，.")) + value[at + 1 :]
    return value


WORDS = st.lists(st.sampled_from((LATIN + "|" + HAN).split("|")), max_size=5)
OWN_NUMBERS = st.one_of(
    st.from_regex("[A-Z]{1,4}[-]?0[0-9]{6,10}", fullmatch=True),
    st.from_regex("[A-Z]{2,4}-(?:19|20)[0-9]{2}-[0-9]{6,9}", fullmatch=True),
)
MARKS = (
    *"，。：（）“”—\u2011…<#/ıſ\u212aß\u2028转+1-",
    *("", "  ", ", ", ".0", "+86", "0086"),
)
LISTED = [form for forms in WRITTEN.values() for form in forms] + list(LOOK_ALIKES)
PIECES = [piece for form in LISTED for piece in form.split()]


@st.composite
def _remark(draw: st.DrawFn) -> str:
    """Draw a remark, or pieces of some with marks between."""
    rng = people.chance(draw(st.integers(0, 2**32)))
    texts = [remarks.remark(rng) for _ in range(draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        texts.append(draw(st.sampled_from(MAKERS))(rng))
    cut = draw(st.integers(0, 12))
    mark: str = draw(st.sampled_from(MARKS))
    return mark.join(text[cut:] for text in texts)


VALUES = st.one_of(
    _made(),
    _remark(),
    st.sampled_from(LISTED),
    st.lists(st.sampled_from(PIECES), max_size=4).map(" ".join),
    OWN_NUMBERS,
    st.text("0123456789X-. ()+@:/", max_size=24),
    st.text("王李张小明有限公司路号室区一年月日0123456789 -", max_size=12),
    st.text("ABCMaeiost 0123456789.,'-&", max_size=24),
    WORDS.map(" ".join),
    WORDS.map("".join),
    st.text(max_size=30),
)
COLUMNS = st.lists(st.none() | VALUES, min_size=33, max_size=60)


@given(COLUMNS, st.lists(st.sampled_from(list(Kind)), max_size=2))
def test_detection_of_a_column_is_detection_of_each_value(
    values: list[str | None], expected: list[Kind]
) -> None:
    found = detect_column(
        pl.Series(values, dtype=pl.String), today=TODAY, expected=expected
    )

    for value, code in zip(values, found.codes, strict=True):
        if value is not None:
            told = detect(value, today=TODAY)
            assert found.answers[code] == (told.kinds, told.valid)


@given(COLUMNS, st.sampled_from(list(Kind)), st.sampled_from(list(Normaliser)))
def test_tokens_of_a_column_are_the_facts_of_each_value(
    values: list[str | None], kind: Kind, how: Normaliser
) -> None:
    one = field("f", kinds=(kind,), normaliser=how)
    plain = field("f", normaliser=how)
    column = pl.Series([v or None for v in values], dtype=pl.String)
    for each in (one, plain):
        found = detect_column(column, today=TODAY, expected=each.kinds)
        tokens = token_column(column, each, found, choices=None, today=TODAY)

        assert list(tokens) == [
            None if value is None else check_field(each, value, today=TODAY).value
            for value in column
        ]


@given(st.lists(st.none() | VALUES), st.sampled_from(list(Normaliser)))
def test_normalising_a_column_is_normalising_each_value(
    values: list[str | None], how: Normaliser
) -> None:
    column = pl.Series(values, dtype=pl.String)

    result, masked = normalise_field(
        [column], field("f", normaliser=how), "CN", frozenset()
    )

    assert list(result) == [
        None if value is None else normalise(value, how) or None for value in values
    ]
    assert not masked.any()


@given(st.lists(st.text(max_size=20)))
def test_folding_a_column_is_folding_each_text(values: list[str]) -> None:
    folded = fold_all(pl.Series(values, dtype=pl.String))

    assert list(folded) == [fold(value) for value in values]


@given(
    st.lists(
        st.tuples(
            st.none() | st.decimals(-(10**7), 10**7, places=3).map(str) | st.just("x"),
            st.none() | st.sampled_from(["strategic", "ordinary", "Potential", "?"]),
        )
    )
)
def test_tiers_of_a_block_are_the_tiers_of_each_row(
    rows: list[tuple[str | None, str | None]],
) -> None:
    values = pl.DataFrame(
        {
            "yearly_amount": [amount for amount, _ in rows],
            "standing": [standing for _, standing in rows],
        },
        schema={"yearly_amount": pl.String, "standing": pl.String},
    )

    assert list(tier_column(values, TIERS)) == [
        value_tier(amount_of(amount), standing, TIERS) for amount, standing in rows
    ]
    assert amount_of("1.50") == Decimal("1.5")


@given(st.lists(st.text("0123456789", min_size=18, max_size=18), min_size=1))
def test_sums_of_columns_are_the_sums_of_each_number(numbers: list[str]) -> None:
    codes = sums.characters(pl.Series(numbers), 18)

    assert list(sums.resident_id_sums(codes)) == list(
        map(checksums.is_resident_id_sum, numbers)
    )
    assert list(sums.uscc_sums(codes)) == list(map(checksums.is_uscc_sum, numbers))
    assert list(sums.luhn_sums(codes)) == list(map(checksums.is_luhn, numbers))
