"""Sensitivity levels (R7-R9): their order, and that the highest prevails.

GB/T 43697-2024 calls the rule 就高从严: a record is as sensitive as the most
sensitive thing it holds.
"""

from collections.abc import Iterable
from enum import StrEnum


class Level(StrEnum):
    """A sensitivity level 敏感级别; compare levels by `rank`, never as text."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Position from low (0) to high (2)."""
        return _RANKS[self]


_RANKS = {Level.LOW: 0, Level.MEDIUM: 1, Level.HIGH: 2}

LEVELS_FROM_HIGH = (Level.HIGH, Level.MEDIUM, Level.LOW)


def highest(levels: Iterable[Level]) -> Level:
    """Return the highest of the levels, low when there are none (R49, A2)."""
    return max(levels, key=lambda level: level.rank, default=Level.LOW)
