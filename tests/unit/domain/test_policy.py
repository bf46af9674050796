"""Look-ups of policy, sources and texts."""

import datetime as dt

import pytest

from custody.adapters.policy import load_policy
from custody.domain.facts import Requirement
from custody.domain.language import Language, Text, choose_language
from custody.domain.policy import Policy
from tests.builders.policy_files import POLICIES, POLICY


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Return the project's own policy with one more source."""
    return load_policy(POLICY, POLICIES / "aw_prospective_buyer")


def test_an_unknown_source_is_an_answer(policy: Policy) -> None:
    """R19: nobody approved it."""
    assert policy.source("crawler") is None


def test_an_unknown_field_is_a_mistake_in_the_program(policy: Policy) -> None:
    """The loader proved every name that policy uses."""
    with pytest.raises(KeyError):
        policy.field("gone")


def test_the_day_is_that_of_the_policys_zone(policy: Policy) -> None:
    """Half past eight in the evening in London is tomorrow in Shanghai."""
    evening = dt.datetime(2026, 1, 31, 20, 30, tzinfo=dt.UTC)

    assert policy.today(evening) == dt.date(2026, 2, 1)


@pytest.mark.parametrize(
    ("field", "requirement"),
    [
        ("customer_name", Requirement.MANDATORY),
        ("email", Requirement.OPTIONAL),
        ("passport", Requirement.OPTIONAL),
    ],
)
def test_the_strictest_of_joined_columns_counts(
    policy: Policy, field: str, requirement: Requirement
) -> None:
    """A middle name may be missing, the name may not."""
    source = policy.source("aw_prospective_buyer")
    assert source is not None

    assert source.requirement_of(field) is requirement


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"CUSTODY_LANG": "zh", "LANG": "en_GB.UTF-8"}, Language.ZH),
        ({"CUSTODY_LANG": "", "LANG": "zh_CN.UTF-8"}, Language.ZH),
        ({"CUSTODY_LANG": "en", "LANG": "zh_CN.UTF-8"}, Language.EN),
        ({"LANG": "C"}, Language.EN),
        ({}, Language.EN),
    ],
)
def test_the_language_is_ours_then_the_systems(
    environment: dict[str, str], language: Language
) -> None:
    """English when neither says Chinese."""
    assert choose_language(environment) is language


def test_a_text_fills_its_places_in_both_languages() -> None:
    """Braces stay when there is nothing to fill."""
    text = Text("共{rows}行", "{rows} rows")

    assert text.of(Language.ZH, rows=3) == "共3行"
    assert text.of(Language.EN) == "{rows} rows"
