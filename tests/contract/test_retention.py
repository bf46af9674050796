"""Events and legal holds: the same of a fake as of PostgreSQL, as the registrar."""

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from custody.adapters.roles import WAREHOUSE_REGISTRAR
from custody.adapters.warehouse.retention import PostgresRetention
from custody.application.ports import Entry, Ledger
from custody.application.retention import (
    Answer,
    CustomerEvent,
    EventKind,
    LegalHold,
    RetentionBook,
)
from custody.domain.ledger import read_line
from custody.domain.levels import Level
from custody.domain.retention import Anchor
from custody.domain.retention_plan import KeptCustomer
from tests.builders.deliveries import MOMENT, delivery_key
from tests.contract.conftest import FAKE_AND_REAL
from tests.fakes.ledger import FakeLedger
from tests.fakes.retention import FakeRetention
from tests.fakes.world import FixedClock
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import Row, open_warehouse

ONE, OTHER = "FI2026000001", "FI2026000002"
NOBODY = "FI2026999999"
COLLECTED = delivery_key().business_date
DAY = dt.date(2026, 3, 31)
LATER = dt.date(2026, 4, 1)
IDS = (bytes([at]) * 16 for at in itertools.count(1))


@dataclass(frozen=True, slots=True)
class Office:
    """The port, and the ledger that its changes are told to."""

    book: RetentionBook
    ledger: Ledger

    def kinds(self) -> list[str]:
        """Return the kinds of the entries about no delivery, in order."""
        lines = [read_line(line) for line in self.ledger.lines()]
        return [line.kind for line in lines if line.subject == "customers"]

    def customer(self, number: str) -> KeptCustomer:
        """Return how a customer stands."""
        found = self.book.customers(unknown_industry="unknown")
        return next(one for one in found if one.number == number)


def plain(number: str) -> KeptCustomer:
    """Return a customer as the register knows it, before anybody says a word."""
    return KeptCustomer(
        number=number,
        levels=frozenset({Level.HIGH, Level.LOW}),
        industry="J66",
        customer_type="ordinary",
        events={Anchor.COLLECTION: COLLECTED},
    )


@pytest.fixture(params=FAKE_AND_REAL, scope="module")
def office(request: pytest.FixtureRequest) -> Office:
    """Two customers, one of them with two versions."""
    if request.param == "fake":
        ledger = FakeLedger()
        known = {number: plain(number) for number in (ONE, OTHER)}
        return Office(FakeRetention(ledger, known), ledger)
    databases: Databases = request.getfixturevalue("databases")
    warehouse = open_warehouse(databases)
    warehouse.load([Row({"resident_id": "a"}), Row({"resident_id": "b"})])
    warehouse.load([Row({"resident_id": "a"}, "changed")])
    engine = databases.warehouse(WAREHOUSE_REGISTRAR)
    book = PostgresRetention(engine, warehouse.ledger_writer, FixedClock(MOMENT))
    return Office(book, warehouse.ledger)


@pytest.fixture
def said(office: Office) -> Iterator[list[str]]:
    """The kinds of entries that a test's own words add, once it is done."""
    before = len(office.kinds())
    found: list[str] = []
    yield found
    assert office.kinds()[before:] == found


def event(
    number: str = ONE, kind: EventKind = EventKind.DEREGISTRATION, on: dt.date = DAY
) -> CustomerEvent:
    """Return an event of a customer."""
    return CustomerEvent(
        event_id=next(IDS), number=number, kind=kind, on=on, reason="why", actor="who"
    )


def hold(number: str = ONE) -> LegalHold:
    """Return a hold on a customer."""
    return LegalHold(hold_id=next(IDS), number=number, reason="why", actor="who")


def entry(kind: str) -> Entry:
    """Return an entry about no delivery."""
    return Entry(kind=kind, subject="customers", body={})


def test_every_customer_comes_once_with_all_levels_in_order(office: Office) -> None:
    found = list(office.book.customers(unknown_industry="unknown"))

    assert found == [plain(ONE), plain(OTHER)]


def test_an_event_stands_until_it_is_withdrawn(office: Office, said: list[str]) -> None:
    first, second = event(), event(on=LATER)

    assert office.book.record(first, entry("one")) is Answer.DONE
    assert office.book.record(second, entry("two")) is Answer.ALREADY
    assert office.customer(ONE).events[Anchor.DEREGISTRATION] == DAY
    assert office.book.withdraw(first.event_id, entry("three")) is Answer.DONE
    assert office.book.withdraw(first.event_id, entry("four")) is Answer.UNKNOWN
    assert office.customer(ONE) == plain(ONE)
    assert office.book.record(second, entry("five")) is Answer.DONE
    assert office.customer(ONE).events[Anchor.DEREGISTRATION] == LATER
    assert office.book.withdraw(second.event_id, entry("six")) is Answer.DONE
    said += ["one", "three", "five", "six"]


def test_a_request_for_deletion_is_no_event_of_the_clock(
    office: Office, said: list[str]
) -> None:
    """R44: it stands beside the events from which periods are counted."""
    asked = event(kind=EventKind.DELETION_REQUEST)

    assert office.book.record(asked, entry("one")) is Answer.DONE
    found = office.customer(ONE)
    assert office.book.withdraw(asked.event_id, entry("two")) is Answer.DONE

    assert found.asked_on == DAY
    assert found.events == plain(ONE).events
    said += ["one", "two"]


def test_a_hold_is_of_one_customer_until_the_last_is_lifted(
    office: Office, said: list[str]
) -> None:
    first, second = hold(), hold()

    assert office.book.hold(first, entry("one")) is Answer.DONE
    assert office.book.hold(second, entry("two")) is Answer.DONE
    assert {one.hold_id for one in office.book.holds()} == {
        first.hold_id,
        second.hold_id,
    }
    assert office.book.lift(first.hold_id, entry("three")) is Answer.DONE
    assert office.customer(ONE).on_hold
    assert not office.customer(OTHER).on_hold
    assert list(office.book.holds()) == [second]
    assert office.book.lift(second.hold_id, entry("four")) is Answer.DONE
    assert office.book.lift(second.hold_id, entry("five")) is Answer.UNKNOWN
    assert not office.customer(ONE).on_hold
    said += ["one", "two", "three", "four"]


def test_nobody_is_no_customer(office: Office, said: list[str]) -> None:
    assert office.book.record(event(NOBODY), entry("one")) is Answer.UNKNOWN
    assert office.book.hold(hold(NOBODY), entry("two")) is Answer.UNKNOWN
    assert said == []
