"""Raw cells to register fields: nothing lost, nothing taken for a placeholder."""

import polars as pl

from custody.columns.normalise import normalise_block, normalise_field
from custody.columns.phones import phone_form
from custody.domain.fields import Field, Normaliser
from custody.domain.normalising import normalise
from custody.domain.sources import SourceColumn
from tests.builders.policies import field, source

HELD = frozenset({"N/A", "-"})


def forms(how: Normaliser, *values: str | None, region: str = "CN") -> list[str | None]:
    column = pl.Series(values, dtype=pl.String)
    result, _ = normalise_field([column], field("f", normaliser=how), region, HELD)
    return list(result)


def test_width_blanks_and_invisible_characters_are_folded() -> None:
    assert forms(Normaliser.TEXT, "　Ａｂ\u200b　 c\t", "\ufeff", None) == [
        "Ab c",
        None,
        None,
    ]


def test_the_surname_na_is_no_placeholder() -> None:
    column = pl.Series(["NA", "N/A", "－", "Na"])

    values, masked = normalise_field(
        [column], field("f", normaliser=Normaliser.NAME), "CN", HELD
    )

    assert list(values) == ["NA", None, None, "Na"]
    assert list(masked) == [False, True, True, False]


def test_phones_become_e164_by_the_region_of_the_source() -> None:
    assert forms(
        Normaliser.PHONE, "138 0013 8000", "0086-13800138000", "010-62345678", "12345"
    ) == ["+8613800138000", "+8613800138000", "+861062345678", "12345"]
    assert forms(Normaliser.PHONE, "697-555-0142", region="US") == ["+16975550142"]
    assert forms(Normaliser.PHONE, "(02)2531-7099", region="TW") == ["+886225317099"]
    assert forms(Normaliser.PHONE, "555-4729", region="ZZ") == ["555-4729"]


def test_dates_amounts_identifiers_and_addresses_take_their_form() -> None:
    assert forms(
        Normaliser.DATE, "2026年1月5日", "1990/3/7", "1945-12-30 00:00:00.000"
    ) == [
        "2026-01-05",
        "1990-03-07",
        "1945-12-30",
    ]
    assert forms(Normaliser.DATE, "2026-02-30", "06/01/02") == [
        "2026-02-30",
        "06/01/02",
    ]
    assert forms(
        Normaliser.AMOUNT, "新台幣  10.0000元", "￥1,234.5", "3.5万", "(7)"
    ) == [
        "10.0000",
        "1234.5",
        "35000",
        "-7",
    ]
    assert forms(Normaliser.IDENTIFIER, "1101 05-1949.x") == ["1101051949X"]
    assert forms(Normaliser.EMAIL, "Zhang.San@Example.COM") == ["Zhang.San@example.com"]
    assert forms(Normaliser.CODE, " ａ b ") == ["ａ b"]


def test_columns_of_one_field_are_joined_by_one_blank() -> None:
    columns = tuple(
        SourceColumn(name=name, field="address") for name in ("street", "city")
    )
    cells = pl.DataFrame(
        {
            "row": [1, 2, 3],
            "street": ["1 Road", "-", None],
            "city": ["Town", "Town", "-"],
            "?3": ["x", None, "y"],
        }
    )

    result = normalise_block(cells, source(columns=columns), (_address(),))

    assert list(result.values["address"]) == ["1 Road Town", "Town", None]
    assert list(result.placeholders["address"]) == [False, False, True]
    assert list(result.values["?3"]) == ["x", None, "y"]


def _address() -> Field:
    return field("address")


def test_a_bare_number_outside_the_plan_stays_as_it_is() -> None:
    """Found by chance: an area code without its zero is no Chinese phone number."""
    assert phone_form("3102000000", "CN") == "3102000000"
    assert phone_form("+1 212 555 0100", "CN") == "+12125550100"


def test_a_phone_of_one_value_is_as_in_a_column() -> None:
    values = ["138 0013 8000", "(02) 2345-6789", "no phone", "１３８００１３８０００"]

    one_by_one = [normalise(value, Normaliser.PHONE) for value in values]

    assert one_by_one == forms(Normaliser.PHONE, *values)
    assert one_by_one[0] == "+8613800138000"
