"""A run begins when nothing speaks against any line of its plan, asked anew (R69)."""

import dataclasses
import datetime as dt
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from custody.adapters.policy import load_policy
from custody.application.approve import Approved
from custody.application.destroy.begin import BeginRun, Refusal, StillDue
from custody.application.destroy.take import TakeApproval
from custody.application.ports.destruction_book import Run
from custody.application.retention_plan import PlanRetention
from custody.domain.destruction import RunState
from custody.domain.kept_customer import KeptCustomer
from custody.domain.levels import Level
from custody.domain.record_states import RecordState
from custody.domain.retention import Anchor
from tests.builders.decided import NOW, TODAY
from tests.fakes.destruction import FakeDestructionBook
from tests.fakes.doomed import FakeCustomers, FakeIntending, FakeVersion
from tests.fakes.ledger import FakeLedger
from tests.fakes.retention import FakeRetention
from tests.fakes.world import FixedClock

POLICY = load_policy(Path(__file__).parents[3] / "include" / "policy")
PLAN, NUMBER = "ab" * 32, "XX2010000001"
LEVELS = (Level.MEDIUM, Level.LOW)


class Room:
    """One customer whose time is over, and the plan that names them."""

    def __init__(self) -> None:
        self.ledger = FakeLedger()
        self.book = FakeDestructionBook(self.ledger)
        self.here = FakeCustomers(self.book)
        self.here.versions.append(FakeVersion(NUMBER, 1, bytes(16), {}))
        self.known = KeptCustomer(
            number=NUMBER,
            levels=frozenset(LEVELS),
            industry="unknown",
            customer_type=None,
            events={Anchor.DEREGISTRATION: dt.date(2010, 1, 1)},
        )
        self.here.plans[PLAN] = tuple(self.plan_retention(TODAY, Counter()))
        for level in LEVELS:
            self.here.standings[NUMBER, level] = RecordState.DUE

    @property
    def plan_retention(self) -> PlanRetention:
        """Who would be due; a bystander who is in use is known as well."""
        bystander = dataclasses.replace(self.known, number="XX2", events={})
        known = {one.number: one for one in (self.known, bystander)}
        book = FakeRetention(self.ledger, known)
        return PlanRetention(policy=POLICY, book=book)

    @property
    def still_due(self) -> StillDue:
        """What judges the lines anew."""
        return StillDue(
            policy=POLICY,
            intending=FakeIntending(self.here),
            plan_retention=self.plan_retention,
        )

    def begin(self) -> Run | Refusal:
        """Begin the run of a plan that everybody has approved."""
        approved = SimpleNamespace(verify=lambda *_, **__: object())
        return BeginRun(
            policy=POLICY,
            approved=cast("Approved", approved),
            still_due=self.still_due,
            book=self.book,
            ledger=self.ledger,
            clock=FixedClock(NOW),
        )(PLAN)


def test_a_plan_against_which_nothing_speaks_gets_its_run() -> None:
    room = Room()

    run = room.begin()

    assert len(room.here.plans[PLAN]) == len(LEVELS)
    assert room.still_due(PLAN, today=TODAY) == ()
    assert run == Run(plan=PLAN, state=RunState.BEGUN, begun_at=NOW, moved_at=NOW)
    assert room.begin() == run
    assert room.ledger.entries == []


@pytest.mark.parametrize(
    ("what", "reasons"),
    [
        ("held", ("on_hold 2",)),
        ("landed", ("landed 2",)),
        ("again", ("unsettled 2",)),
        ("live", ("not_restricted 1",)),
        ("back", ("not_due 2",)),
        ("gone", ("not_due 2",)),
    ],
)
def test_whatever_speaks_against_a_line_today_is_counted(
    what: str, reasons: tuple[str, ...]
) -> None:
    room = Room()
    if what == "held":
        room.here.holds.add(NUMBER)
    elif what == "landed":
        room.here.landed.add("d")
    elif what == "again":
        room.here.unsettled.add(NUMBER)
    elif what == "live":
        room.here.standings[NUMBER, Level.LOW] = RecordState.STORAGE_ONLY
    elif what == "back":
        room.known = dataclasses.replace(room.known, events={})
    else:
        room.known = dataclasses.replace(room.known, number="XX3")

    answer = room.begin()

    assert answer == Refusal(reasons)
    assert room.book.find(PLAN) is None
    (entry,) = room.ledger.entries
    assert (entry.kind, entry.body["reasons"]) == ("destruction_refused", [*reasons])


def test_an_approval_is_used_up_by_the_run_that_begins() -> None:
    room = Room()
    run = cast("Run", room.begin())
    asked: list[tuple[str, dt.datetime]] = []

    def take(plan: str, *, now: dt.datetime) -> object:
        asked.append((plan, now))
        return object()

    shared: dict[str, Any] = {"policy": POLICY, "book": room.book}
    step = TakeApproval(
        approved=cast("Approved", SimpleNamespace(take=take)),
        plans=cast("Any", SimpleNamespace(taken=lambda _: None)),
        clock=FixedClock(NOW),
        **shared,
    )

    assert step(run).state is RunState.APPROVED
    assert asked == [(PLAN, NOW)]
