"""What the pages need of the world, and the form they compute from it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from custody.application.ports import CheckReport
from custody.application.views import RecordView, Views
from custody.domain.backups import LastBackups
from custody.domain.drills import DrillAge
from custody.domain.levels import Level
from custody.domain.policy import Policy
from custody.domain.retention import Period, Subject
from custody.domain.unanswered import Unanswered


class Shelf(Protocol):
    """Reads as the database role that opens nothing."""

    @property
    def views(self) -> Views:
        """Deliveries and the register, masked throughout."""

    @property
    def policy(self) -> Policy:
        """The policy in force."""

    @property
    def storage(self) -> str:
        """Where sealed values and their off-site copies lie."""

    def drills(self) -> Sequence[DrillAge]:
        """Return how long ago the last drill of each kind passed."""

    def backups(self) -> LastBackups:
        """Return what the ledger tells of each medium's last set."""

    def unanswered(self) -> Sequence[Unanswered]:
        """Return what restores have lost and nobody has answered."""

    @property
    def now(self) -> dt.datetime:
        """The moment."""

    def report(self, delivery_id: str) -> CheckReport | None:
        """Return a delivery's validation report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Items of the management form 客户信息分类与信息安全管理表 (R27-R43).

    Each is computed from what is, never typed (design idea 7).
    """

    record: RecordView
    storage: str
    authorised: Sequence[str]
    encrypted: bool
    retained: Period


def fill_form(record: RecordView, policy: Policy, storage: str) -> Form:
    """Return the form of a record; its level decides access, and retention too.

    A record whose industry nobody named yet is kept as the unknown industry is.
    """
    level = Level(record.level)
    rule = policy.level_rule(level)
    subject = Subject(
        level=level,
        industry=record.industry or policy.unknown_industry.code,
        customer_type=record.customer_type,
    )
    return Form(
        record=record,
        storage=storage,
        authorised=rule.access,
        encrypted=rule.storage == "sealed",
        retained=policy.retention.period_of(subject),
    )
