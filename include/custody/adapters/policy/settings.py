"""Settings of the register and the roles in Airflow."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from custody.adapters.policy.classification import refuse_bad_code
from custody.adapters.policy.retention import read_span
from custody.adapters.policy.section import Section
from custody.domain.policy import BackupRules, DestructionRules
from custody.domain.suppression import SuppressionRules
from custody.errors import PolicyError

PERMISSIONS = (
    "pages.read",
    "dags.read",
    "dags.pause",
    "runs.read",
    "runs.trigger",
    "backfills.read",
    "backfills.write",
    "task_instances.read",
    "task_instances.clear",
    "task_instances.mark",
    "logs.read",
    "xcoms.read",
    "xcoms.write",
    "assets.read",
    "approvals.answer",
    "audit_log.read",
    "users.write",
    "settings.write",
)
"""The permission words that the Airflow roles map."""

ADMIN = "admin"
ADMIN_ONLY = frozenset(
    {
        "task_instances.clear",
        "task_instances.mark",
        "xcoms.write",
        "users.write",
        "settings.write",
    }
)
"""Words by which a run's outcome could be forged: no other role has them."""

_DATASET = re.compile(r"[a-z][a-z0-9_]{0,47}")
_LONGEST_QUARANTINE_DAYS = 365
_LONGEST_INCOMPLETE_DAYS = 90
_WIDEST_NUMBER = 12
_WHOLE_REGISTER_PERCENT = 100
_LONGEST_VALID_DAYS = 90
_LONGEST_SNAPSHOT_DAYS = 3_660
_SHORTEST_KEEP_DAYS, _LONGEST_KEEP_DAYS = 35, 3_660


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `settings.yaml` says."""

    dataset: str
    time_zone: ZoneInfo
    quarantine_days: int
    incomplete_days: int
    number_width: int
    max_landed_bytes: int
    destruction: DestructionRules
    backup: BackupRules
    suppression: SuppressionRules


def read_settings(document: Section) -> Settings:
    """Return the settings; every key is demanded."""
    with document as section:
        try:
            time_zone = ZoneInfo(section.text("time_zone"))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise section.error("time_zone", "no such IANA time zone") from None
        return Settings(
            dataset=section.matching("dataset", _DATASET, "a lower-case word"),
            time_zone=time_zone,
            quarantine_days=section.number(
                "quarantine_days", least=1, most=_LONGEST_QUARANTINE_DAYS
            ),
            incomplete_days=section.number(
                "incomplete_days", least=1, most=_LONGEST_INCOMPLETE_DAYS
            ),
            number_width=section.number("number_width", least=1, most=_WIDEST_NUMBER),
            max_landed_bytes=section.number("max_landed_bytes", least=1),
            destruction=_destruction(section.section("destruction")),
            backup=_backup(section.section("backup")),
            suppression=_suppression(section.section("suppression")),
        )


def _destruction(entry: Section) -> DestructionRules:
    with entry as section:
        return DestructionRules(
            max_customers=section.number("max_customers", least=1),
            max_percent=section.number(
                "max_percent", least=1, most=_WHOLE_REGISTER_PERCENT
            ),
            valid_days=section.number("valid_days", least=1, most=_LONGEST_VALID_DAYS),
            snapshot_days=section.number(
                "snapshot_days", least=0, most=_LONGEST_SNAPSHOT_DAYS
            ),
        )


def _backup(entry: Section) -> BackupRules:
    with entry as section:
        return BackupRules(
            keep_days=section.number(
                "keep_days", least=_SHORTEST_KEEP_DAYS, most=_LONGEST_KEEP_DAYS
            ),
            keep_at_least=section.number("keep_at_least", least=1),
        )


def _suppression(entry: Section) -> SuppressionRules:
    with entry as section:
        return SuppressionRules(
            keep=read_span(section, "keep"), legal_basis=section.text("legal_basis")
        )


def read_roles(
    entries: Mapping[str, Section],
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each Airflow role with its permission words, in file order."""
    if ADMIN not in entries:
        raise PolicyError("access.yaml", ADMIN, "is missing")
    return tuple((role, _permissions(role, entry)) for role, entry in entries.items())


def _permissions(role: str, entry: Section) -> tuple[str, ...]:
    refuse_bad_code(entry, role)
    with entry as section:
        words = section.words("permissions", PERMISSIONS)
        forbidden = ADMIN_ONLY & set(words)
        if forbidden and role != ADMIN:
            raise section.error("permissions", f"{min(forbidden)} is for admin only")
        return words
