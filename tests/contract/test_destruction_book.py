"""The runs of destruction: what a step finds and what it leaves, fake and real."""

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.roles import WAREHOUSE_DESTROYER, WAREHOUSE_OWNER
from custody.adapters.warehouse.destruction import PostgresDestructionBook
from custody.adapters.warehouse.intending import PostgresIntending
from custody.adapters.warehouse.plans import PostgresPlans
from custody.application.ports import Entry, Ledger
from custody.application.ports.destruction import Intended
from custody.application.ports.destruction_book import (
    DestructionBook,
    Fate,
    Run,
    Succession,
    VersionsOf,
)
from custody.domain.approving import KeptPlan
from custody.domain.destroyed import Portion
from custody.domain.destruction import RunState
from custody.domain.epochs import EpochId
from custody.domain.ledger import read_line
from custody.domain.levels import Level
from custody.domain.observations import FullSetSeen, Recovery
from custody.domain.retention_plan import Due, UpTo
from custody.errors import ConflictError
from tests.contract.conftest import FAKE_AND_REAL
from tests.fakes.destruction import FakeDestructionBook, FakeLine
from tests.fakes.ledger import FakeLedger
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import Row, open_warehouse

NOW = dt.datetime(2026, 12, 1, 3, tzinfo=dt.UTC)
NUMBERS = ("FI2026000001", "FI2026000002")
COMMITMENTS = dict(zip(NUMBERS, (b"\x02" * 32, b"\x01" * 32), strict=True))
PLANS = (f"{at:064x}" for at in itertools.count(1))
OLD, NEW = EpochId.parse("live/high/1"), EpochId.parse("live/high/2")


def due(number: str, level: Level, up_to: UpTo | None = None) -> Due:
    """Return a line."""
    return Due(
        number=number,
        level=level,
        last_day=NOW.date(),
        rule_id="standard" if up_to is None else "standard.superseded",
        legal_basis="Civil Code 188",
        up_to=up_to,
    )


LINES = (
    due(NUMBERS[0], Level.HIGH),
    due(NUMBERS[0], Level.LOW),
    due(NUMBERS[1], Level.HIGH, UpTo("", 1)),
)


@dataclass(frozen=True, slots=True)
class Office:
    """The port, its ledger, and what others do to a plan's lines."""

    book: DestructionBook
    ledger: Ledger
    plan: Callable[[], str]
    intend: Callable[[str], None]
    settle: Callable[[str, Level, Fate, int], None]

    def begun(self) -> Run:
        """Return a new run; the one before is over."""
        for run in list(self.book.runs()):
            if run.state is RunState.BEGUN:
                self.book.move(run, RunState.REFUSED, at=NOW)
        plan = self.plan()
        assert self.book.begin(plan, at=NOW)
        found = self.book.find(plan)
        assert found is not None
        return found


def fake_office() -> Office:
    """Return the world in memory."""
    ledger = FakeLedger()
    book = FakeDestructionBook(ledger)

    def intend(plan: str) -> None:
        book.lines[plan] = [FakeLine(one, COMMITMENTS[one.number]) for one in LINES]

    def settle(plan: str, level: Level, fate: Fate, values: int) -> None:
        for one in book.lines[plan]:
            if one.due.level is level:
                one.fate, one.values = fate, values

    return Office(book, ledger, lambda: next(PLANS), intend, settle)


def real_office(databases: Databases) -> Office:
    """Return PostgreSQL with two customers."""
    warehouse = open_warehouse(databases)
    warehouse.load([Row({"resident_id": one}) for one in "ab"])
    owner = databases.warehouse(WAREHOUSE_OWNER)
    destroyer = databases.warehouse(WAREHOUSE_DESTROYER)
    plans = PostgresPlans(owner, warehouse.ledger_writer)

    def plan() -> str:
        kept = KeptPlan(
            digest=next(PLANS),
            on=NOW.date(),
            policy="33" * 32,
            dataset="customers",
            lines=len(LINES),
            made_at=NOW,
        )
        entry = Entry(kind="plan_kept", subject="customers", body={})
        assert plans.keep(kept, LINES, entry)
        assert tuple(plans.lines(kept.digest)) == LINES
        assert plans.find(kept.digest) == kept
        return kept.digest

    def intend(digest: str) -> None:
        customers = [
            Intended(
                number=number,
                commitment=commitment,
                salt=None,
                handle=bytes(16),
                level=Level.LOW,
            )
            for number, commitment in COMMITMENTS.items()
        ]
        PostgresIntending(destroyer).intend(digest, customers)

    def settle(digest: str, level: Level, fate: Fate, values: int) -> None:
        query = text(
            "UPDATE destruction.line SET state = :state, sealed_values = :values"
            " WHERE plan = :plan AND level = :level"
        )
        row = {"state": fate.value, "values": values, "level": level.value}
        with transaction(owner, "set the scene") as connection:
            connection.execute(query, {**row, "plan": bytes.fromhex(digest)})

    book = PostgresDestructionBook(destroyer, warehouse.ledger_writer)
    return Office(book, warehouse.ledger, plan, intend, settle)


@pytest.fixture(params=FAKE_AND_REAL, scope="module")
def office(request: pytest.FixtureRequest) -> Office:
    """Runs, in memory and on PostgreSQL as the destroyer."""
    if request.param == "fake":
        return fake_office()
    return real_office(request.getfixturevalue("databases"))


def test_one_run_at_a_time_and_one_a_plan(office: Office) -> None:
    run = office.begun()

    assert not office.book.begin(office.plan(), at=NOW)
    assert office.book.move(run, RunState.REFUSED, at=NOW) is not None
    assert not office.book.begin(run.plan, at=NOW)
    assert office.book.find("ff" * 32) is None
    assert run.plan in [one.plan for one in office.book.runs()]


def test_a_move_is_made_once_with_its_lines(office: Office) -> None:
    run = office.begun()
    entry = Entry(kind="moved", subject="customers", body={"plan": run.plan})

    made = office.book.move(run, RunState.APPROVED, entry, at=NOW)
    again = office.book.move(run, RunState.APPROVED, entry, at=NOW)

    assert made is not None
    assert (made.state, made.begun_at) == (RunState.APPROVED, NOW)
    assert again is None
    told = [read_line(one) for one in office.ledger.lines()]
    assert [one.body["plan"] for one in told if one.kind == "moved"] == [run.plan]
    with pytest.raises(ConflictError):
        office.book.move(made, RunState.CERTIFIED, at=NOW)
    office.book.move(made, RunState.REFUSED, at=NOW)


def test_what_ends_is_noted_once_and_its_heir_with_it(office: Office) -> None:
    run = office.begun()

    office.book.expect(run, [OLD])
    office.book.succeed(run.plan, OLD, NEW)
    office.book.expect(run, [OLD])

    assert office.book.successions(run.plan) == (Succession(old=OLD, new=NEW),)
    assert office.book.successions("ff" * 32) == ()


def test_who_is_named_follows_from_the_lines(office: Office) -> None:
    """Who stays is told with the versions that go, apart from who goes."""
    run = office.begun()
    office.intend(run.plan)
    first, second = COMMITMENTS[NUMBERS[0]], COMMITMENTS[NUMBERS[1]]

    assert [one.commitment for one in office.book.who_goes(run.plan)] == [first]
    assert office.book.commitments(run.plan, Fate.INTENDED) == (second, first)
    assert office.book.commitments(run.plan, Fate.CONDEMNED) == ()
    (versions,) = office.book.versions(run.plan)
    assert versions == VersionsOf(
        commitment=second, level=Level.HIGH, up_to=UpTo("", 1)
    )
    assert str(versions) == f"{second.hex()} high 1"
    assert str(VersionsOf(commitment=second, level=Level.LOW, up_to=UpTo("x", 2))) == (
        f"{second.hex()} low 2 x"
    )

    office.settle(run.plan, Level.HIGH, Fate.CONDEMNED, 3)
    office.settle(run.plan, Level.LOW, Fate.SPARED, 0)

    assert office.book.commitments(run.plan, Fate.CONDEMNED) == (second, first)
    assert office.book.commitments(run.plan, Fate.SPARED) == ()
    assert office.book.spared_lines(run.plan) == (f"{first.hex()} low",)
    assert office.book.customers(run.plan) == 2

    office.settle(run.plan, Level.HIGH, Fate.SPARED, 3)
    assert office.book.commitments(run.plan, Fate.SPARED) == (second, first)
    assert office.book.spared_lines(run.plan) == ()
    office.settle(run.plan, Level.LOW, Fate.CONDEMNED, 0)
    assert office.book.commitments(run.plan, Fate.SPARED) == (second,)
    assert office.book.spared_lines(run.plan) == (f"{first.hex()} high",)
    office.settle(run.plan, Level.HIGH, Fate.CONDEMNED, 3)
    office.settle(run.plan, Level.LOW, Fate.SPARED, 0)
    assert office.book.portions(run.plan) == tuple(
        Portion(
            level=Level.HIGH,
            rule_id=rule,
            legal_basis="Civil Code 188",
            customers=1,
            values=3,
        )
        for rule in ("standard", "standard.superseded")
    )


def test_what_was_seen_is_kept_in_the_place_of_older_looks(office: Office) -> None:
    run = office.begun()
    seen = [
        FullSetSeen(
            medium=name, manifest="11" * 32, values=1, root="22" * 32, seen_at=NOW
        )
        for name in ("tape", "store")
    ]
    found = [
        Recovery(
            due=2,
            due_before=2,
            due_after=after,
            survivors=1,
            survivors_after=1,
            seen_at=NOW,
        )
        for after in (1, 0)
    ]

    assert office.book.recovery(run.plan) is None
    for one in found:
        office.book.keep_recovery(run.plan, one)
        office.book.keep_full_sets(run.plan, seen)

    assert office.book.recovery(run.plan) == found[-1]
    assert office.book.full_sets(run.plan) == (seen[1], seen[0])
    assert office.book.full_sets("ff" * 32) == ()
