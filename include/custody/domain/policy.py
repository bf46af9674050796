"""The whole policy as one frozen value, and its plain look-ups."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from custody.domain.fields import (
    Choice,
    Dimension,
    Field,
    Industry,
    LevelRule,
    ValueTiers,
)
from custody.domain.levels import Level
from custody.domain.people import People
from custody.domain.retention import RetentionSchedule
from custody.domain.sources import Source, SourceId
from custody.domain.suppression import SuppressionRules

CORE_DIMENSIONS = ("sensitivity", "industry", "value")

DEPARTMENTS = (
    "sales",
    "customer_service",
    "finance",
    "legal",
    "security",
    "executive_office",
)
"""The departments (design section 5); each has a database login role of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionRules:
    """What a destruction may be without a further word (R70).

    A plan of more than `max_customers` customers, or of more than `max_percent`
    of the register's, takes an approval that says `larger`; a request or approval
    lasts at most `valid_days`.  No snapshot or backup of the databases' files, made
    beside Custody, is kept longer than `snapshot_days`: declared, not observed (R72).
    """

    max_customers: int
    max_percent: int
    valid_days: int
    snapshot_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRules:
    """How long a set is kept (R65): locked for so many days from when it is written.

    After that it may go, but never one of the newest `keep_at_least` of a medium.
    """

    keep_days: int
    keep_at_least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that people decide and Custody obeys.

    `digest` is SHA-256 over the policy files, hex; it is written into the ledger
    with each load so that the rules in force can be found again.
    """

    dataset: str
    time_zone: ZoneInfo
    quarantine_days: int
    incomplete_days: int
    number_width: int
    max_landed_bytes: int
    sources: tuple[Source, ...]
    fields: tuple[Field, ...]
    levels: tuple[LevelRule, ...]
    dimensions: tuple[Dimension, ...]
    industries: tuple[Industry, ...]
    unknown_industry: Industry
    tiers: ValueTiers
    customer_types: tuple[Choice, ...]
    retention: RetentionSchedule
    destruction: DestructionRules
    backup: BackupRules
    suppression: SuppressionRules
    people: People
    roles: tuple[tuple[str, tuple[str, ...]], ...]  # Airflow role -> permissions
    digest: str

    def source(self, source_id: str) -> Source | None:
        """Return the approved source, or None: unknown is an answer (R19)."""
        return next((s for s in self.sources if s.source_id == source_id), None)

    def field(self, name: str) -> Field:
        """Return a field by its name; KeyError is a programming error."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def level_rule(self, level: Level) -> LevelRule:
        """Return the rule of a level; the loader proves that all three exist."""
        return next(rule for rule in self.levels if rule.level == level)

    def today(self, moment: dt.datetime) -> dt.date:
        """Return the date of a moment in the policy's time zone."""
        return moment.astimezone(self.time_zone).date()


__all__ = ["CORE_DIMENSIONS", "DEPARTMENTS", "Policy", "SourceId"]
