"""Epochs 密钥纪元: the name of a wrapping key's time, and its states.

An epoch belongs to one purpose and, except for index, to one level; its id is
(purpose, level, number) (design section 4).
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.levels import Level


class Purpose(StrEnum):
    """What an epoch's key is for."""

    LIVE = "live"
    RESTRICTED = "restricted"
    DRILL = "drill"
    INDEX = "index"


class EpochState(StrEnum):
    """The life of an epoch: it only moves forward."""

    OPEN = "open"
    CLOSING = "closing"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True, order=True)
class EpochId:
    """(purpose, level, number); the text form is `live/high/1`, `index/-/1`."""

    purpose: Purpose
    level: Level | None
    number: int

    def __post_init__(self) -> None:
        """Only index epochs have no level; numbers start at 1."""
        if (self.level is None) != (self.purpose is Purpose.INDEX):
            message = "an epoch has a level exactly when it is not an index epoch"
            raise ValueError(message)
        if self.number < 1:
            message = "epoch numbers start at 1"
            raise ValueError(message)

    def __str__(self) -> str:
        """Return the text form, used in tables, file names and AAD."""
        return f"{self.purpose}/{self.level or '-'}/{self.number}"

    @classmethod
    def parse(cls, text: str) -> "EpochId":
        """Read the text form; ValueError when it is not one."""
        purpose, level, number = text.split("/")
        return cls(
            Purpose(purpose), None if level == "-" else Level(level), int(number)
        )


def may_inherit(new: EpochId, old: EpochId) -> bool:
    """Tell whether the data keys of one epoch may be wrapped anew under another.

    Within a level alone, and between live and restricted epochs, or among those of the
    drill: a key record is bound to its level, and drill and index epochs hold no data
    key of the register.
    """
    if old == new or old.level != new.level:
        return False
    purposes = {old.purpose, new.purpose}
    return purposes <= {Purpose.LIVE, Purpose.RESTRICTED} or purposes == {Purpose.DRILL}


def leads_up_to(epoch: EpochId, ended: Collection[EpochId]) -> bool:
    """Tell whether an epoch is among some that ended, or came before one of them.

    A rekey wraps the same data key anew, so what an older copy has under an earlier
    epoch opens by that epoch's key to the very value that the later ones hid.
    """
    return any(
        (epoch.purpose, epoch.level) == (one.purpose, one.level)
        and epoch.number <= one.number
        for one in ended
    )


FIELD_ROOT = EpochId(Purpose.INDEX, None, 999_999_999)
"""The provider key from which the blind-index field keys are derived."""

SUPPRESSION_ROOT = EpochId(Purpose.INDEX, None, 999_999_998)
"""The provider key of suppression tokens; like the field root it ends with no epoch."""
