"""The examples of docs/policy.md are policy that loads."""

import re
from pathlib import Path

from custody.adapters.policy import load_policy
from tests.builders.policy_files import POLICY, overlay

PAGE = Path(__file__).resolve().parents[3] / "docs" / "policy.md"
GRADE = """
credit_grade:
  label: {zh: 信用等级, en: Credit grade}
  level: low
  values_of: credit_grade
"""


def test_what_a_steward_copies_works(tmp_path: Path) -> None:
    """Source, bundle, field, retention and dimension, as they stand on the page."""
    text = PAGE.read_text(encoding="utf-8")
    source, bundle, field, retention, dimension = re.findall(
        r"```yaml\n(.*?)```", text, re.DOTALL
    )

    extra = overlay(
        tmp_path,
        sources__shop=source,
        sources__shops=source + bundle,
        fields=field + GRADE,
        dimensions=dimension,
        retention=retention,
    )

    policy = load_policy(POLICY, extra)
    assert policy.source("shop") is not None
    shops = policy.source("shops")
    assert shops is not None
    assert shops.fields_of("postal_address")[0].name == "addresses.txt/street"
    assert policy.field("licence_plate").kinds
    assert policy.field("credit_grade").values[:2] == ("a", "A级")
    assert [rule.rule_id for rule in policy.retention.periods] == [
        "standard",
        "financial",
    ]
