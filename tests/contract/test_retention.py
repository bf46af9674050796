"""Events and legal holds, and the states that follow: a fake and PostgreSQL alike."""

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.roles import (
    WAREHOUSE_OWNER,
    WAREHOUSE_READER,
    WAREHOUSE_REGISTRAR,
)
from custody.adapters.warehouse.record_states import PostgresRecordStates
from custody.adapters.warehouse.retention import PostgresRetention
from custody.application.ports import Entry, Ledger
from custody.application.record_states import RecordStates, with_moves
from custody.application.retention import (
    Answer,
    CustomerEvent,
    EventKind,
    LegalHold,
    RetentionBook,
)
from custody.domain.kept_customer import KeptCustomer, Replaced
from custody.domain.ledger import read_line
from custody.domain.levels import Level
from custody.domain.record_states import Judging, Move, RecordState
from custody.domain.retention import Anchor, Period, RetentionSchedule, Scope, Span
from tests.builders.deliveries import MOMENT, delivery_key
from tests.contract.conftest import FAKE_AND_REAL
from tests.fakes.ledger import FakeLedger
from tests.fakes.retention import FakeRetention
from tests.fakes.world import FixedClock
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import Row, open_warehouse

ONE, OTHER, GONE = "FI2026000001", "FI2026000002", "FI2026000003"
NOBODY = "FI2026999999"
LEVELS = (Level.HIGH, Level.LOW)
COLLECTED = delivery_key().business_date
DAY = dt.date(2026, 3, 31)
LATER = dt.date(2026, 4, 1)
PERIOD = Span(days=30)
OVER = PERIOD.last_day(DAY) + dt.timedelta(days=1)
IDS = (bytes([at]) * 16 for at in itertools.count(1))
_S = RecordState


def judging(on: dt.date = DAY) -> Judging:
    """Return thirty days after deregistration, on a day."""
    period = Period(
        rule_id="standard",
        scope=Scope(),
        anchor=Anchor.DEREGISTRATION,
        span=PERIOD,
        superseded=Span(),
        legal_basis="Civil Code 188",
    )
    return Judging(
        schedule=RetentionSchedule(periods=(period,)), on=on, unknown_industry="unknown"
    )


@dataclass(frozen=True, slots=True)
class Office:
    """The ports, the ledger that changes are told to, and what others do and see."""

    book: RetentionBook
    states: RecordStates
    ledger: Ledger
    stands: Callable[[str], dict[Level, RecordState]]
    is_shown: Callable[[str], bool]
    put: Callable[[str, Level, RecordState], None]

    def kinds(self) -> list[str]:
        """Return the kinds of the entries about no delivery, in order."""
        lines = [read_line(line) for line in self.ledger.lines()]
        return [line.kind for line in lines if line.subject == "customers"]

    def last_moved(self) -> object:
        """Return what the last entry tells of moves."""
        return read_line(list(self.ledger.lines())[-1]).body["moved"]

    def customer(self, number: str) -> KeptCustomer:
        """Return how a customer stands."""
        found = self.book.customers(unknown_industry="unknown", zone=dt.UTC)
        return next(one for one in found if one.number == number)

    def record(self, one: CustomerEvent, kind: str) -> Answer:
        """Record an event on its day."""
        return self.book.record(one, entry(kind), judging()).answer

    def withdraw(self, event_id: bytes, kind: str) -> Answer:
        """Take an event back on that day."""
        return self.book.withdraw(event_id, entry(kind), judging()).answer

    def hold(self, one: LegalHold, kind: str, *, on: dt.date = DAY) -> Answer:
        """Set a hold on a day."""
        return self.book.hold(one, entry(kind), judging(on)).answer

    def follow(self, on: dt.date) -> list[str]:
        """Let everybody follow who lags on a day."""
        return [
            str(move)
            for numbers in self.states.lagging(judging(on))
            for move in self.states.follow(numbers, judging(on), followed)
        ]


def plain(number: str) -> KeptCustomer:
    """Return a customer as the register knows it, before anybody says a word.

    The one has a second version: of the first one the lowest level has the salt.
    """
    first = (
        Replaced(level=level, part="", version=1, on=COLLECTED, has_salt=has_salt)
        for level, has_salt in ((Level.LOW, True), (Level.HIGH, False))
    )
    return KeptCustomer(
        number=number,
        levels=frozenset(LEVELS),
        industry="J66",
        customer_type="ordinary",
        events={Anchor.COLLECTION: COLLECTED},
        replaced=tuple(first) if number == ONE else (),
    )


def fake_office() -> Office:
    """Return the world in memory."""
    ledger = FakeLedger()
    book = FakeRetention(
        ledger, {number: plain(number) for number in (ONE, OTHER, GONE)}, gone={GONE}
    )

    def put(number: str, level: Level, state: RecordState) -> None:
        book.states[number, level] = state

    return Office(
        book=book,
        states=book,
        ledger=ledger,
        stands=lambda number: {
            level: state for (one, level), state in book.states.items() if one == number
        },
        is_shown=lambda number: number in book.shown,
        put=put,
    )


def real_office(databases: Databases) -> Office:
    """Return three customers, one of two versions, one of whom nothing is left."""
    warehouse = open_warehouse(databases)
    warehouse.load([Row({"resident_id": one}) for one in "abc"])
    warehouse.load([Row({"resident_id": "a"}, "changed")])
    owner = databases.warehouse(WAREHOUSE_OWNER)
    reader = databases.warehouse(WAREHOUSE_READER)
    engine = databases.warehouse(WAREHOUSE_REGISTRAR)
    parts = (engine, warehouse.ledger_writer, FixedClock(MOMENT))

    def tell(statement: str, **bound: object) -> None:
        with transaction(owner, "set the scene") as connection:
            connection.execute(text(statement), bound)

    def stands(number: str) -> dict[Level, RecordState]:
        query = text("SELECT level, state FROM register.standing WHERE number = :n")
        with transaction(reader, "look") as connection:
            found = connection.execute(query, {"n": number}).all()
        return {Level(one.level): RecordState(one.state) for one in found}

    def is_shown(number: str) -> bool:
        query = text("SELECT count(*) FROM projection.record WHERE number = :n")
        with transaction(reader, "look") as connection:
            return bool(connection.execute(query, {"n": number}).scalar_one())

    tell(
        "DELETE FROM register.sealed_value WHERE handle IN"
        " (SELECT handle FROM register.record_version WHERE number = :n)",
        n=GONE,
    )
    return Office(
        book=PostgresRetention(*parts),
        states=PostgresRecordStates(*parts),
        ledger=warehouse.ledger,
        stands=stands,
        is_shown=is_shown,
        put=lambda number, level, state: tell(
            "UPDATE register.standing SET state = :state"
            " WHERE number = :number AND level = :level",
            number=number,
            level=level.value,
            state=state.value,
        ),
    )


@pytest.fixture(params=FAKE_AND_REAL, scope="module")
def office(request: pytest.FixtureRequest) -> Office:
    """Customers, in memory and on PostgreSQL as the registrar."""
    if request.param == "fake":
        return fake_office()
    return real_office(request.getfixturevalue("databases"))


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


def followed(moves: Sequence[Move]) -> Entry:
    """Return the entry of moves."""
    return with_moves(entry("followed"), moves)


def test_every_customer_comes_once_with_all_levels_in_order(office: Office) -> None:
    """Of whom nothing is left does not come."""
    found = list(office.book.customers(unknown_industry="unknown", zone=dt.UTC))

    assert found == [plain(ONE), plain(OTHER)]


def test_an_event_stands_until_it_is_withdrawn(office: Office, said: list[str]) -> None:
    first, second = event(), event(on=LATER)

    assert office.record(first, "one") is Answer.DONE
    assert office.record(second, "two") is Answer.ALREADY
    assert office.customer(ONE).events[Anchor.DEREGISTRATION] == DAY
    assert office.withdraw(first.event_id, "three") is Answer.DONE
    assert office.withdraw(first.event_id, "four") is Answer.UNKNOWN
    assert office.customer(ONE) == plain(ONE)
    assert office.record(second, "five") is Answer.DONE
    assert office.customer(ONE).events[Anchor.DEREGISTRATION] == LATER
    assert office.withdraw(second.event_id, "six") is Answer.DONE
    said += ["one", "three", "five", "six"]


def test_a_request_for_deletion_is_no_event_of_the_clock(
    office: Office, said: list[str]
) -> None:
    """R44: it stands beside the events from which periods are counted."""
    asked = event(kind=EventKind.DELETION_REQUEST)

    assert office.record(asked, "one") is Answer.DONE
    found = office.customer(ONE)
    assert office.withdraw(asked.event_id, "two") is Answer.DONE

    assert found.asked_on == DAY
    assert found.events == plain(ONE).events
    said += ["one", "two"]


def test_a_hold_is_of_one_customer_until_the_last_is_lifted(
    office: Office, said: list[str]
) -> None:
    first, second = hold(), hold()

    assert office.hold(first, "one") is Answer.DONE
    assert office.hold(second, "two") is Answer.DONE
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


def test_a_word_is_said_once_under_its_id(office: Office, said: list[str]) -> None:
    """What a restore lost is set again by one person, whoever else tries (R69)."""
    one, other = hold(), event(kind=EventKind.LAST_TRANSACTION)

    assert office.hold(one, "one") is Answer.DONE
    assert office.hold(replace(one, number=OTHER), "two") is Answer.ALREADY
    assert office.record(other, "three") is Answer.DONE
    again = replace(other, number=OTHER)
    assert office.record(again, "four") is Answer.ALREADY
    assert not office.customer(OTHER).on_hold
    assert office.book.lift(one.hold_id, entry("five")) is Answer.DONE
    assert office.withdraw(other.event_id, "six") is Answer.DONE
    said += ["one", "three", "five", "six"]


def test_what_is_not_here_is_given_up_and_what_is_here_is_not(
    office: Office, said: list[str]
) -> None:
    """One that stands, or was ended, is no lost one (R69)."""
    stands, ended = hold(), event()
    office.hold(stands, "one")
    office.record(ended, "two")
    office.withdraw(ended.event_id, "three")

    assert office.book.give_up(next(IDS), entry("four")) is Answer.DONE
    assert office.book.give_up(stands.hold_id, entry("five")) is Answer.ALREADY
    assert office.book.give_up(ended.event_id, entry("six")) is Answer.ALREADY
    assert office.book.lift(stands.hold_id, entry("seven")) is Answer.DONE
    said += ["one", "two", "three", "four", "seven"]


@pytest.mark.parametrize(
    ("number", "answer"), [(NOBODY, Answer.UNKNOWN), (GONE, Answer.DESTROYED)]
)
def test_nothing_is_said_of_nobody(
    office: Office, said: list[str], number: str, answer: Answer
) -> None:
    """R69: a hold that comes when nothing is left is told so, not accepted."""
    assert office.record(event(number), "one") is answer
    assert office.hold(hold(number), "two") is answer
    assert said == []


def test_who_ends_their_use_is_shown_no_more_from_that_moment(
    office: Office, said: list[str]
) -> None:
    """PIPL 47: the states of all levels move with the word that is recorded."""
    ended = event(OTHER)
    before = office.is_shown(OTHER)

    made = office.book.record(ended, entry("one"), judging())

    assert before
    assert not office.is_shown(OTHER)
    assert made.moves == tuple(
        Move(level, _S.IN_USE, _S.DEREGISTERED) for level in LEVELS
    )
    assert office.last_moved() == [
        "high in_use>deregistered 1",
        "low in_use>deregistered 1",
    ]
    assert office.stands(OTHER) == dict.fromkeys(LEVELS, _S.DEREGISTERED)
    assert office.follow(DAY) == []
    assert office.withdraw(ended.event_id, "two") is Answer.DONE
    assert office.stands(OTHER) == dict.fromkeys(LEVELS, _S.IN_USE)
    assert office.last_moved() == [
        "high deregistered>in_use 1",
        "low deregistered>in_use 1",
    ]
    said += ["one", "two"]


def test_a_hold_takes_the_due_day_back_and_its_end_brings_it_again(
    office: Office, said: list[str]
) -> None:
    """No day early; a hold wins whenever it comes before the end (R17, R69)."""
    ended, held = event(), hold()
    office.record(ended, "one")
    for level in LEVELS:
        office.put(ONE, level, _S.STORAGE_ONLY)

    early = office.follow(OVER - dt.timedelta(days=1))
    over = office.follow(OVER)
    set_at = office.hold(held, "three", on=OVER)
    while_held = (office.stands(ONE), office.follow(OVER))
    lifted = office.book.lift(held.hold_id, entry("four"))
    again = office.follow(OVER)
    office.withdraw(ended.event_id, "six")

    assert early == []
    assert over == ["high storage_only>due", "low storage_only>due"]
    assert (set_at, lifted) == (Answer.DONE, Answer.DONE)
    assert while_held == (dict.fromkeys(LEVELS, _S.STORAGE_ONLY), [])
    assert again == over
    assert office.stands(ONE) == dict.fromkeys(LEVELS, _S.IN_USE)
    said += ["one", "followed", "three", "four", "followed", "six"]


def test_who_is_being_destroyed_is_spared_by_a_withdrawal(
    office: Office, said: list[str]
) -> None:
    """A hold is accepted then, too: for that the destroyer takes the state back."""
    ended, held = event(), hold()
    office.record(ended, "one")
    for level in LEVELS:
        office.put(ONE, level, _S.DESTROYING)

    accepted = office.hold(held, "two")

    assert accepted is Answer.DONE
    assert office.stands(ONE) == dict.fromkeys(LEVELS, _S.DESTROYING)
    assert office.follow(OVER) == []
    office.book.lift(held.hold_id, entry("three"))
    assert office.withdraw(ended.event_id, "four") is Answer.DONE
    assert office.stands(ONE) == dict.fromkeys(LEVELS, _S.STORAGE_ONLY)
    assert office.follow(DAY) == ["high storage_only>in_use", "low storage_only>in_use"]
    said += ["one", "two", "three", "four", "followed"]


def test_of_whom_all_is_condemned_nothing_is_said_any_more(
    office: Office, said: list[str]
) -> None:
    """The point of no return comes before the rows are gone (R69)."""
    ended = event()
    office.record(ended, "one")
    for level in LEVELS:
        office.put(ONE, level, _S.DESTROYED)

    late = [
        office.hold(hold(), "two"),
        office.withdraw(ended.event_id, "three"),
        office.record(event(kind=EventKind.DELETION_REQUEST), "four"),
    ]
    left = [
        one.number
        for one in office.book.customers(unknown_industry="unknown", zone=dt.UTC)
    ]

    assert late == [Answer.DESTROYED] * 3
    assert left == [OTHER]
    for level in LEVELS:
        office.put(ONE, level, _S.STORAGE_ONLY)
    office.withdraw(ended.event_id, "five")
    said += ["one", "five"]
