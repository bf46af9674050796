"""What the pages need of the world, and the form they compute from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from custody.application.ports import CheckReport
from custody.application.views import RecordView, Views
from custody.domain.levels import Level
from custody.domain.policy import Policy


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
    retained_years: int
    retained_after: str


def fill_form(record: RecordView, policy: Policy, storage: str) -> Form:
    """Return the form of a record; its level decides access and retention."""
    level = Level(record.level)
    rule = policy.level_rule(level)
    retention = next(kept for kept in policy.retention if kept.level == level)
    return Form(
        record=record,
        storage=storage,
        authorised=rule.access,
        encrypted=rule.storage == "sealed",
        retained_years=retention.years,
        retained_after=retention.anchor,
    )
