"""Decisions and kept plans: the same of fakes as of PostgreSQL, by role."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from custody.adapters.roles import WAREHOUSE_DESTROYER, WAREHOUSE_REGISTRAR
from custody.adapters.warehouse.decisions import PostgresDecisions
from custody.adapters.warehouse.destruction import PostgresDestructionBook
from custody.adapters.warehouse.plans import PostgresPlans
from custody.application.ports import Entry
from custody.application.ports.decisions import (
    APPROVAL_TAKEN,
    DECISION_RECORDED,
    DecisionBook,
    PlanBook,
    Taken,
)
from custody.domain.approving import KeptPlan
from custody.domain.destruction import RunState
from custody.domain.ledger import read_line
from custody.domain.plan_form import PlanDigest, plan_lines
from custody.domain.retention_plan import Due
from custody.errors import ConflictError
from tests.builders.decided import (
    DUES,
    NOW,
    approval,
    entry_of,
    kept_plan,
    request,
)
from tests.builders.deliveries import MOMENT
from tests.contract.conftest import FAKE_AND_REAL
from tests.fakes.decisions import FakeDecisions, FakePlans
from tests.fakes.ledger import FakeLedger
from tests.fakes.world import FixedClock
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import Row, open_warehouse


@dataclass(frozen=True, slots=True)
class Office:
    """The ports, as who signs has them and as who acts on it does."""

    decisions: DecisionBook
    acting: DecisionBook
    plans: PlanBook
    taking: PlanBook
    end: Callable[[str], None]


@pytest.fixture(params=FAKE_AND_REAL, scope="module")
def office(request: pytest.FixtureRequest) -> Office:
    """A register of two customers."""
    if request.param == "fake":
        ledger = FakeLedger()
        decisions, plans = FakeDecisions(ledger), FakePlans(ledger, size=2)
        return Office(decisions, decisions, plans, plans, plans.ended.add)
    databases: Databases = request.getfixturevalue("databases")
    warehouse = open_warehouse(databases)
    warehouse.load([Row({"resident_id": "a"}), Row({"resident_id": "b"})])
    signs = databases.warehouse(WAREHOUSE_REGISTRAR)
    acts = databases.warehouse(WAREHOUSE_DESTROYER)
    writer, clock = warehouse.ledger_writer, FixedClock(MOMENT)
    runs = PostgresDestructionBook(acts, writer)

    def end(plan: str) -> None:
        assert runs.begin(plan, at=NOW)
        run = runs.find(plan)
        assert run is not None
        assert runs.move(run, RunState.REFUSED, at=NOW)

    return Office(
        PostgresDecisions(signs, writer, clock),
        PostgresDecisions(acts, writer, clock),
        PostgresPlans(signs, writer),
        PostgresPlans(acts, writer),
        end,
    )


def entry(kind: str, **body: str) -> Entry:
    """Return an entry about no delivery."""
    return Entry(kind=kind, subject="customers", body=body)


def plan_of(day: int, dues: tuple[Due, ...] = DUES) -> KeptPlan:
    """Return a plan of a test's own."""
    return kept_plan(dues, on=dt.date(2026, 1, day))


def test_a_decision_is_stored_once_as_it_was_signed(office: Office) -> None:
    one = request(plan_of(1))
    other = approval(plan_of(1), one)

    assert office.decisions.add(one, entry_of(one))
    assert office.decisions.add(other, entry_of(other))
    assert not office.decisions.add(one, entry_of(one))

    stored = list(office.acting.stored())
    assert stored[-2:] == [one.line, other.line]
    lines = [read_line(line) for line in office.acting.told()]
    told = [line.body["line"] for line in lines if line.kind == DECISION_RECORDED]
    assert told[-2:] == [
        one.line.decode(),
        other.line.decode(),
    ]


def test_only_what_tells_of_decisions_is_told(office: Office) -> None:
    """A body that quotes such a kind is no such line."""
    before = list(office.acting.told())

    quoting = Entry(
        kind="approval_refused", subject="customers", body={"kind": DECISION_RECORDED}
    )
    office.acting.append(quoting)
    office.acting.append(entry(APPROVAL_TAKEN, plan="ab" * 32))

    (one,) = list(office.decisions.told())[len(before) :]
    assert read_line(one).kind == APPROVAL_TAKEN


def test_a_plan_is_kept_with_its_lines_in_order(office: Office) -> None:
    plan = plan_of(2)

    assert office.plans.keep(plan, iter(DUES), entry("plan_kept"))
    assert not office.plans.keep(plan, iter(DUES), entry("plan_kept"))

    assert office.taking.find(plan.digest) == plan
    assert tuple(office.taking.lines(plan.digest)) == DUES
    assert plan in list(office.taking.plans())
    assert office.taking.registered() == office.plans.registered() == 2


def test_the_newest_plan_comes_first(office: Office) -> None:
    old, new = plan_of(3), replace(plan_of(4), made_at=NOW)
    office.plans.keep(old, iter(DUES), entry("plan_kept"))
    office.plans.keep(new, iter(DUES), entry("plan_kept"))

    found = [plan for plan in office.plans.plans() if plan in {old, new}]

    assert found == [new, old]


def test_a_plan_whose_lines_fail_is_not_kept(office: Office) -> None:
    plan = plan_of(5)

    def broken() -> Iterator[Due]:
        yield DUES[0]
        raise ConflictError("the register has changed")

    with pytest.raises(ConflictError):
        office.plans.keep(plan, broken(), entry("plan_kept"))

    assert office.plans.find(plan.digest) is None
    assert list(office.plans.lines(plan.digest)) == []


def test_a_plan_is_taken_once(office: Office) -> None:
    plan = plan_of(6)
    office.plans.keep(plan, iter(DUES), entry("plan_kept"))
    ours, theirs = (hashlib.sha256(one).hexdigest() for one in (b"1", b"2"))
    taken = Taken(request=ours, approval=theirs, at=NOW)

    assert office.taking.taken(plan.digest) is None
    assert office.taking.take(plan.digest, taken, entry(APPROVAL_TAKEN, plan="x"))
    assert not office.taking.take(plan.digest, taken, entry(APPROVAL_TAKEN, plan="x"))

    assert office.taking.taken(plan.digest) == taken
    assert office.taking.find(plan.digest) == replace(plan, taken=True)


def test_a_plan_whose_run_is_over_is_counted_in_its_day(office: Office) -> None:
    """Of that day, policy and register alone; a plan that waits does not count."""
    over, waits = plan_of(7), plan_of(7, DUES[:1])
    second = next_of(over)
    for one in (over, waits, second):
        office.plans.keep(one, iter(DUES), entry("plan_kept"))
    before = office.plans.over(over.head)

    office.end(over.digest)

    assert before == 0
    assert office.plans.over(over.head) == office.taking.over(second.head) == 1
    assert office.plans.over(replace(over.head, policy="44" * 32)) == 0
    assert office.plans.over(replace(over.head, dataset="others")) == 0
    assert office.plans.over(plan_of(8).head) == 0
    assert office.plans.find(over.digest) == replace(over, over=True)
    assert office.taking.find(waits.digest) == waits
    assert office.taking.find(second.digest) == second
    assert replace(over, over=True) in list(office.plans.plans())


def next_of(plan: KeptPlan) -> KeptPlan:
    """Return the next plan of a day, with the same lines."""
    digest, head = PlanDigest(), replace(plan.head, ordinal=plan.ordinal + 1)
    for line in plan_lines(DUES, head):
        digest.add(line)
    return replace(plan, digest=digest.hex(), ordinal=head.ordinal)


def test_nobody_takes_a_plan_that_is_not_there(office: Office) -> None:
    taken = Taken(request="00" * 32, approval="11" * 32, at=NOW)

    assert not office.taking.take("22" * 32, taken, entry(APPROVAL_TAKEN, plan="x"))
    assert office.taking.find("22" * 32) is None
