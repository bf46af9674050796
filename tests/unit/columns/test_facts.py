"""Facts of rows: tokens, levels, contact, verdicts, minors, unknown columns."""

import datetime as dt

import polars as pl

from custody.columns.blocks import Examined
from custody.columns.facts import BlockExaminer, build_plan, examine
from custody.columns.rule_types.compiled import CompiledRule
from custody.domain.facts import Requirement
from custody.domain.fields import Field, Normaliser
from custody.domain.kinds import Kind
from custody.domain.levels import Level
from custody.domain.sources import PartyRule, SourceColumn
from tests.builders import people
from tests.builders.policies import field, policy_of, source

TODAY = dt.date(2026, 11, 23)
RNG = people.chance(4)
FIELDS = (
    field(
        "customer_name",
        normaliser=Normaliser.NAME,
        kinds=(Kind.COMPANY_NAME, Kind.PERSON_NAME),
        natural_person_level=Level.MEDIUM,
    ),
    field(
        "phone",
        Level.MEDIUM,
        kinds=(Kind.PHONE,),
        normaliser=Normaliser.PHONE,
        contact=True,
    ),
    field(
        "resident_id",
        Level.HIGH,
        kinds=(Kind.RESIDENT_ID,),
        normaliser=Normaliser.IDENTIFIER,
    ),
    field("yearly_amount", Level.MEDIUM, normaliser=Normaliser.AMOUNT),
    field("remark", free_text=True),
)
NEEDED = {
    "customer_name": Requirement.MANDATORY,
    "resident_id": Requirement.EXPECTED,
}


def examined(
    *rows: dict[str, str],
    party: PartyRule = PartyRule.NATURAL,
    fields: tuple[Field, ...] = FIELDS,
    rules: tuple[CompiledRule, ...] = (),
) -> Examined:
    columns = tuple(
        SourceColumn(
            name=one.name,
            field=one.name,
            requirement=NEEDED.get(one.name, Requirement.OPTIONAL),
        )
        for one in fields
    )
    src = source(columns=columns, party=party)
    names = [one.name for one in fields] + [n for n in rows[0] if n.startswith("?")]
    cells = pl.DataFrame(
        {
            "row": list(range(1, len(rows) + 1)),
            **{name: [row.get(name) for row in rows] for name in names},
        },
        schema_overrides=dict.fromkeys(names, pl.String),
    )
    plan = build_plan(src, policy_of(src, fields=fields), today=TODAY, rules=rules)
    return examine(cells, plan)


def person(**changes: str) -> dict[str, str]:
    row = {
        "customer_name": people.person_name(RNG),
        "phone": people.mobile(RNG),
        "resident_id": people.resident_id(RNG, born=dt.date(1980, 5, 6)),
    }
    return row | changes


def fact(result: Examined, name: str) -> list[object]:
    return list(result.facts[name].to_list())


def test_a_good_row_loads_at_the_highest_level_of_what_it_holds() -> None:
    result = examined(person())

    assert fact(result, "phone") == ["valid"]
    assert fact(result, "record__level") == ["high"]
    assert fact(result, "record__verdict") == ["load"]
    assert fact(result, "record__reasons") == [""]


def test_facts_hold_no_value() -> None:
    row = person(remark=people.address(RNG))

    text = str(examined(row).facts.to_dicts())

    assert not [value for value in row.values() if value in text]


def test_missing_mandatory_waits_and_missing_expected_is_asked_for() -> None:
    result = examined(
        person(customer_name=""), person(resident_id="无"), person(phone="")
    )

    assert fact(result, "record__verdict") == ["pending", "supplement", "pending"]
    assert fact(result, "record__reasons") == [
        "customer_name:missing",
        "resident_id:placeholder",
        "contact:missing",
    ]


def test_a_wrong_checksum_is_told_from_a_wrong_shape() -> None:
    result = examined(
        person(resident_id="110105194912310020"), person(resident_id="4.40308E+17")
    )

    assert fact(result, "resident_id") == ["bad_checksum", "damaged"]
    assert fact(result, "record__verdict") == ["supplement", "supplement"]


def test_an_id_in_a_remark_seals_the_remark_and_the_record_as_high() -> None:
    row = {"customer_name": "甲", "phone": people.mobile(RNG)}
    hidden = {"remark": f"证件{people.resident_id(RNG)}"}

    result = examined(row, row | hidden, party=PartyRule.LEGAL)

    assert fact(result, "remark__declared") == ["low", "low"]
    assert fact(result, "remark__detected") == [None, "high"]
    assert fact(result, "remark__sealed") == [None, "high"]
    assert fact(result, "record__level") == ["medium", "high"]
    assert fact(result, "remark__kinds") == [None, "resident_id"]


def test_a_natural_persons_name_is_medium_and_a_companys_low() -> None:
    natural = examined(person())
    legal = examined(person(), party=PartyRule.LEGAL)

    assert fact(natural, "customer_name__sealed") == ["medium"]
    assert fact(legal, "customer_name__sealed") == ["low"]


def test_a_child_under_14_waits_for_a_guardian() -> None:
    child = people.resident_id(RNG, born=dt.date(2012, 11, 24))
    grown = people.resident_id(RNG, born=dt.date(2012, 11, 23))

    result = examined(person(resident_id=child), person(resident_id=grown))

    assert fact(result, "record__verdict") == ["pending", "load"]
    assert fact(result, "record__reasons") == ["resident_id:minor", ""]


def test_an_unknown_column_is_carried_counted_and_high() -> None:
    result = examined(person() | {"?9": "something"})

    assert list(result.values["?9"]) == ["something"]
    assert fact(result, "unknown_columns") == ["valid"]
    assert fact(result, "record__level") == ["high"]
    assert fact(examined(person()), "unknown_columns") == [None]


def test_the_tier_follows_the_yearly_amount() -> None:
    amounts = ("1000000.01", "1000000", "99,999.99", "10万", "lots", "-5")

    result = examined(*(person(yearly_amount=amount) for amount in amounts))

    assert fact(result, "record__tier") == [
        "high",
        "medium",
        "low",
        "medium",
        "low",
        "low",
    ]


def test_rules_run_in_the_same_pass_and_whole_file_rules_at_the_end() -> None:
    long = CompiledRule(
        name="customer_name__rule1",
        expression=pl.when(pl.col("customer_name").str.len_chars() > 1)
        .then(pl.lit("pass"))
        .otherwise(pl.lit("fail")),
        whole_file=False,
        fields=("customer_name",),
    )
    unique = CompiledRule(
        name="phone__rule2",
        expression=pl.col("phone"),
        whole_file=True,
        fields=("phone",),
    )
    src = source()
    plan = build_plan(src, policy_of(src), today=TODAY, rules=(long, unique))
    examiner = BlockExaminer(plan, key=7)
    mobile = people.mobile(RNG)
    cells = pl.DataFrame(
        {
            "row": [1, 2],
            "customer_name": ["张三", "李"],
            "phone": [mobile, mobile],
        }
    )

    facts = examiner.examine(cells).facts
    late = examiner.finish()

    assert list(facts["customer_name__rule1"]) == ["pass", "fail"]
    assert late is not None
    assert list(late["phone__rule2"]) == ["fail", "fail"]


def test_an_empty_block_gives_empty_frames_of_the_same_columns() -> None:
    some = examined(person())
    columns = {"row": pl.Int64} | {one.name: pl.String for one in FIELDS}
    src = source(columns=tuple(SourceColumn(name=f.name, field=f.name) for f in FIELDS))
    plan = build_plan(src, policy_of(src, fields=FIELDS), today=TODAY)

    none = examine(pl.DataFrame(schema=columns), plan)

    assert none.facts.columns == some.facts.columns
    assert none.facts.height == 0
