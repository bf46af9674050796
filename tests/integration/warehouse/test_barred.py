"""Nobody who is kept only is matched by a load: a person decides (R17, PIPL 47)."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.roles import WAREHOUSE_OWNER
from custody.adapters.warehouse import register as registering
from custody.adapters.warehouse.decided_rows import PostgresHeldRows
from custody.adapters.warehouse.record_states import take_register
from custody.application.ports.held_rows import Obstacle, Placed, Terms, Word
from custody.domain.held_rows import NewCustomer, ToCustomer
from custody.domain.outcome import Tally
from custody.domain.record_states import KEPT_BACK, RecordState
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

KEYS = (("resident_id",), ("passport",))
LABELS = itertools.count(1)
WORD = Word(actor="olive", reason="asked the branch")
TERMS = Terms(match_keys=KEYS, number_width=WIDTH)
_S = RecordState


@pytest.fixture(scope="module")
def warehouse(databases: Databases) -> Warehouse:
    """Return the loader's adapters on this module's warehouse."""
    return open_warehouse(databases)


@pytest.fixture(scope="module")
def town(databases: Databases, warehouse: Warehouse) -> "Town":
    """Customers whose states a test sets."""
    return Town(databases, warehouse)


class Town:
    """Founds customers, sets how they stand, and tells what became of rows."""

    def __init__(self, databases: Databases, warehouse: Warehouse) -> None:
        self.owner = databases.warehouse(WAREHOUSE_OWNER)
        self.warehouse = warehouse

    def found(self, *states: RecordState) -> tuple[Row, str]:
        """Load one customer; let its levels, from high to low, have these states."""
        label = next(LABELS)
        row = Row({"resident_id": f"r{label}", "passport": f"p{label}"})
        self.warehouse.load([row], *KEYS)
        with transaction(self.owner, "set the scene") as connection:
            number: str = connection.execute(
                text("SELECT max(number) FROM register.customer")
            ).scalar_one()
            for level, state in zip(("high", "low"), states, strict=False):
                connection.execute(
                    text(
                        "INSERT INTO register.standing (number, level, state, since)"
                        " VALUES (:number, :level, :state, now())"
                    ),
                    {"number": number, "level": level, "state": state},
                )
        return row, number

    def load(self, *rows: Row) -> tuple[Tally, dict[int, str]]:
        """Load rows; return the counts, and why a row was not simply loaded."""
        record = self.warehouse.stage(rows)
        tally = self.warehouse.load_record(record, *KEYS)
        with transaction(self.owner, "look") as connection:
            found = connection.execute(
                text(
                    "SELECT row, outcome, reasons FROM intake.row_outcome"
                    " WHERE delivery_id = :id"
                ),
                {"id": record.key.delivery_id},
            ).all()
        return tally, {
            one.row: f"{one.outcome} {','.join(one.reasons)}" for one in found
        }

    def versions(self, number: str) -> int:
        """Return how many versions a customer has."""
        with transaction(self.owner, "look") as connection:
            return int(
                connection.execute(
                    text(
                        "SELECT count(*) FROM register.record_version"
                        " WHERE number = :number"
                    ),
                    {"number": number},
                ).scalar_one()
            )


@pytest.mark.parametrize("state", KEPT_BACK)
@pytest.mark.parametrize("content", ["same", "changed"])
def test_a_match_on_who_is_kept_only_goes_to_a_person(
    town: Town, state: RecordState, content: str
) -> None:
    """One level suffices; the row is neither a version nor merely unchanged."""
    row, number = town.found(state)

    tally, told = town.load(replace(row, content=content), Row({"resident_id": "new"}))

    assert told[1] == "held storage_only"
    assert (tally.held, tally.read) == (1, 2)
    assert town.versions(number) == 1


def test_without_the_look_at_standing_it_would_be_loaded(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: what was ended would live on as a new version."""
    row, number = town.found(_S.STORAGE_ONLY, _S.STORAGE_ONLY)
    monkeypatch.setattr(registering, "bar_rows", lambda *_: None)

    tally, _ = town.load(replace(row, content="changed"))

    assert tally.loaded == 1
    assert town.versions(number) == 2


@pytest.mark.parametrize("state", [_S.DESTROYING, _S.DESTROYED])
def test_who_is_going_is_suppressed_and_not_founded_again(
    town: Town, state: RecordState
) -> None:
    row, number = town.found(state, state)
    before = town.load(Row({"resident_id": f"other {state}"}))[0]

    tally, told = town.load(row)

    assert before.loaded == 1
    assert told == {1: "refused suppressed"}
    assert tally.loaded == 0
    assert town.versions(number) == 1


def test_of_whom_a_level_is_kept_or_used_a_person_decides(town: Town) -> None:
    """Nothing of a living customer is lost because another level went."""
    partly, _ = town.found(_S.DESTROYED, _S.DUE)
    used, _ = town.found(_S.DESTROYED)

    _, told = town.load(partly, used)

    assert told == {1: "held storage_only", 2: "held storage_only"}


def test_a_weaker_key_suffices_and_others_of_the_delivery_are_decided_without_it(
    town: Town,
) -> None:
    """A row that is held founds nobody and takes nobody along."""
    gone, _ = town.found(_S.DEREGISTERED)
    living, number = town.found()
    mixed = Row(
        {
            "resident_id": living.keys["resident_id"],
            "passport": gone.keys["passport"],
        }
    )

    tally, told = town.load(mixed, replace(living, content="changed"))

    assert told == {1: "held storage_only"}
    assert tally.loaded == 1
    assert town.versions(number) == 2


def test_who_was_taken_back_into_use_is_matched_again(town: Town) -> None:
    row, number = town.found(_S.IN_USE, _S.IN_USE)

    tally, _ = town.load(replace(row, content="changed"))

    assert tally.loaded == 1
    assert town.versions(number) == 2


def test_a_person_adds_nothing_to_who_is_kept_only(
    town: Town, warehouse: Warehouse
) -> None:
    """The event that ended it is withdrawn first; or it is somebody new."""
    row, number = town.found(_S.STORAGE_ONLY)
    town.load(replace(row, content="changed"))
    held = PostgresHeldRows(
        warehouse.engine, warehouse.ledger_writer, FixedClock(MOMENT)
    )
    with transaction(town.owner, "look") as connection:
        handle = connection.execute(
            text(
                "SELECT handle FROM intake.row_outcome"
                " WHERE reasons = '{storage_only}' AND outcome = 'held'"
                " ORDER BY delivery_id DESC"
            )
        ).scalars()
        found = [held.find(bytes(one)) for one in handle]
    standing = next(one for one in found if one is not None and one.outcome is not None)

    refused = held.decide(standing, ToCustomer(number), WORD, TERMS)
    accepted = held.decide(standing, NewCustomer(), WORD, TERMS)

    assert refused is Obstacle.NOT_IN_USE
    assert isinstance(accepted, Placed)
    assert accepted.number != number


def test_who_leaves_use_waits_for_the_load_that_matched_them(
    town: Town, warehouse: Warehouse
) -> None:
    """A load and an end never cross: the lock of a load is the end's, too."""
    row, number = town.found()
    record = warehouse.stage([replace(row, content="changed")])

    with ThreadPoolExecutor(1) as pool:
        with transaction(town.owner, "end") as connection:
            take_register(connection)
            loading = pool.submit(warehouse.load_record, record, *KEYS)
            connection.execute(
                text(
                    "INSERT INTO register.standing (number, level, state, since)"
                    " VALUES (:number, 'high', 'deregistered', now())"
                ),
                {"number": number},
            )
        tally = loading.result(timeout=60)

    assert (tally.held, tally.loaded) == (1, 0)
    assert town.versions(number) == 1
