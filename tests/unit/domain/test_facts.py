"""Facts and the one table that decides about rows (R24-R26)."""

from itertools import product

import pytest

from custody.domain.facts import (
    ROW_VERDICTS,
    Requirement,
    RowVerdict,
    Token,
    row_verdict,
)

TOKENS = (None, *Token)
MANDATORY, EXPECTED, OPTIONAL = Requirement


def test_the_table_knows_every_case() -> None:
    """No fact of any field is left undecided."""
    assert set(ROW_VERDICTS) == set(product(TOKENS, Requirement))


@pytest.mark.parametrize("token", [None, Token.PLACEHOLDER])
def test_a_missing_field_by_its_requirement(token: Token | None) -> None:
    """R24 waits, R25 asks, R26 follows later; a placeholder is a missing field."""
    assert row_verdict([(token, MANDATORY)]) is RowVerdict.PENDING
    assert row_verdict([(token, EXPECTED)]) is RowVerdict.SUPPLEMENT
    assert row_verdict([(token, OPTIONAL)]) is RowVerdict.LOAD


@pytest.mark.parametrize(
    "token", [Token.MALFORMED, Token.BAD_CHECKSUM, Token.OUT_OF_SET]
)
def test_a_wrong_value_is_asked_for_even_when_optional(token: Token) -> None:
    """PIPL 8: what is held is right; wrong is worse than missing."""
    assert row_verdict([(token, MANDATORY)]) is RowVerdict.PENDING
    assert row_verdict([(token, OPTIONAL)]) is RowVerdict.SUPPLEMENT


@pytest.mark.parametrize("requirement", Requirement)
@pytest.mark.parametrize("token", [Token.VALID, Token.UNCHECKED])
def test_a_good_value_loads(token: Token, requirement: Requirement) -> None:
    """Whatever the source demands."""
    assert row_verdict([(token, requirement)]) is RowVerdict.LOAD


def test_the_gravest_field_decides() -> None:
    """One field that waits makes the row wait."""
    facts = [(Token.VALID, MANDATORY), (None, EXPECTED), (None, MANDATORY)]

    assert row_verdict(facts) is RowVerdict.PENDING
    assert row_verdict(facts[:2]) is RowVerdict.SUPPLEMENT


def test_a_row_of_which_nothing_is_asked_loads() -> None:
    """Presence of the key fields is a rule of policy, not of this table."""
    assert row_verdict([]) is RowVerdict.LOAD
