"""What is known of a destruction that came to its end: who, what, how many (R72)."""

import datetime as dt
from dataclasses import dataclass

from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from custody.domain.observations import (
    ON_MEDIA,
    FullSetSeen,
    Observation,
    Recovery,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Who decided what is certified: the digest (hex) of their signed decision."""

    person: str
    role: str
    department: str
    decision: str
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """What one rule of retention brought about at one level.

    A customer is counted at each level that goes; `values` are sealed values, of
    all versions, or of those that newer ones replaced: the rule's name tells it.
    """

    level: Level
    rule_id: str
    legal_basis: str
    customers: int
    values: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitments:
    """Who was destroyed, without their names: `root` (hex) over `count` MACs."""

    count: int
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPlace:
    """A line of the ledger, by its position and its hash (hex)."""

    position: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Destruction:
    """Everything that is known of a destruction that came to its end.

    `plan` is the digest of the approved plan, `on` its day, `policy` the digest of
    the policy in force; `customers` counts persons and companies, each once.
    """

    dataset: str
    plan: str
    on: dt.date
    policy: str
    requested: Decided
    approved: Decided
    begun_at: dt.datetime
    customers: int
    portions: tuple[Portion, ...]
    epochs: tuple[EpochId, ...]
    observations: tuple[Observation, ...]
    recovery: Recovery
    full_sets: tuple[FullSetSeen, ...]
    commitments: Commitments
    ledger: LedgerPlace

    @property
    def values(self) -> int:
        """Return how many sealed values went."""
        return sum(portion.values for portion in self.portions)

    @property
    def media(self) -> frozenset[str]:
        """Return the off-site media that were looked at."""
        return frozenset(one.where for one in self.observations if one.copy in ON_MEDIA)
