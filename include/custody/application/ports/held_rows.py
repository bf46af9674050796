"""The port to held rows: how they stand, and a steward's word on one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from custody.domain.held_rows import RowStanding, Ruling
from custody.domain.sources import FULL


class Obstacle(StrEnum):
    """Why a ruling could not take effect; nothing was changed."""

    NO_CUSTOMER = "no_customer"
    NOT_IN_USE = "not_in_use"  # kept only: withdraw the event that ended it first
    SUPPRESSED = "suppressed"  # it names someone destroyed since, and may be refused
    TOKENS_LOST = "tokens_lost"  # staged before tokens were kept, and a crash since


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the ledger keeps of who decides and why; no personal data."""

    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a row went; number and version are None when it was refused.

    `shown` is False when its projection was lost and must be rebuilt; `answered`
    counts the supplement requests that it closed.
    """

    number: str | None = None
    version: int | None = None
    shown: bool = True
    answered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What policy says of the row's delivery: match keys, serials' width, its part."""

    match_keys: Sequence[Sequence[str]]
    number_width: int
    part: str = FULL


class HeldRows(Protocol):
    """Rows by handle; the loader's port."""

    def find(self, handle: bytes) -> RowStanding | None:
        """Return how a row stands, wherever it is; None when nothing is known."""

    def decide(
        self, standing: RowStanding, ruling: Ruling, word: Word, terms: Terms
    ) -> Placed | Obstacle:
        """Let a ruling take effect, with its ledger entry, in one transaction.

        The delivery is to be exported again.  ConflictError when somebody else
        decides the row, or has decided it; EpochClosedError when its tokens are of
        an index epoch that is closing.
        """
