"""Who a row is: industry, party, type, responsible person, classes."""

import dataclasses

import polars as pl

from custody.columns.identity import identify, party_of
from custody.domain.fields import Choice, Dimension
from custody.domain.policy import Policy
from custody.domain.sources import PartyRule
from tests.builders.policies import policy_of, source

REGION = Dimension(
    name="region",
    label_zh="区域",
    label_en="Region",
    core=False,
    choices=(Choice(code="east", label_zh="华东", label_en="East", names=("沪",)),),
    field="region",
)
TYPES = (
    Choice(code="new", label_zh="新客", label_en="New"),
    Choice(code="existing", label_zh="老客", label_en="Existing"),
)


def policy() -> Policy:
    return dataclasses.replace(
        policy_of(source()), dimensions=(REGION,), customer_types=TYPES
    )


def identity(
    party: PartyRule = PartyRule.NATURAL, **columns: str | None
) -> dict[str, str]:
    values = pl.DataFrame(
        {"row": [1], **{name: [text] for name, text in columns.items()}},
        schema_overrides=dict.fromkeys(columns, pl.String),
    )
    frame = identify(values, source=source(party=party), policy=policy())
    return {name: str(value) for name, value in frame.to_dicts()[0].items()}


def test_an_industry_is_known_by_pair_and_by_spelling() -> None:
    assert identity(industry="金融－银行")["industry"] == "finance.banking"
    assert identity(industry="银行")["prefix"] == "FI"
    assert identity(industry="捕鱼")["industry"] == "unknown"
    assert identity(industry=None)["prefix"] == "XX"


def test_a_row_that_does_not_say_its_party_is_natural() -> None:
    by_field = PartyRule.BY_FIELD

    assert identity(by_field, party_type="企业")["party"] == "legal"
    assert identity(by_field, party_type="个人")["party"] == "natural"
    assert identity(by_field, party_type=None)["party"] == "natural"
    assert identity(PartyRule.LEGAL)["party"] == "legal"
    assert party_of(None) == "natural"


def test_type_responsible_person_and_classes_come_from_policy_and_row() -> None:
    told = identity(customer_type="老客", region="沪")

    assert told["customer_type"] == "existing"
    assert told["classes"] == "region=east"
    assert told["responsible"] == "客户经理-王*"
    assert identity()["customer_type"] == "new"
    assert identity(region="火星")["classes"] == ""


def test_a_responsible_person_that_the_row_names_is_no_part_of_who_it_is() -> None:
    """What stands in clear is policy's own words; a cell may hold anything."""
    by_row = dataclasses.replace(
        source(), responsible_person=None, responsible_field="responsible_person"
    )
    values = pl.DataFrame({"row": [1], "responsible_person": ["示例甲乙"]})

    frame = identify(values, source=by_row, policy=policy())

    assert frame["responsible"].to_list() == [None]
