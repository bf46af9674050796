"""Conservation: one outcome per row, whatever the rows."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from custody.domain.outcome import Outcome, Tally

OUTCOMES = st.lists(st.sampled_from(Outcome), max_size=50)


@given(outcomes=OUTCOMES)
def test_counting_outcomes_conserves(outcomes: list[Outcome]) -> None:
    """A tally of one outcome per row always holds."""
    counts = {str(outcome): n for outcome, n in Counter(outcomes).items()}

    assert Tally(read=len(outcomes), **counts).conserves


@given(outcomes=OUTCOMES, error=st.integers(min_value=1, max_value=9))
def test_a_miscount_is_seen(outcomes: list[Outcome], error: int) -> None:
    """One row more or less than was read never holds."""
    counts = {str(outcome): n for outcome, n in Counter(outcomes).items()}

    assert not Tally(read=len(outcomes) + error, **counts).conserves
