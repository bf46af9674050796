"""The policy that comes with Custody says what the requirements demand."""

import statistics
import subprocess
import sys
import time
from decimal import Decimal

import pytest

from custody.adapters.policy import load_policy
from custody.adapters.policy.settings import ADMIN_ONLY
from custody.domain.fields import Mask
from custody.domain.industries import industry_of, industry_spellings
from custody.domain.levels import Level
from custody.domain.policy import Policy
from custody.domain.retention import Span, Subject
from custody.domain.sources import Channel, FileFormat
from custody.domain.tiers import value_tier
from tests.builders.policy_files import POLICY


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Return the project's own policy."""
    return load_policy(POLICY)


@pytest.mark.parametrize(
    ("field", "level"),
    [
        ("resident_id", Level.HIGH),
        ("passport", Level.HIGH),
        ("bank_card", Level.HIGH),
        ("credit_report_ref", Level.HIGH),
        ("phone", Level.MEDIUM),
        ("email", Level.MEDIUM),
        ("postal_address", Level.MEDIUM),
        ("yearly_amount", Level.MEDIUM),
        ("customer_name", Level.LOW),
        ("industry", Level.LOW),
        ("preference", Level.LOW),
    ],
)
def test_fields_have_the_levels_of_the_form(
    policy: Policy, field: str, level: Level
) -> None:
    """R7-R9, R21-R23."""
    assert policy.field(field).level is level


def test_a_natural_persons_name_is_medium(policy: Policy) -> None:
    """R29: a company's name is shown; R8: a person's is not."""
    name = policy.field("customer_name")

    assert name.natural_person_level is Level.MEDIUM
    assert name.mask is Mask.PARTY_NAME


def test_the_indexed_fields_are_those_by_which_customers_are_found(
    policy: Policy,
) -> None:
    """Each blind-index field is one more thing to guess: the list is closed."""
    assert {field.name for field in policy.fields if field.indexable} == {
        *("phone", "email", "resident_id", "uscc", "taxpayer_id", "bank_card"),
        *("customer_name", "source_customer_id"),
    }


def test_a_customer_is_reached_by_phone_mail_or_address(policy: Policy) -> None:
    """R24: any of them is contact enough."""
    assert {field.name for field in policy.fields if field.contact} == {
        *("phone", "email", "postal_address", "billing_address"),
    }


def test_only_legal_and_security_open_high(policy: Policy) -> None:
    """R15, and R16: nothing above low leaves the company."""
    assert policy.level_rule(Level.HIGH).access == ("legal", "security")
    assert [rule.leaves_company for rule in policy.levels] == [False, False, True]


def test_every_section_of_the_standard_has_an_industry(policy: Policy) -> None:
    """R10: GB/T 4754-2017, A to T; one section, one prefix."""
    named = [each for each in policy.industries if each.section]
    prefixes = {each.section: each.prefix for each in named}

    assert sorted(prefixes) == list("ABCDEFGHIJKLMNOPQRST")
    assert len(set(prefixes.values())) == len(prefixes)
    assert all(each.prefix == prefixes[each.section] for each in named)


def test_finance_is_numbered_fi(policy: Policy) -> None:
    """R28, R35: 金融-银行 gives FI…; an unknown industry has its own prefix."""
    spellings = industry_spellings(policy.industries)

    bank = industry_of("金融 － 银行", spellings, otherwise=policy.unknown_industry)
    other = industry_of("?", spellings, otherwise=policy.unknown_industry)

    assert (bank.pair_zh, bank.prefix) == ("金融-银行", "FI")
    assert other.prefix not in {each.prefix for each in policy.industries[:-1]}


def test_tiers_follow_amount_and_standing(policy: Policy) -> None:
    """R11-R13, with X = 100 and Y = 10 万元."""
    assert value_tier(Decimal(1_000_001), None, policy.tiers) == "high"
    assert value_tier(Decimal(1), "战略客户", policy.tiers) == "high"
    assert value_tier(None, "普通", policy.tiers) == "medium"


def test_the_core_dimensions_take_their_choices_from_their_homes(
    policy: Policy,
) -> None:
    """R6: sensitivity, industry and value are there, and each fact has one home."""
    choices = {each.name: [c.code for c in each.choices] for each in policy.dimensions}

    assert choices["sensitivity"] == ["high", "medium", "low"]
    assert choices["value"] == ["high", "medium", "low"]
    assert choices["industry"] == [each.code for each in policy.industries]
    assert "east" in choices["region"]


def test_the_demo_sources_cover_the_three_channels_and_formats(policy: Policy) -> None:
    """R18."""
    assert {source.channel for source in policy.sources} == set(Channel)
    formats = set(FileFormat) - {FileFormat.PARQUET}
    assert {source.layout.format for source in policy.sources} == formats


def test_only_admin_could_forge_a_run(policy: Policy) -> None:
    """Mark-success, clear and XCom edits are admin's alone."""
    holders = {role for role, words in policy.roles if ADMIN_ONLY & set(words)}

    assert holders == {"admin"}
    assert {role for role, _ in policy.roles} == {
        *("admin", "engineer", "steward", "reviewer", "operator", "auditor", "viewer"),
    }


def test_every_level_is_kept_for_a_reason(policy: Policy) -> None:
    """R17, A1."""
    subjects = [
        Subject(level=level, industry=industry.code, customer_type=choice.code)
        for level in Level
        for industry in policy.industries
        for choice in policy.customer_types
    ]

    assert all(policy.retention.period_of(one).legal_basis for one in subjects)


def test_a_bank_is_kept_ten_years(policy: Policy) -> None:
    """AML Law 34: ten years after the relationship ended, not the three of R17."""
    bank = Subject(level=Level.LOW, industry="finance_bank", customer_type="existing")

    assert policy.retention.period_of(bank).span == Span(years=10)
    assert [floor.span for floor in policy.retention.floors_of(bank)] == [
        Span(years=10)
    ]


def test_every_label_is_bilingual(policy: Policy) -> None:
    """A steward reads either language."""
    assert all(field.label_zh and field.label_en for field in policy.fields)


def test_it_is_parsed_quickly() -> None:
    """DAG files parse it: the middle of nine runs stays far under a second."""
    times = []
    for _ in range(9):
        start = time.perf_counter()
        load_policy(POLICY)
        times.append(time.perf_counter() - start)

    assert statistics.median(times) < 0.25


def test_loading_imports_nothing_heavy() -> None:
    """Neither frames nor Airflow come with the loader: DAG files call it."""
    code = (
        "import sys, custody.adapters.policy;"
        "heavy = {'polars', 'pandas', 'airflow', 'sqlalchemy', 'boto3'};"
        "print(heavy & set(sys.modules))"
    )

    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert shown.stdout.strip() == "set()"
