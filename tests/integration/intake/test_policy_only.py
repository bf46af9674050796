"""A source, field, level's rule, dimension and rule are files: a delivery obeys them.

R5, R37, R60: whatever policy may add is added here with no Python, and one row goes
the whole way through it.
"""

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.domain.levels import Level
from tests.builders.installation import ROOT, STEPS, Installation
from tests.builders.policy_files import overlay
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

SOURCE = """
label: {zh: 门店登记, en: Shop form}
channel: customer_provided
owner_department: sales
responsible: {person: 客户经理-王*}
authorisation: {reference: SHOP-1, valid_from: 2026-01-01, valid_until: 2035-12-31}
signature: {required: false}
layout: {format: csv, encoding: utf-8, delimiter: ",", header: true}
columns:
  - {column: 名称, field: customer_name, requirement: mandatory}
  - {column: 电话, field: phone, requirement: expected}
  - {column: 信用, field: credit_grade}
  - {column: 车位, field: parking_place}
unknown_columns: hold
match_keys: [[customer_name]]
party: legal
purposes: [sales]
minors_allowed: false
legal_basis: contract
phone_region: CN
suite: shop_contract
"""
FIELDS = """
credit_grade:
  label: {zh: 信用等级, en: Credit grade}
  level: low
  normaliser: code
  values_of: credit_grade
  mask: none
parking_place:
  label: {zh: 车位, en: Parking place}
  level: high
  mask: tail
"""
LEVELS = """
low:
  label: {zh: 低敏感, en: Low}
  storage: sealed
  suites: [1]
  access: [sales]
  leaves_company: false
"""
DIMENSIONS = """
credit_grade:
  label: {zh: 客户信用等级, en: Customer credit grade}
  field: credit_grade
  choices:
    a: {label: {zh: A级, en: Grade A}, names: [甲级]}
    b: {label: {zh: B级, en: Grade B}}
"""
SUITE = {
    "name": "shop_contract",
    "expectations": [
        {
            "type": "expect_column_value_lengths_to_equal",
            "kwargs": {"column": "parking_place", "value": 3},
            "severity": "warning",
            "meta": {"notes": {"zh": "车位三位", "en": "a place has 3 characters"}},
        }
    ],
}
ROWS = "名称,电话,信用,车位\n示例科技有限公司,13800138000,甲级,地下-B2-0117\n"


@pytest.fixture
def changed(databases: Databases, tmp_path: Path) -> Installation:
    """Custody with one of each added, in files alone."""
    expectations = tmp_path / "expectations"
    shutil.copytree(ROOT / "expectations", expectations)
    suite = json.dumps(SUITE, ensure_ascii=False)
    (expectations / "contracts" / "shop_contract.json").write_text(suite, "utf-8")
    added = overlay(
        tmp_path,
        sources__shop=SOURCE,
        fields=FIELDS,
        levels=LEVELS,
        dimensions=DIMENSIONS,
    )
    return databases.install(
        tmp_path / "home",
        overlays=[added],
        expectations=expectations,
    )


def sealed_levels(installation: Installation) -> set[str]:
    """Return the levels at which the register holds sealed values."""
    wanted = text("SELECT level FROM register.sealed_value")
    owner = installation.custody.warehouse(roles.WAREHOUSE_OWNER)
    with owner.connect() as connection:
        return {str(row[0]) for row in connection.execute(wanted)}


def test_one_of_each_is_added_and_a_delivery_obeys_it(changed: Installation) -> None:
    """The dimension classifies, the field is sealed at its level, the rule warns."""
    delivery = changed.put("shop", ROWS.encode(), name="shop.csv")

    answers = changed.run("shop")

    custody = changed.custody
    (customer,) = custody.views.customers()
    report = custody.reports.get(delivery)
    assert len(answers[delivery]) == len(STEPS)
    assert customer.classes == "credit_grade=a"
    assert customer.level == "high"
    assert sealed_levels(changed) == {"high", "medium", "low"}
    assert customer.shown is not None
    assert customer.shown["credit_grade"] == "甲级"
    assert customer.shown["parking_place"] == "****0117"
    assert not custody.policy.level_rule(Level.LOW).leaves_company
    assert report is not None
    checks = report.summary["checks"]
    assert isinstance(checks, list)
    warned = [
        (check["columns"], check["severity"], check["answer"])
        for check in checks
        if check["suite"] == "shop_contract"
    ]
    assert warned == [(["parking_place"], "warning", "failed")]
