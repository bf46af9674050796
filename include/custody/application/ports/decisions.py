"""Ports to what people decide: kept plans, and the record of decisions."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from custody.application.ports.warehouse import Entry
from custody.domain.approving import KeptPlan
from custody.domain.decisions import Signed
from custody.domain.plan_form import PlanHead
from custody.domain.retention_plan import Due
from custody.domain.unanswered import RESTORED

DECISION_RECORDED = "decision_recorded"
APPROVAL_TAKEN = "approval_taken"
REVIEWERS_FOUNDED = "reviewers_founded"
TOLD = frozenset(
    {
        *(DECISION_RECORDED, APPROVAL_TAKEN, REVIEWERS_FOUNDED),
        *(RESTORED, "hold_set", "hold_lifted"),
    }
)
"""The kinds of ledger entries from which the record of decisions is read.

Also what a restore has lost of legal holds, and the answers: no plan is carried out
before those are given.
"""


class DecisionBook(Protocol):
    """Every decision that was made, append-only, and what the ledger tells of them."""

    def add(self, signed: Signed, entry: Entry) -> bool:
        """Store a decision with its ledger entry; False when it is known already."""

    def stored(self) -> Iterator[bytes]:
        """Yield the lines of all decisions as they are stored, in order of arrival."""

    def told(self) -> Iterator[bytes]:
        """Yield the ledger's lines of the kinds `TOLD`, in order."""

    def append(self, entry: Entry) -> int:
        """Tell the ledger of what came of a decision; return the position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Which request and approval a plan was carried out under, and when."""

    request: str
    approval: str
    at: dt.datetime


class PlanBook(Protocol):
    """The plans that were kept to be signed; a plan is never changed."""

    def keep(self, plan: KeptPlan, lines: Iterable[Due], entry: Entry) -> bool:
        """Keep a plan and its lines, whole or not at all; False when it is kept."""

    def find(self, digest: str) -> KeptPlan | None:
        """Return a plan."""

    def plans(self) -> Iterator[KeptPlan]:
        """Yield the plans, the newest first."""

    def lines(self, digest: str) -> Iterator[Due]:
        """Yield the lines of a plan in their order."""

    def over(self, head: PlanHead) -> int:
        """Count the plans of a head's day, policy and register whose run is over."""

    def registered(self) -> int:
        """Return how many customers the register has."""

    def take(self, digest: str, taken: Taken, entry: Entry) -> bool:
        """Use an approval up, with its ledger entry; False when it was used."""

    def taken(self, digest: str) -> Taken | None:
        """Return under what a plan was carried out, None when it was not."""
