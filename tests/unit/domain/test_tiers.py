"""Value tiers (R11-R13)."""

import dataclasses
from decimal import Decimal

import pytest

from custody.domain.fields import ValueTiers
from custody.domain.tiers import standing_of, value_tier

TIERS = ValueTiers(
    x_yuan=1000,
    y_yuan=100,
    amount_field="yearly_amount",
    standing_field="standing",
    branches=(("strategic", "high"), ("ordinary", "medium"), ("potential", "low")),
    precedence=("strategic", "amount", "ordinary", "potential"),
    spellings=(("战略客户", "strategic"), ("vip", "strategic")),
)


@pytest.mark.parametrize(
    ("amount", "tier"),
    [
        ("1000.01", "high"),
        ("1000", "medium"),
        ("100", "medium"),
        ("99.99", "low"),
        ("0", "low"),
        ("-5", "low"),
    ],
)
def test_above_x_is_high_from_y_medium_below_low(amount: str, tier: str) -> None:
    """Both thresholds belong to the middle."""
    assert value_tier(Decimal(amount), None, TIERS) == tier


@pytest.mark.parametrize(
    ("standing", "tier"),
    [("strategic", "high"), ("ordinary", "medium"), ("potential", "low")],
)
def test_without_an_amount_the_standing_says(standing: str, tier: str) -> None:
    """The second half of each of R11, R12, R13."""
    assert value_tier(None, standing, TIERS) == tier


def test_a_strategic_customer_is_high_whatever_the_amount() -> None:
    """R11 is an OR."""
    assert value_tier(Decimal(1), "strategic", TIERS) == "high"


def test_an_amount_outweighs_a_lesser_standing() -> None:
    """Policy's precedence asks for the amount before `ordinary`."""
    assert value_tier(Decimal(2000), "potential", TIERS) == "high"
    assert value_tier(Decimal(1), "ordinary", TIERS) == "low"


def test_precedence_is_policy() -> None:
    """The other order gives the other answer."""
    turned = dataclasses.replace(
        TIERS, precedence=("ordinary", "amount", "strategic", "potential")
    )

    assert value_tier(Decimal(1), "ordinary", turned) == "medium"
    assert value_tier(Decimal(1), "strategic", turned) == "low"


@pytest.mark.parametrize("standing", [None, "", "nobody knows"])
def test_a_customer_of_whom_nothing_is_known_is_low(standing: str | None) -> None:
    """R13: potential until the fields say more."""
    assert value_tier(None, standing, TIERS) == "low"


@pytest.mark.parametrize(
    ("text", "branch"),
    [
        ("战略客户", "strategic"),
        (" VIP ", "strategic"),
        ("Ordinary", "ordinary"),
        ("other", None),
        (None, None),
    ],
)
def test_sources_spell_a_standing_their_way(
    text: str | None, branch: str | None
) -> None:
    """Spellings are policy; case and blanks around do not matter."""
    assert standing_of(text, TIERS) == branch
