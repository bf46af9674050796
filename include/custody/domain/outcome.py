"""Row outcomes and their conservation: nothing is lost (design section 2)."""

from dataclasses import dataclass, fields
from enum import StrEnum


class Outcome(StrEnum):
    """The one outcome of a row."""

    LOADED = "loaded"
    UNCHANGED = "unchanged"
    PENDING = "pending"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Rows read and their outcomes, in rows."""

    read: int = 0
    loaded: int = 0
    unchanged: int = 0
    pending: int = 0
    quarantined: int = 0
    refused: int = 0
    held: int = 0

    def __post_init__(self) -> None:
        """Refuse negative counts."""
        if any(getattr(self, field.name) < 0 for field in fields(self)):
            message = "a tally counts rows: no count is negative"
            raise ValueError(message)

    @property
    def conserves(self) -> bool:
        """Whether every row read has exactly one outcome."""
        return self.read == (
            self.loaded
            + self.unchanged
            + self.pending
            + self.quarantined
            + self.refused
            + self.held
        )
