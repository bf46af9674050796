"""A source, field, level rule, dimension or industry is YAML only (R5, R37, R60)."""

from pathlib import Path

import pytest

from custody.adapters.policy import load_policy
from custody.adapters.policy.documents import policy_digest, policy_files
from custody.domain.levels import Level
from custody.errors import PolicyError
from tests.builders.policy_files import POLICY, overlay

SHOP = """
label: {zh: 门店, en: Shop}
channel: customer_provided
owner_department: customer_service
responsible: {field: responsible_person}
authorisation: {reference: SHOP-1, valid_from: 2024-01-01, valid_until: 2026-12-31}
signature: {required: true, keys: [%s]}
layout: {format: csv, encoding: gb18030, delimiter: tab, header: false}
columns:
  - {column: name, field: customer_name, requirement: mandatory}
  - {column: code, field: uscc, requirement: expected}
  - {column: address, field: postal_address}
  - {column: grade, field: credit_grade}
  - {column: clerk, field: responsible_person}
unknown_columns: ignore
match_keys: [[uscc], [customer_name, uscc]]
party: legal
purposes: [sales]
minors_allowed: false
legal_basis: contract
expected_by: 18:30
phone_region: NO
default_industry: space_launch
contact: expected
suite: shop_contract
"""

GRADE = """
credit_grade:
  label: {zh: 信用等级, en: Credit grade}
  level: low
  normaliser: code
  values_of: credit_grade
  mask: none
"""

GRADES = """
credit_grade:
  label: {zh: 客户信用等级, en: Customer credit grade}
  field: credit_grade
  choices:
    a: {label: {zh: A级, en: Grade A}}
    b: {label: {zh: B级, en: Grade B}}
"""

LOW = """
low:
  label: {zh: 低敏感, en: Low}
  storage: sealed
  suites: [1]
  access: [sales]
  leaves_company: false
"""

SPACE = """
space_launch:
  section: G
  prefix: SP
  pair: {zh: 航天-发射, en: Space-Launch}
"""


def test_one_of_each_is_added_without_a_line_of_python(tmp_path: Path) -> None:
    """A later directory adds to the policy and states an entry anew."""
    extra = overlay(
        tmp_path,
        sources__shop=SHOP % ("0" * 64),
        fields=GRADE,
        dimensions=GRADES,
        levels=LOW,
        industries=SPACE,
    )

    policy = load_policy(POLICY, extra)

    shop = policy.source("shop")
    assert shop is not None
    assert shop.layout.delimiter == "\t"
    assert shop.phone_region == "NO"
    assert str(shop.expected_by) == "18:30:00"
    assert shop.default_industry == "space_launch"
    assert shop.suite == "shop_contract"
    assert policy.field("credit_grade").values == (
        *("a", "A级", "Grade A"),
        *("b", "B级", "Grade B"),
    )
    assert [each.name for each in policy.dimensions][-1] == "credit_grade"
    assert not policy.level_rule(Level.LOW).leaves_company
    assert policy.level_rule(Level.HIGH).access == ("legal", "security")
    assert policy.industries[-1].prefix == "SP"
    assert policy.source("website") is not None


def test_the_digest_names_the_bytes_of_every_file(tmp_path: Path) -> None:
    """The rules in force can be found again; any change shows."""
    first = load_policy(POLICY).digest
    extra = overlay(tmp_path, levels=LOW)

    second = load_policy(POLICY, extra).digest

    assert first == policy_digest(policy_files([POLICY]))
    assert first != second
    assert policy_digest(reversed(policy_files([POLICY]))) == first


KEY_OUTSIDE = "ab" * 32


def test_a_source_takes_keys_from_home_when_policy_says_so() -> None:
    """The demo's partner key is made at its start and lies outside policy."""
    policy = load_policy(POLICY, extra_signing_keys={"partner_bank": [KEY_OUTSIDE]})

    bank = policy.source("partner_bank")

    assert bank is not None
    assert bank.signing_keys == (KEY_OUTSIDE,)


def test_without_a_key_a_demanded_signature_stays_demanded() -> None:
    """An empty list of keys verifies nothing, so every delivery is refused."""
    bank = load_policy(POLICY).source("partner_bank")

    assert bank is not None
    assert bank.signature_required
    assert bank.signing_keys == ()


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"website": [KEY_OUTSIDE]}, "signature.keys_from_home"),
        ({"nobody": [KEY_OUTSIDE]}, "nobody: is not an approved source"),
        ({"partner_bank": ["AB" * 32]}, "signature.keys: 64 lower-case hex"),
    ],
)
def test_a_key_from_outside_reaches_no_other_source(
    keys: dict[str, list[str]], problem: str
) -> None:
    """Whoever writes the key file cannot make himself a partner."""
    with pytest.raises(PolicyError, match=problem):
        load_policy(POLICY, extra_signing_keys=keys)
