"""Row conservation (design section 2)."""

from dataclasses import fields

import pytest

from custody.domain.outcome import Outcome, Tally


def test_every_outcome_is_counted() -> None:
    """A tally has a count for each outcome, and rows read."""
    assert {field.name for field in fields(Tally)} == {"read", *Outcome}


@pytest.mark.parametrize("outcome", Outcome)
def test_a_row_lost_or_won_is_seen(outcome: str) -> None:
    """Read equals the sum of the six, each of them counted once."""
    assert Tally(**{"read": 2, outcome: 2}).conserves
    assert not Tally(**{"read": 2, outcome: 1}).conserves
    assert not Tally(**{"read": 2, outcome: 3}).conserves


@pytest.mark.parametrize("count", [field.name for field in fields(Tally)])
def test_no_count_is_negative(count: str) -> None:
    """A negative count could hide a lost row."""
    with pytest.raises(ValueError, match="no count is negative"):
        Tally(**{count: -1})
