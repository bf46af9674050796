"""A click starts nothing that was not signed, and goes on with what was killed (R70).

And a run that awaits its key service takes the step again on another day.
"""

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from custody.application.approve import Approved
from custody.application.destroy.begin import BeginRun, Refusal
from custody.application.destroy.carry import NOTHING, CarryOut
from custody.application.destroy.certify import IssueCertificate
from custody.application.destroy.observe import ObserveCopies
from custody.application.destroy.run import Destroy
from custody.application.destroy.steps import insist
from custody.application.ports.destruction_book import Run
from custody.domain.approving import Doubt, KeptPlan, refuse
from custody.domain.destruction import RunState
from custody.domain.epochs import EpochId
from custody.errors import ConflictError
from tests.fakes.destruction import FakeDestructionBook
from tests.fakes.ledger import FakeLedger
from tests.fakes.rekey import FakeExclusion
from tests.fakes.world import FixedClock

NOW = dt.datetime(2026, 12, 1, 3, tzinfo=dt.UTC)
OLD, NEW = "aa" * 32, "bb" * 32


def kept(
    digest: str, days: int, *, taken: bool = False, over: bool = False
) -> KeptPlan:
    """Return a plan that was kept some days ago."""
    return KeptPlan(
        digest=digest,
        on=NOW.date(),
        policy="33" * 32,
        dataset="customers",
        lines=1,
        made_at=NOW - dt.timedelta(days=days),
        taken=taken,
        over=over,
    )


@dataclass
class Office:
    """Plans, who approved which, the runs, and what was asked to be destroyed."""

    plans_kept: list[KeptPlan]
    approved: set[str]
    book: FakeDestructionBook = field(
        default_factory=lambda: FakeDestructionBook(FakeLedger())
    )
    asked: list[tuple[str, RunState | None]] = field(default_factory=list)
    answer: Run | Refusal | None = None

    def plans(self) -> list[KeptPlan]:
        """Return the plans, the newest first."""
        return self.plans_kept

    def check(self, digest: str, *, now: dt.datetime) -> object:
        """Say whether a plan is approved."""
        assert now == NOW
        return object() if digest in self.approved else refuse(Doubt.NO_APPROVAL)

    def destroy(self, plan: str, *, until: RunState | None = None) -> Run | Refusal:
        """Remember what was asked."""
        self.asked.append((plan, until))
        done = Run(plan=plan, state=RunState.MARKED, begun_at=NOW, moved_at=NOW)
        return self.answer or done

    @property
    def carry_out(self) -> CarryOut:
        """The use case."""
        return CarryOut(
            book=self.book,
            plans=cast("Any", self),
            approved=cast("Approved", self),
            destroy=cast("Destroy", self.destroy),
            clock=FixedClock(NOW),
        )


def test_the_oldest_approved_plan_is_begun() -> None:
    """Not the newest, nor one that nobody approved, that was taken or refused."""
    plans = [kept("cc" * 32, 1), kept(NEW, 2), kept(OLD, 3), kept("dd" * 32, 9)]
    plans += [kept("ee" * 32, 8, taken=True), kept("ff" * 32, 7, over=True)]
    office = Office(plans, {NEW, OLD, "ee" * 32, "ff" * 32})

    told = office.carry_out.begin(until=RunState.MARKED)

    assert told == "marked"
    assert office.asked == [(OLD, RunState.MARKED)]


def test_nothing_is_begun_that_nobody_signed() -> None:
    office = Office([kept(OLD, 3)], set())

    assert office.carry_out.begin(until=RunState.MARKED) == NOTHING
    assert office.asked == []


def test_a_run_under_way_is_gone_on_with_before_any_other() -> None:
    office = Office([kept(OLD, 3)], {OLD})
    office.book.begin(NEW, at=NOW)

    office.carry_out.begin(until=RunState.MARKED)
    office.carry_out.go_on(until=RunState.CERTIFIED)

    assert office.asked == [(NEW, RunState.MARKED), (NEW, RunState.CERTIFIED)]


def test_going_on_begins_nothing() -> None:
    office = Office([kept(OLD, 3)], {OLD})

    assert office.carry_out.go_on(until=RunState.CERTIFIED) == NOTHING
    assert office.asked == []


def test_a_refusal_is_told_by_its_codes() -> None:
    office = Office([kept(OLD, 3)], {OLD}, answer=Refusal(("on_hold 1", "landed 2")))

    told = office.carry_out.begin(until=RunState.MARKED)

    assert told == "refused: on_hold 1, landed 2"


# --- the steps, one after the other ---------------------------------------------


@dataclass
class Service:
    """A key service that takes its time: 7 to 30 days."""

    window: tuple[EpochId, ...] = (EpochId.parse("live/high/1"),)

    def awaited(self, run: Run) -> tuple[EpochId, ...]:
        """Return what it has not destroyed yet."""
        assert run.state is RunState.PROVEN
        return self.window


def waiting(book: FakeDestructionBook, service: Service) -> Destroy:
    """Return a destruction whose last step waits for a service."""

    def begin(plan: str) -> Run | Refusal:
        return book.find(plan) or Refusal(("unknown_plan",))

    certify = IssueCertificate(
        policy=cast("Any", None),
        book=book,
        clock=FixedClock(NOW),
        observe=cast("ObserveCopies", service),
        plans=cast("Any", None),
        record=cast("Any", None),
        media=(),
        ledger=FakeLedger(),
        issue=cast("Any", None),
    )

    def prove(run: Run) -> Run:
        return insist(book.move(run, RunState.PROVEN, at=NOW))

    def done(run: Run) -> Run:
        if service.window:
            return certify(run)
        return insist(book.move(run, RunState.CERTIFIED, at=NOW))

    return Destroy(
        begin=cast("BeginRun", begin),
        steps={RunState.COVERED: prove, RunState.PROVEN: done},
        exclusively=FakeExclusion(),
    )


def test_a_run_waits_for_its_key_service_and_is_taken_up_another_day() -> None:
    """DescribeKey is asked each day: until it says so, nothing is certified."""
    book, service = FakeDestructionBook(FakeLedger()), Service()
    run = Run(plan=OLD, state=RunState.COVERED, begun_at=NOW, moved_at=NOW)
    book.started[OLD] = run
    destroy = waiting(book, service)

    first, second = destroy(OLD), destroy(OLD)
    service.window = ()
    last = destroy(OLD)

    assert [cast("Run", one).state for one in (first, second, last)] == [
        RunState.PROVEN,
        RunState.PROVEN,
        RunState.CERTIFIED,
    ]


def test_a_run_stops_where_it_is_told_to_and_takes_nothing_twice() -> None:
    book = FakeDestructionBook(FakeLedger())
    book.started[OLD] = Run(
        plan=OLD, state=RunState.COVERED, begun_at=NOW, moved_at=NOW
    )
    destroy = waiting(book, Service(window=()))

    there = destroy(OLD, until=RunState.COVERED)
    further = destroy(OLD, until=RunState.PROVEN)

    assert (cast("Run", there).state, cast("Run", further).state) == (
        RunState.COVERED,
        RunState.PROVEN,
    )
    assert destroy(NEW) == Refusal(("unknown_plan",))


def test_a_step_that_somebody_else_has_taken_is_a_conflict() -> None:
    book = FakeDestructionBook(FakeLedger())
    book.begin(OLD, at=NOW)
    run = cast("Run", book.find(OLD))
    book.started[OLD] = replace(run, state=RunState.APPROVED)

    with pytest.raises(ConflictError, match="another run"):
        insist(book.move(run, RunState.APPROVED, at=NOW))
