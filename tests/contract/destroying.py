"""Customers to be destroyed, the same twice: in memory, and on PostgreSQL."""

import datetime as dt
import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.roles import (
    WAREHOUSE_DESTROYER,
    WAREHOUSE_OWNER,
    WAREHOUSE_REGISTRAR,
)
from custody.adapters.warehouse.condemning import PostgresCondemning
from custody.adapters.warehouse.deleting import PostgresDeleting
from custody.adapters.warehouse.destruction import PostgresDestructionBook
from custody.adapters.warehouse.intending import PostgresIntending
from custody.adapters.warehouse.left_over import PostgresLeftOver
from custody.adapters.warehouse.linked import PostgresLinksNow
from custody.adapters.warehouse.plans import PostgresPlans
from custody.adapters.warehouse.sampled import PostgresSample
from custody.application.ports import Entry
from custody.application.ports.destruction import (
    Condemning,
    Deleting,
    Intended,
    Intending,
    LeftOver,
    LinksNow,
    Sample,
)
from custody.application.ports.destruction_book import DestructionBook, Run
from custody.domain.destruction import MOVES, OVER, RunState
from custody.domain.kept_customer import KeptCustomer, Replaced
from custody.domain.levels import Level
from custody.domain.record_states import RecordState
from custody.domain.retention import Anchor
from custody.domain.retention_plan import Due
from tests.builders.decided import kept_plan
from tests.builders.deliveries import DAY, MOMENT
from tests.fakes.condemning import FakeCondemning, FakeSample
from tests.fakes.deleting import FakeDeleting
from tests.fakes.destruction import FakeDestructionBook
from tests.fakes.doomed import (
    FakeCustomers,
    FakeIntending,
    FakeLeftOver,
    FakeVersion,
)
from tests.fakes.ledger import FakeLedger
from tests.fakes.linked import FakeLinks
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import Row, Warehouse, open_warehouse

ENTRY = Entry(kind="moved", subject="customers", body={})
BOTH = (Level.HIGH, Level.LOW)
KEY = "resident_id"


@dataclass(frozen=True)
class Customer:
    """One customer: by which value they are known, and the handles of versions."""

    number: str
    known: str
    handles: tuple[bytes, ...]


class Scene(Protocol):
    """What others do: who delivers, who plans, who holds, who forges."""

    def bring(self, names: Sequence[str]) -> list[Customer]:
        """Load one delivery: a version each of whom these values name."""

    def keep(self, dues: Sequence[Due]) -> str:
        """Keep a plan of these lines; return its digest."""

    def become_due(self, number: str) -> None:
        """Let both levels of a customer be due."""

    def hold(self, number: str) -> None:
        """Set a legal hold."""

    def erase(self) -> None:
        """Erase every landed file."""

    def comes_again(self, one: Customer) -> None:
        """Let a delivery be under way that brings them again."""

    def alter(self, plan: str) -> None:
        """Have the first line of a run say what nobody signed."""


@dataclass(frozen=True)
class Office:
    """The ports of a destruction, and the scene they stand in."""

    scene: Scene
    book: DestructionBook
    intending: Intending
    condemning: Condemning
    deleting: Deleting
    links: LinksNow
    left_over: LeftOver
    sample: Sample
    names: Iterator[str] = field(
        default_factory=lambda: (f"known-{at}" for at in itertools.count())
    )

    def customers(self, count: int, *, versions: int = 1) -> list[Customer]:
        """Bring customers with some versions each, at two levels."""
        names = list(itertools.islice(self.names, count))
        found = self.scene.bring(names)
        for _ in range(versions - 1):
            more = self.scene.bring(names)
            found = [
                replace(one, handles=one.handles + newer.handles)
                for one, newer in zip(found, more, strict=True)
            ]
        return found

    def begun(self, plan: str) -> Run:
        """Return the run of a plan, its intent told off-site; others are over."""
        for run in list(self.book.runs()):
            state = run.state
            while state not in OVER:
                further = max(MOVES[state], key=list(RunState).index)
                state = self.moved(run.plan, further).state
        assert self.book.begin(plan, at=MOMENT)
        return self.moved(plan, RunState.APPROVED, RunState.INTENDED, RunState.ANCHORED)

    def moved(self, plan: str, *states: RunState) -> Run:
        """Move a run on; return it."""
        run = self.book.find(plan)
        for state in states:
            assert run is not None
            run = self.book.move(run, state, at=MOMENT)
        assert run is not None
        return run

    def intend(self, plan: str, *customers: Customer) -> None:
        """Keep the intent; each commitment is invented from the number."""
        told = [
            Intended(
                number=one.number,
                commitment=one.number.encode().rjust(32, b"-"),
                salt=bytes(16),
                handle=one.handles[0],
                level=Level.LOW,
            )
            for one in customers
        ]
        self.intending.intend(plan, told)

    def states(self, plan: str) -> list[RecordState]:
        """Return how the levels of a plan's lines stand, in their order."""
        return [found.state for _, found in self.intending.standings(plan)]


@dataclass
class FakeScene:
    """The scene in memory."""

    here: FakeCustomers
    numbers: dict[str, str] = field(default_factory=dict)

    def bring(self, names: Sequence[str]) -> list[Customer]:
        """Load one delivery."""
        delivery = f"d{len(self.here.versions)}"
        self.here.landed.add(delivery)
        found = []
        for name in names:
            new = f"FI2026{len(self.numbers) + 1:06}"
            number = self.numbers.setdefault(name, new)
            made = add_version(self.here, number, delivery)
            found.append(Customer(number, name, (made.handle,)))
        return found

    def keep(self, dues: Sequence[Due]) -> str:
        """Keep a plan."""
        plan = f"{len(self.here.plans) + 1:064x}"
        self.here.plans[plan] = tuple(dues)
        return plan

    def become_due(self, number: str) -> None:
        """Let both levels be due."""
        for level in BOTH:
            self.here.standings[number, level] = RecordState.DUE

    def hold(self, number: str) -> None:
        """Set a legal hold."""
        self.here.holds.add(number)

    def erase(self) -> None:
        """Erase every landed file."""
        self.here.landed.clear()

    def comes_again(self, one: Customer) -> None:
        """Let a delivery be under way."""
        self.here.unsettled.add(one.number)

    def alter(self, plan: str) -> None:
        """Have the first line say something else."""
        line = self.here.book.lines[plan][0]
        line.due = replace(line.due, rule_id="other")


def add_version(here: FakeCustomers, number: str, delivery: str) -> FakeVersion:
    """Add a version of a customer; what was there is replaced today."""
    older = [one for one in here.versions if one.number == number]
    made = FakeVersion(
        number=number,
        version=len(older) + 1,
        handle=os.urandom(16),
        values={level: invented_value() for level in BOTH},
        tokens={KEY},
        delivery=delivery,
    )
    for one in older:
        one.shown = False
    here.versions.append(made)
    here.kept[number] = KeptCustomer(
        number=number,
        levels=frozenset(BOTH),
        industry="J66",
        customer_type="ordinary",
        events={Anchor.COLLECTION: DAY},
        replaced=tuple(
            Replaced(
                level=level,
                part="",
                version=one.version,
                on=DAY,
                has_salt=(one.version, level) == (1, Level.LOW),
            )
            for one in older
            for level in BOTH
        ),
    )
    return made


def invented_value() -> dict[str, bytes]:
    """Return what looks like a sealed value."""
    return {
        "sealed": os.urandom(150),
        "key_id": os.urandom(32),
        "digest": os.urandom(32),
    }


@dataclass
class RealScene:
    """The scene on PostgreSQL; forged as its owner, who may everything."""

    databases: Databases
    warehouse: Warehouse
    days: Iterator[dt.date] = field(
        default_factory=lambda: (
            dt.date(2026, 1, 1) + dt.timedelta(days=at) for at in itertools.count()
        )
    )

    def bring(self, names: Sequence[str]) -> list[Customer]:
        """Load one delivery."""
        content = os.urandom(8).hex()
        record = self.warehouse.stage([Row({KEY: name}, content) for name in names])
        self.warehouse.load_record(record)
        query = text(
            "SELECT number, handle FROM register.record_version"
            " WHERE delivery_id = :id ORDER BY row"
        )
        owner = self.databases.warehouse(WAREHOUSE_OWNER)
        with transaction(owner, "look") as connection:
            rows = connection.execute(query, {"id": record.key.delivery_id}).all()
        return [
            Customer(row.number, name, (bytes(row.handle),))
            for name, row in zip(names, rows, strict=True)
        ]

    def keep(self, dues: Sequence[Due]) -> str:
        """Keep a plan, each of a day of its own."""
        registrar = self.databases.warehouse(WAREHOUSE_REGISTRAR)
        plan = kept_plan(tuple(dues), on=next(self.days))
        plans = PostgresPlans(registrar, self.warehouse.ledger_writer)
        assert plans.keep(plan, iter(dues), ENTRY)
        return plan.digest

    def become_due(self, number: str) -> None:
        """Let both levels be due."""
        self._forge(
            "INSERT INTO register.standing (number, level, state, since)"
            " SELECT :number, level, 'due', now()"
            " FROM unnest(ARRAY['high', 'low']) level",
            number=number,
        )

    def hold(self, number: str) -> None:
        """Set a legal hold."""
        self._forge(
            "INSERT INTO retention.legal_hold VALUES (:id, :number, 'r', 'a', now())",
            id=os.urandom(16),
            number=number,
        )

    def erase(self) -> None:
        """Erase every landed file."""
        self._forge("UPDATE intake.delivery SET erased_at = now()")

    def comes_again(self, one: Customer) -> None:
        """Let a delivery be under way."""
        self.warehouse.stage([Row({KEY: one.known}, "again")])

    def alter(self, plan: str) -> None:
        """Have the first line say something else."""
        self._forge(
            "UPDATE destruction.line SET rule = 'other'"
            " WHERE plan = :plan AND position = 1",
            plan=bytes.fromhex(plan),
        )

    def _forge(self, statement: str, **row: object) -> None:
        owner = self.databases.warehouse(WAREHOUSE_OWNER)
        with transaction(owner, "set the scene") as connection:
            connection.execute(text(statement), row)


def fake_office() -> Office:
    """Return the world in memory."""
    here = FakeCustomers(FakeDestructionBook(FakeLedger()))
    return Office(
        scene=FakeScene(here),
        book=here.book,
        intending=FakeIntending(here),
        condemning=FakeCondemning(here),
        deleting=FakeDeleting(here),
        links=FakeLinks(here),
        left_over=FakeLeftOver(here),
        sample=FakeSample(here),
    )


def real_office(databases: Databases) -> Office:
    """Return PostgreSQL, as the destroyer."""
    warehouse = open_warehouse(databases)
    destroyer, writer = (
        databases.warehouse(WAREHOUSE_DESTROYER),
        warehouse.ledger_writer,
    )
    return Office(
        scene=RealScene(databases, warehouse),
        book=PostgresDestructionBook(destroyer, writer),
        intending=PostgresIntending(destroyer),
        condemning=PostgresCondemning(destroyer, writer),
        deleting=PostgresDeleting(destroyer),
        links=PostgresLinksNow(destroyer),
        left_over=PostgresLeftOver(destroyer),
        sample=PostgresSample(destroyer),
    )
