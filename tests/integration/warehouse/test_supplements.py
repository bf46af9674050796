"""A supplement request closes when a later row brings what was missing (R25)."""

import itertools

import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.roles import (
    WAREHOUSE_LOADER,
    WAREHOUSE_OWNER,
    WAREHOUSE_READER,
)
from custody.adapters.warehouse.decided_rows import PostgresHeldRows
from custody.adapters.warehouse.views import PostgresViews
from custody.application.ports import DeliveryRecord
from custody.application.ports.held_rows import Placed, Terms, Word
from custody.application.views import SupplementView
from custody.domain.held_rows import ToCustomer
from custody.domain.outcome import Outcome
from custody.errors import EvidenceError
from tests.builders.deliveries import MOMENT
from tests.fakes.world import FixedClock
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import (
    WIDTH,
    Row,
    Warehouse,
    open_warehouse,
)

pytestmark = pytest.mark.integration

LABELS = itertools.count(1)
ASKED = "phone:missing"
PHONE = {"phone": "valid"}
NO_PHONE = {"phone": None}


@pytest.fixture(scope="module")
def warehouse(databases: Databases) -> Warehouse:
    """Return the loader's adapters on this module's warehouse."""
    return open_warehouse(databases)


@pytest.fixture
def views(databases: Databases) -> PostgresViews:
    """Return the reader's views."""
    return PostgresViews(databases.warehouse(WAREHOUSE_READER))


@pytest.fixture
def label() -> str:
    """Return a customer's identity that no other test uses."""
    return f"s{next(LABELS)}"


def load(
    warehouse: Warehouse, *rows: Row, keys: tuple[tuple[str, ...], ...] = ()
) -> DeliveryRecord:
    """Load rows as one delivery; return it as it stands."""
    record = warehouse.stage(rows)
    warehouse.load_record(record, *keys)
    return warehouse.record(record.key)


def asking(label: str, content: str = "a", **more: str) -> Row:
    """Return a row that loads and is asked for its phone."""
    return Row(
        {"resident_id": label, **more}, content, "supplement", ASKED, facts=NO_PHONE
    )


def waiting(label: str, **more: str) -> Row:
    """Return a row that waits for its phone."""
    return Row({"resident_id": label, **more}, "a", "pending", ASKED, facts=NO_PHONE)


def telling(label: str, **more: str) -> Row:
    """Return a row that has a phone."""
    return Row({"resident_id": label, **more}, "b", facts=PHONE)


def requests(views: PostgresViews, record: DeliveryRecord) -> list[SupplementView]:
    """Return every request of a delivery."""
    return [*views.supplements(delivery_id=record.key.delivery_id, closed=True)]


def test_a_new_version_with_the_field_closes_the_request(
    warehouse: Warehouse, views: PostgresViews, label: str
) -> None:
    first = load(warehouse, asking(label), asking(f"{label}-other"))

    later = load(warehouse, telling(label))

    closed, still = requests(views, first)
    assert (closed.closed_at, closed.closed_by) == (MOMENT, later.key.delivery_id)
    assert (still.closed_at, still.closed_by) == (None, None)
    (count,) = views.supplement_counts(first.key.delivery_id)
    assert (count.open, count.closed) == (1, 1)
    assert still in views.supplements()
    assert closed.request_id not in {one.request_id for one in views.supplements()}


@pytest.mark.parametrize("fact", [None, "malformed", "bad_checksum", "placeholder"])
def test_a_version_without_a_usable_field_closes_nothing(
    warehouse: Warehouse, views: PostgresViews, label: str, fact: str | None
) -> None:
    """Another source may not ask for the field: silence is no answer."""
    first = load(warehouse, asking(label))

    load(warehouse, Row({"resident_id": label}, "b", facts={"phone": fact}))

    (request,) = requests(views, first)
    assert request.closed_at is None


def test_a_field_that_is_there_and_asked_for_again_closes_nothing(
    warehouse: Warehouse, views: PostgresViews, label: str
) -> None:
    """A guardian's consent is not given by a birth date that is valid (PIPL 31)."""
    young = "birth_date:minor"
    facts = {"birth_date": "valid"}
    row = Row({"resident_id": label}, "a", "supplement", young, facts=facts)
    first = load(warehouse, row)

    load(
        warehouse,
        Row({"resident_id": label}, "b", "supplement", young, facts=facts),
    )

    (request,) = requests(views, first)
    assert request.closed_at is None


def test_a_later_row_of_the_same_delivery_answers_too(
    warehouse: Warehouse, views: PostgresViews, label: str
) -> None:
    record = load(warehouse, asking(label), telling(label))

    (request,) = requests(views, record)

    assert request.closed_by == record.key.delivery_id


def test_an_older_row_answers_nothing_that_came_after_it(
    warehouse: Warehouse, views: PostgresViews, label: str
) -> None:
    record = load(warehouse, telling(label), asking(label))

    (request,) = requests(views, record)

    assert request.closed_at is None


def test_a_pending_row_is_known_again_by_its_match_key(
    warehouse: Warehouse, views: PostgresViews, label: str
) -> None:
    """Its delivery keeps it pending: rows are conserved where they came."""
    first = load(warehouse, waiting(label), waiting(f"{label}-other"))

    later = load(warehouse, telling(label))

    closed, still = requests(views, first)
    assert closed.closed_by == later.key.delivery_id
    assert closed.number is None
    assert still.closed_at is None
    assert warehouse.record(first.key).tally == first.tally
    rows = views.waiting(outcomes=[Outcome.PENDING], delivery_id=first.key.delivery_id)
    assert [row.row for row in rows] == [1, 2]


def test_a_crash_between_does_not_make_it_unknown(
    warehouse: Warehouse, views: PostgresViews, databases: Databases, label: str
) -> None:
    first = load(warehouse, waiting(label))
    with databases.warehouse(WAREHOUSE_OWNER).begin() as connection:
        connection.execute(text("TRUNCATE intake.staged_token"))

    load(warehouse, telling(label))

    (request,) = requests(views, first)
    assert request.closed_at is not None


def test_a_key_of_two_fields_needs_both(
    warehouse: Warehouse, views: PostgresViews, label: str
) -> None:
    keys = (("full_name", "resident_id"),)
    first = load(
        warehouse,
        waiting(label, full_name="one"),
        waiting(label, full_name="two"),
        keys=keys,
    )

    load(warehouse, telling(label, full_name="two"), keys=keys)

    other, same = requests(views, first)
    assert (other.closed_at, same.closed_at) == (None, MOMENT)


def test_a_field_that_is_no_match_key_makes_nobody_known(
    warehouse: Warehouse, views: PostgresViews, label: str
) -> None:
    """Never by phone or e-mail alone (R27)."""
    first = load(warehouse, waiting(label, email="shared"))

    load(warehouse, telling(f"{label}-other", email="shared"))

    (request,) = requests(views, first)
    assert request.closed_at is None


def test_a_row_that_is_held_answers_when_it_is_decided(
    warehouse: Warehouse, views: PostgresViews, databases: Databases, label: str
) -> None:
    """Until then it is nobody's."""
    keys = (("resident_id",), ("passport",))
    first = load(
        warehouse, asking(label), Row({"passport": label}, facts=PHONE), keys=keys
    )
    later = load(warehouse, telling(label, passport=label), keys=keys)
    assert later.tally.held == 1
    (before,) = requests(views, first)
    assert before.number is not None
    (row,) = views.waiting(delivery_id=later.key.delivery_id)
    rows = PostgresHeldRows(
        databases.warehouse(WAREHOUSE_LOADER),
        warehouse.ledger_writer,
        FixedClock(MOMENT),
    )
    standing = rows.find(row.handle)
    assert standing is not None

    made = rows.decide(
        standing,
        ToCustomer(before.number),
        Word(actor="olive", reason="the same person"),
        Terms(match_keys=keys, number_width=WIDTH),
    )

    assert isinstance(made, Placed)
    assert made.answered == 1
    (after,) = requests(views, first)
    assert (before.closed_at, after.closed_by) == (None, later.key.delivery_id)


def test_a_held_row_is_shown_masked_with_the_customers_that_it_names(
    warehouse: Warehouse, views: PostgresViews, label: str
) -> None:
    keys = (("resident_id",), ("passport",))
    load(warehouse, telling(label), Row({"passport": label}), keys=keys)
    record = load(warehouse, telling(label, passport=label), keys=keys)

    (row,) = views.waiting(delivery_id=record.key.delivery_id)

    assert (row.row, row.outcome, row.reasons) == (1, "held", ("ambiguous_match",))
    assert row.name == "某*"
    assert sorted(row.candidates.values()) == [("passport",), ("resident_id",)]
    assert row in views.waiting()


def test_a_request_is_closed_by_a_delivery_or_is_open(
    warehouse: Warehouse, databases: Databases, label: str
) -> None:
    """The database refuses a request that is closed by nobody."""
    load(warehouse, asking(label))
    claim = "UPDATE intake.supplement_request SET state = 'closed' WHERE state = 'open'"

    with (
        pytest.raises(EvidenceError),
        transaction(databases.warehouse(WAREHOUSE_OWNER), "claim") as connection,
    ):
        connection.execute(text(claim))
