"""What people read: the same of a fake as of PostgreSQL, as the reading role."""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterator

import pytest

from custody.adapters.roles import WAREHOUSE_READER
from custody.adapters.warehouse.views import PostgresViews
from custody.application.views import (
    DeliverySummary,
    RecordView,
    RowView,
    SupplementView,
    Views,
    WaitingRow,
)
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.outcome import Outcome, Tally
from tests.builders.deliveries import MOMENT, delivery_key, delivery_record
from tests.contract.conftest import FAKE_AND_REAL
from tests.fakes.views import FakeViews
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import (
    Row,
    Warehouse,
    entry,
    open_warehouse,
)

S, O = DeliveryState, Outcome  # noqa: E741 - a table of states reads better so
DAYS = [MOMENT + dt.timedelta(days=at) for at in range(3)]
FIRST, SECOND, HELD = (delivery_key(sequence).delivery_id for sequence in (10, 11, 9))
UNKNOWN = delivery_key(999).delivery_id
KEYS = (("resident_id",), ("passport",))
MASK = {"customer_name": "某*"}
ASKED = "phone:missing"
NUMBERS = [f"FI202600000{at}" for at in (1, 2, 3)]

# The story: who came with which delivery, row by row.
STORY = {
    FIRST: [
        Row({"resident_id": "a"}),
        Row({"resident_id": "a"}, "changed"),
        Row({"passport": "b"}),
        Row({"resident_id": "c"}, "x", "supplement", ASKED, facts={"phone": None}),
        Row({"resident_id": "d"}, "x", "pending", ASKED, facts={"phone": None}),
        Row({"resident_id": "e"}, "x", "pending", ASKED, facts={"phone": None}),
    ],
    SECOND: [
        Row({"resident_id": "a", "passport": "b"}),
        Row({"resident_id": "c"}, "y", facts={"phone": "valid"}),
        Row({"resident_id": "f"}, "x", "pending", ASKED, facts={"phone": None}),
    ],
    HELD: [Row({"resident_id": "g"}), Row({"resident_id": "h"})],
}


def real_views(databases: Databases) -> Views:
    """Let the story happen, the oldest delivery first; read it as the reader."""
    warehouse = open_warehouse(databases)
    for at, (delivery_id, rows) in enumerate(STORY.items()):
        receive(warehouse, delivery_id, rows, DAYS[at])
    return PostgresViews(databases.warehouse(WAREHOUSE_READER))


def receive(
    warehouse: Warehouse, name: DeliveryId, rows: list[Row], moment: dt.datetime
) -> None:
    """Admit, seal and check a delivery; load it unless it is to be held."""
    record = delivery_record(sequence=int(name.rpartition("/")[2]))
    key = record.key
    admitted = dataclasses.replace(record, received_at=moment)
    assert warehouse.book.add(admitted, entry("admitted", key))
    warehouse.seal(key, rows)
    state = S.HELD if name == HELD else S.CHECKED
    reasons = ("unknown_column:?7",) if name == HELD else ()
    assert warehouse.book.move(
        name, [S.SEALED], state, entry(state, key), reasons=reasons
    )
    if state is S.CHECKED:
        warehouse.load_record(warehouse.record(key), *KEYS)


HANDLES = (bytes([at]) * 16 for at in itertools.count(1))


def summary(
    name: DeliveryId, state: DeliveryState, tally: Tally, *reasons: str
) -> DeliverySummary:
    """Return a delivery of the story."""
    return DeliverySummary(
        delivery_id=name,
        source_id="website",
        business_date=delivery_key().business_date,
        state=state,
        tally=tally,
        reasons=reasons,
        received_at=DAYS[list(STORY).index(name)],
        exported_at=None,
        erased_at=None,
    )


def version(
    name: DeliveryId, row: int, state: str, number: str | None = None, at: int = 0
) -> RecordView:
    """Return a record version, or a row that waits."""
    return RecordView(
        handle=next(HANDLES),
        number=number,
        version=at or None,
        delivery_id=name,
        row=row,
        state=state,
        level="high",
        tier="c",
        industry="J66",
        customer_type="ordinary",
        party="natural",
        responsible="P-1",
        classes=None,
        name=None,
        shown=MASK,
    )


def fake_views() -> Views:
    """Tell the story as it ends, in no order."""
    (one, two, three), review = NUMBERS, "pending_review"
    asked = version(FIRST, 4, "superseded", three, 1)
    rows = {
        (FIRST, 5): version(FIRST, 5, "pending"),
        (FIRST, 6): version(FIRST, 6, "pending"),
        (SECOND, 1): version(SECOND, 1, "held"),
        (SECOND, 3): version(SECOND, 3, "pending"),
    }
    return FakeViews(
        known=[
            summary(SECOND, S.LOADED, Tally(read=3, loaded=1, pending=1, held=1)),
            summary(HELD, S.HELD, Tally(read=2, held=2), "unknown_column:?7"),
            summary(FIRST, S.LOADED, Tally(read=6, loaded=4, pending=2)),
        ],
        records=[
            version(FIRST, 3, review, two, 1),
            version(FIRST, 1, review, one, 1),
            version(SECOND, 2, review, three, 2),
            asked,
            version(FIRST, 2, review, one, 2),
            *rows.values(),
            version(HELD, 1, "staged"),
        ],
        rows_waiting=[waits(record) for record in reversed(rows.values())],
        requests=[
            request(4, rows[SECOND, 3]),
            request(3, rows[FIRST, 6]),
            dataclasses.replace(
                request(1, asked), closed_at=MOMENT, closed_by=SECOND, number=three
            ),
            request(2, rows[FIRST, 5]),
        ],
        rows_told={
            FIRST: [told(rows[FIRST, 6]), told(rows[FIRST, 5]), told(asked, O.LOADED)],
            SECOND: [told(rows[SECOND, 3]), told(rows[SECOND, 1])],
        },
        lines=[b"line %d" % at for at in range(8)],
    )


def waits(record: RecordView) -> WaitingRow:
    """Return a row that waits; a held one names the customers it was taken for."""
    held = record.state == "held"
    named = {NUMBERS[0]: ("resident_id",), NUMBERS[1]: ("passport",)}
    return WaitingRow(
        delivery_id=record.delivery_id,
        row=record.row,
        handle=record.handle,
        outcome=O(record.state),
        reasons=("ambiguous_match",) if held else (ASKED,),
        level="high",
        name="某*",
        candidates=named if held else {},
    )


def request(request_id: int, record: RecordView) -> SupplementView:
    """Return an open request for a row's phone."""
    return SupplementView(
        request_id=request_id,
        delivery_id=record.delivery_id,
        row=record.row,
        handle=record.handle,
        field="phone",
        reason="missing",
        opened_at=MOMENT,
        number=record.number,
        name="某*",
    )


def told(record: RecordView, outcome: Outcome | None = None) -> RowView:
    """Return a row that is not simply loaded."""
    held = record.state == "held"
    return RowView(
        row=record.row,
        outcome=outcome or O(record.state),
        reasons=("ambiguous_match",) if held else (ASKED,),
        handle=record.handle,
        facts={"phone": None},
    )


@pytest.fixture(scope="module", params=FAKE_AND_REAL)
def views(request: pytest.FixtureRequest) -> Iterator[Views]:
    """The story, in memory and on PostgreSQL."""
    if request.param == "fake":
        yield fake_views()
    else:
        yield real_views(request.getfixturevalue("databases"))


def number_of(views: Views, name: DeliveryId, row: int) -> str:
    """Return the number of the customer of whom a row became a version."""
    (number,) = (
        one.number
        for customer in views.customers()
        for one in views.history(customer.number or "")
        if (one.delivery_id, one.row) == (name, row)
    )
    return number or ""


def test_deliveries_come_newest_first(views: Views) -> None:
    told = [one.delivery_id for one in views.deliveries()]

    assert told == [HELD, SECOND, FIRST]
    assert [one.delivery_id for one in views.deliveries(limit=2)] == told[:2]


def test_deliveries_are_chosen_by_state(views: Views) -> None:
    loaded = views.deliveries(states=[S.LOADED, S.REFUSED], limit=1)

    assert [one.delivery_id for one in loaded] == [SECOND]
    assert views.deliveries(states=[S.REFUSED]) == ()


def test_one_delivery_is_told_as_in_the_list_and_an_unknown_one_not(
    views: Views,
) -> None:
    held = views.delivery(HELD)

    assert held == views.deliveries()[0]
    assert held is not None
    assert (held.state, held.reasons) == (S.HELD, ("unknown_column:?7",))
    assert held.tally == Tally(read=2, held=2)
    assert views.delivery(UNKNOWN) is None


def test_rows_that_are_not_simply_loaded_are_told_in_order(views: Views) -> None:
    """One that was loaded and asked for more is among them."""
    told = [(one.row, one.outcome, one.reasons) for one in views.rows(FIRST)]

    assert told == [
        (4, O.LOADED, (ASKED,)),
        (5, O.PENDING, (ASKED,)),
        (6, O.PENDING, (ASKED,)),
    ]
    assert [one.row for one in views.rows(FIRST, limit=1)] == [4]
    assert views.rows(UNKNOWN) == ()


def test_held_rows_wait_and_name_the_customers_they_were_taken_for(
    views: Views,
) -> None:
    """A held delivery is decided as a whole: its rows are not among them."""
    (row,) = views.waiting()

    assert (row.delivery_id, row.row, row.outcome) == (SECOND, 1, O.HELD)
    assert (row.reasons, row.name, row.level) == (("ambiguous_match",), "某*", "high")
    assert row.candidates == {
        number_of(views, FIRST, 2): ("resident_id",),
        number_of(views, FIRST, 3): ("passport",),
    }


def test_rows_wait_by_delivery_and_row(views: Views) -> None:
    both = views.waiting(outcomes=[O.PENDING, O.HELD])
    places = [(one.delivery_id, one.row) for one in both]

    assert places == [(FIRST, 5), (FIRST, 6), (SECOND, 1), (SECOND, 3)]
    assert views.waiting(outcomes=[O.PENDING, O.HELD], limit=3) == both[:3]
    assert views.waiting(outcomes=[O.PENDING], delivery_id=SECOND) == both[3:]
    assert views.waiting(outcomes=[]) == ()


def test_open_requests_come_oldest_first_and_closed_ones_when_asked_for(
    views: Views,
) -> None:
    opened, every = views.supplements(), views.supplements(closed=True)

    assert [(one.delivery_id, one.row) for one in every] == [
        *((FIRST, 4), (FIRST, 5), (FIRST, 6), (SECOND, 3))
    ]
    assert opened == every[1:]
    assert views.supplements(limit=2) == opened[:2]
    assert views.supplements(delivery_id=SECOND) == opened[2:]


def test_a_request_tells_who_answered_it_and_whose_it_is(views: Views) -> None:
    """The customer has a number; who is pending has none."""
    answered, pending, *_ = views.supplements(closed=True)

    assert answered.closed_by == SECOND
    assert answered.number == number_of(views, SECOND, 2)
    assert answered.closed_at is not None
    assert (pending.closed_by, pending.closed_at, pending.number) == (None,) * 3
    assert (pending.field, pending.reason, pending.name) == ("phone", "missing", "某*")


def test_requests_are_counted_by_delivery_most_open_first(views: Views) -> None:
    counted = [
        (one.delivery_id, one.open, one.closed) for one in views.supplement_counts()
    ]

    assert counted == [(FIRST, 2, 1), (SECOND, 1, 0)]
    (only,) = views.supplement_counts(SECOND)
    assert (only.delivery_id, only.open) == (SECOND, 1)
    assert views.supplement_counts(HELD) == ()


def test_each_customer_is_listed_once_in_its_latest_version(views: Views) -> None:
    every = views.customers()

    numbers = [one.number or "" for one in every]
    assert numbers == sorted(NUMBERS)
    assert every == tuple(views.history(number)[0] for number in numbers)
    assert sorted(one.version or 0 for one in every) == [1, 2, 2]
    assert views.customers(limit=2) == every[:2]
    assert views.customers(after=numbers[0], limit=1) == every[1:2]
    assert views.customers(after=numbers[2]) == ()


def test_a_customers_versions_come_latest_first(views: Views) -> None:
    latest, first = views.history(number_of(views, FIRST, 4))

    assert (latest.version, latest.delivery_id, latest.row) == (2, SECOND, 2)
    assert (first.version, first.delivery_id, first.row) == (1, FIRST, 4)
    assert latest.shown == MASK
    assert views.history("XX2026999999") == ()


def test_a_handle_finds_its_version_or_the_row_that_waits(views: Views) -> None:
    version = views.customers()[0]
    (row,) = views.waiting()

    waiting = views.record(row.handle)

    assert views.record(version.handle) == version
    assert waiting is not None
    assert (waiting.number, waiting.version, waiting.state) == (None, None, "held")
    assert (waiting.delivery_id, waiting.row) == (SECOND, 1)
    assert views.record(bytes(16)) is None


def test_rows_are_counted_of_every_delivery_and_customers_once(views: Views) -> None:
    counts = views.counts()

    assert counts["delivery_state"] == {"loaded": 2, "held": 1}
    nobody = dict.fromkeys(("unchanged", "quarantined", "refused"), 0)
    assert counts["outcome"] == {"loaded": 5, "pending": 3, "held": 3, **nobody}
    assert counts["level"] == {"high": 3}
    assert counts["tier"] == {"c": 3}
    assert counts["state"] == {"pending_review": 3}


def test_the_end_of_the_ledger_is_told_in_order(views: Views) -> None:
    last = views.ledger_tail(last=3)

    assert len(last) == 3
    assert last == views.ledger_tail(last=5)[2:]
    assert views.ledger_tail(last=0) == ()
    assert len(views.ledger_tail(last=1000)) > 5
