"""Value tiers 价值等级: from yearly amount and standing to a tier (R11-R13).

Thresholds, branches and which is asked first are policy; who confirms a tier is
the review's matter (R46).
"""

from decimal import Decimal

from custody.domain.fields import ValueTiers

HIGH, MEDIUM, LOW = "high", "medium", "low"
TIERS = (HIGH, MEDIUM, LOW)

AMOUNT = "amount"
"""The branch of the precedence that asks for the yearly amount."""


def value_tier(amount: Decimal | None, standing: str | None, tiers: ValueTiers) -> str:
    """Return `high`, `medium` or `low`, by the first branch that answers.

    `amount` is in yuan a year, None when not known; `standing` is the customer's
    standing as a source spells it, None when not known.  A customer of whom
    nothing is known is low (R13): a potential one until policy's fields say more.
    """
    known = standing_of(standing, tiers)
    branches = dict(tiers.branches)
    for branch in tiers.precedence:
        if branch == AMOUNT and amount is not None:
            return amount_tier(amount, tiers)
        if branch != AMOUNT and branch == known:
            return branches[branch]
    return LOW


def amount_tier(amount: Decimal, tiers: ValueTiers) -> str:
    """Return the tier of a yearly amount in yuan.

    High above X, medium from Y to X, both included, low below Y (R11-R13).
    """
    if amount > tiers.x_yuan:
        return HIGH
    return MEDIUM if amount >= tiers.y_yuan else LOW


def standing_of(standing: str | None, tiers: ValueTiers) -> str | None:
    """Return the branch that a spelling names, None when policy knows none."""
    if standing is None:
        return None
    folded = standing.strip().casefold()
    if folded in dict(tiers.branches):
        return folded
    return dict(tiers.spellings).get(folded)
