"""Sensitivity levels: the highest prevails (R7-R9, R49)."""

import pytest

from custody.domain.kinds import LEVEL_OF_KIND, Kind
from custody.domain.levels import LEVELS_FROM_HIGH, Level, highest


def test_levels_are_ordered_by_rank() -> None:
    """As text, `high` would come before `low`."""
    assert [level.rank for level in LEVELS_FROM_HIGH] == [2, 1, 0]


@pytest.mark.parametrize(
    ("held", "record"),
    [
        ([], Level.LOW),
        ([Level.LOW], Level.LOW),
        ([Level.LOW, Level.MEDIUM], Level.MEDIUM),
        ([Level.MEDIUM, Level.HIGH, Level.LOW], Level.HIGH),
    ],
)
def test_a_record_is_as_sensitive_as_the_most_sensitive_thing_in_it(
    held: list[Level], record: Level
) -> None:
    """就高从严; an empty record is low."""
    assert highest(held) is record


def test_every_kind_has_a_level() -> None:
    """A kind without one would be sealed as nothing."""
    assert set(LEVEL_OF_KIND) == set(Kind)
    assert LEVEL_OF_KIND[Kind.RESIDENT_ID] is Level.HIGH
    assert LEVEL_OF_KIND[Kind.EMAIL] is Level.MEDIUM
    assert LEVEL_OF_KIND[Kind.COMPANY_NAME] is Level.LOW
