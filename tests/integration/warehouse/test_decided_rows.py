"""A held row is decided once, whole, and by whoever may; nothing is lost by it."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.roles import (
    WAREHOUSE_EXPORTER,
    WAREHOUSE_LOADER,
    WAREHOUSE_OWNER,
    WAREHOUSE_READER,
    WAREHOUSE_REBUILDER,
)
from custody.adapters.warehouse.decided_rows import PostgresHeldRows
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.application.ports import DeliveryRecord, Entry
from custody.application.ports.held_rows import Obstacle, Placed, Terms, Word
from custody.domain.delivery import DeliveryState
from custody.domain.held_rows import NewCustomer, Refuse, RowStanding, ToCustomer
from custody.domain.ledger import read_line
from custody.domain.merkle import merkle_root
from custody.domain.outcome import Outcome, Tally
from custody.domain.rowset import link_leaf
from custody.errors import (
    ConfigurationError,
    ConflictError,
    EpochClosedError,
    EvidenceError,
    WorldError,
)
from tests.builders.deliveries import MOMENT
from tests.fakes.world import FixedClock
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import (
    WIDTH,
    Row,
    Warehouse,
    entry,
    open_warehouse,
    signer,
)

pytestmark = pytest.mark.integration

KEYS = (("resident_id",), ("passport",))
WORD = Word(actor="olive", reason="asked the branch")
TERMS = Terms(match_keys=KEYS, number_width=WIDTH)
LABELS = itertools.count(1)
KEPT = ("staged_row", "staged_value", "staged_token", "staged_row_token")
WAITING = ("waiting_token", "waiting_row_token", "match_candidate")


@pytest.fixture(scope="module")
def warehouse(databases: Databases) -> Warehouse:
    """Return the loader's adapters on this module's warehouse."""
    return open_warehouse(databases)


def rows_as(databases: Databases, role: str) -> PostgresHeldRows:
    """Return the held rows as a role sees them."""
    clock = FixedClock(MOMENT)
    return PostgresHeldRows(
        databases.warehouse(role), LedgerWriter(signer(), clock), clock
    )


@pytest.fixture
def held_rows(databases: Databases) -> PostgresHeldRows:
    """Return the held rows as the loader."""
    return rows_as(databases, WAREHOUSE_LOADER)


def ask(warehouse: Warehouse, query: str, **bound: object) -> list[tuple[object, ...]]:
    """Return what a query finds, as the loader."""
    with transaction(warehouse.engine, "test") as connection:
        return [tuple(row) for row in connection.execute(text(query), bound)]


def hold_one(
    warehouse: Warehouse,
) -> tuple[DeliveryRecord, bytes, str, str]:
    """Load a delivery whose second row names two customers; return what is needed.

    That is the delivery, the handle of its held row, and the two numbers.
    """
    label = f"h{next(LABELS)}"
    first, second = {"resident_id": label}, {"passport": label}
    warehouse.load([Row(first), Row(second)], *KEYS)
    record = warehouse.stage(
        [Row({"resident_id": f"{label}-other"}), Row(first | second, "new")]
    )
    assert warehouse.load_record(record, *KEYS) == Tally(read=2, loaded=1, held=1)
    stands = warehouse.record(record.key)
    assert warehouse.book.mark_exported(stands, entry("exported", record.key))
    ((handle,),) = ask(
        warehouse,
        "SELECT handle FROM intake.row_outcome WHERE delivery_id = :id",
        id=record.key.delivery_id,
    )
    numbers = ask(
        warehouse,
        "SELECT number FROM intake.match_candidate WHERE delivery_id = :id"
        " ORDER BY fields DESC",
        id=record.key.delivery_id,
    )
    ((one,), (other,)) = numbers
    assert isinstance(handle, bytes)
    return record, handle, str(one), str(other)


def standing(rows: PostgresHeldRows, handle: bytes) -> RowStanding:
    """Return how a row stands that is there."""
    found = rows.find(handle)
    assert found is not None
    return found


def left(warehouse: Warehouse, delivery_id: str) -> dict[str, int]:
    """Return how many rows of the delivery wait in each table."""
    counted = {}
    for table in (*KEPT, *WAITING, "staged_projection", "assignment"):
        query = f"SELECT count(*) FROM intake.{table} WHERE delivery_id = :id"  # noqa: S608 - ours
        ((count,),) = ask(warehouse, query, id=delivery_id)
        counted[table] = int(str(count))
    return {table: count for table, count in counted.items() if count}


def test_a_held_row_becomes_a_version_of_the_named_customer(
    warehouse: Warehouse, held_rows: PostgresHeldRows
) -> None:
    record, handle, number, _ = hold_one(warehouse)

    made = held_rows.decide(
        standing(held_rows, handle), ToCustomer(number), WORD, TERMS
    )

    assert made == Placed(number=number, version=2)
    after = warehouse.record(record.key)
    assert after.tally == Tally(read=2, loaded=2)
    assert after.exported_at is None
    assert after.is_owed
    told = standing(held_rows, handle)
    assert (told.outcome, told.number, told.version) == (Outcome.LOADED, number, 2)
    assert told.reasons == ("ambiguous_match", "decided_by_steward")
    assert not left(warehouse, record.key.delivery_id)
    for table, count in (("token", 2), ("row_token", 2)):
        query = f"SELECT count(*) FROM register.{table} WHERE handle = :handle"  # noqa: S608 - ours
        assert ask(warehouse, query, handle=handle) == [(count,)]


def test_its_sealed_values_and_projection_go_with_it(
    warehouse: Warehouse, held_rows: PostgresHeldRows, databases: Databases
) -> None:
    record, handle, number, _ = hold_one(warehouse)
    before = ask(
        warehouse,
        "SELECT level, sealed FROM intake.staged_value WHERE handle = :handle",
        handle=handle,
    )

    held_rows.decide(standing(held_rows, handle), ToCustomer(number), WORD, TERMS)

    owner = open_warehouse(databases, WAREHOUSE_OWNER)
    after = ask(
        owner,
        "SELECT level, sealed FROM register.sealed_value WHERE handle = :handle",
        handle=handle,
    )
    assert sorted(map(str, after)) == sorted(map(str, before))
    assert len(after) == 2
    shown = "SELECT number FROM projection.record WHERE handle = :handle"
    assert ask(owner, shown, handle=handle) == [(number,)]
    exporter = open_warehouse(databases, WAREHOUSE_EXPORTER)
    (rows,) = exporter.staging.sealed_rows(record.key.delivery_id)
    mine = rows.filter(rows["row"] == 2)
    assert set(mine["customer"]) == {number}
    assert set(mine["version"]) == {2}


def test_a_held_row_founds_a_customer_with_a_number_of_their_own(
    warehouse: Warehouse, held_rows: PostgresHeldRows
) -> None:
    record, handle, one, other = hold_one(warehouse)

    made = held_rows.decide(standing(held_rows, handle), NewCustomer(), WORD, TERMS)

    assert isinstance(made, Placed)
    assert made.version == 1
    assert made.number is not None
    assert made.number not in {one, other}
    assert made.number.startswith("FI2026")
    assert warehouse.record(record.key).tally == Tally(read=2, loaded=2)
    founded = "SELECT first_delivery FROM register.customer WHERE number = :number"
    assert ask(warehouse, founded, number=made.number) == [(record.key.delivery_id,)]


def test_a_refused_row_leaves_nothing_staged(
    warehouse: Warehouse, held_rows: PostgresHeldRows
) -> None:
    record, handle, *_ = hold_one(warehouse)

    made = held_rows.decide(standing(held_rows, handle), Refuse(), WORD, TERMS)

    assert made == Placed()
    assert warehouse.record(record.key).tally == Tally(read=2, loaded=1, refused=1)
    assert not left(warehouse, record.key.delivery_id)
    told = standing(held_rows, handle)
    assert told.outcome is Outcome.REFUSED
    assert told.reasons == ("ambiguous_match", "refused_by_steward")


def test_the_ledger_tells_the_row_the_ruling_and_the_root_and_no_number(
    warehouse: Warehouse, held_rows: PostgresHeldRows
) -> None:
    record, handle, number, _ = hold_one(warehouse)

    made = held_rows.decide(
        standing(held_rows, handle), ToCustomer(number), WORD, TERMS
    )

    assert isinstance(made, Placed)
    link = link_leaf(handle, number, made.version or 0, TERMS.part)
    line = list(warehouse.ledger.lines())[-1]
    told = read_line(line)
    assert (told.kind, told.subject) == ("row_decided", record.key.delivery_id)
    assert len(str(told.body["root"])) == 64
    assert {**told.body, "root": "…"} == {
        "row": 2,
        "handle": handle.hex(),
        "held_for": "ambiguous_match",
        "ruling": "customer",
        "outcome": "loaded",
        "reason": WORD.reason,
        "actor": WORD.actor,
        "values": 2,
        "answered": 0,
        "root": "…",
        "links": merkle_root([link]).hex(),
    }
    assert number.encode() not in line


def test_a_number_that_is_not_there_changes_nothing(
    warehouse: Warehouse, held_rows: PostgresHeldRows
) -> None:
    record, handle, *_ = hold_one(warehouse)
    lines = len(list(warehouse.ledger.lines()))

    made = held_rows.decide(
        standing(held_rows, handle), ToCustomer("FI2026999999"), WORD, TERMS
    )

    assert made is Obstacle.NO_CUSTOMER
    after = warehouse.record(record.key)
    assert after.tally.held == 1
    assert after.exported_at is not None
    assert len(list(warehouse.ledger.lines())) == lines


def test_an_export_that_a_decision_overtook_is_not_marked(
    warehouse: Warehouse, held_rows: PostgresHeldRows
) -> None:
    """Else the object would tell of a held row, and the delivery be owed no more."""
    record, handle, number, _ = hold_one(warehouse)
    read = warehouse.record(record.key)
    held_rows.decide(standing(held_rows, handle), ToCustomer(number), WORD, TERMS)

    overtaken = warehouse.book.mark_exported(read, entry("exported", record.key))
    stands = warehouse.record(record.key)
    marked = warehouse.book.mark_exported(stands, entry("exported", record.key))

    assert (overtaken, marked) == (False, True)


def test_of_two_deciders_one_wins_and_the_other_is_told(
    warehouse: Warehouse, held_rows: PostgresHeldRows
) -> None:
    record, handle, one, other = hold_one(warehouse)
    seen = standing(held_rows, handle)

    def attempt(number: str) -> str:
        try:
            held_rows.decide(seen, ToCustomer(number), WORD, TERMS)
        except ConflictError as error:
            return str(error)
        return "won"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, [one, other] * 2))

    assert answers.count("won") == 1
    lost = {answer for answer in answers if answer != "won"}
    assert len(lost) == 1
    assert "somebody else decides it, or has decided it" in lost.pop()
    assert warehouse.record(record.key).tally == Tally(read=2, loaded=2)
    versions = "SELECT count(*) FROM register.record_version WHERE handle = :handle"
    assert ask(warehouse, versions, handle=handle) == [(1,)]


def test_rows_of_one_delivery_are_decided_beside_one_another(
    warehouse: Warehouse, held_rows: PostgresHeldRows
) -> None:
    """Different rows never conflict: they take turns on the counts."""
    label = f"m{next(LABELS)}"
    first, second = {"resident_id": label}, {"passport": label}
    warehouse.load([Row(first), Row(second)], *KEYS)
    record = warehouse.stage([Row(first | second, str(n)) for n in range(6)])
    warehouse.load_record(record, *KEYS)
    handles = ask(
        warehouse,
        "SELECT handle FROM intake.row_outcome WHERE delivery_id = :id ORDER BY row",
        id=record.key.delivery_id,
    )
    ((number,), *_) = ask(
        warehouse,
        "SELECT number FROM intake.match_candidate WHERE delivery_id = :id",
        id=record.key.delivery_id,
    )

    def decide(handle: tuple[object, ...]) -> object:
        seen = standing(held_rows, bytes(handle[0]))  # type: ignore[call-overload]
        ruling = Refuse() if seen.row == 1 else ToCustomer(str(number))
        return held_rows.decide(seen, ruling, WORD, TERMS)

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(decide, handles))

    versions = [one.version for one in made if isinstance(one, Placed) and one.number]
    assert sorted(str(version) for version in versions) == ["2", "3", "4", "5", "6"]
    assert warehouse.record(record.key).tally == Tally(read=6, loaded=5, refused=1)


def test_a_load_and_a_decision_for_one_customer_take_turns(
    warehouse: Warehouse, held_rows: PostgresHeldRows
) -> None:
    record, handle, number, _ = hold_one(warehouse)
    ((token,),) = ask(
        warehouse,
        "SELECT encode(uuid_send(token), 'hex') FROM register.token"
        " WHERE number = :number LIMIT 1",
        number=number,
    )
    assert token
    label = f"h{next(LABELS) - 1}"
    update = warehouse.stage([Row({"resident_id": label}, "later")])

    with ThreadPoolExecutor(2) as pool:
        loading = pool.submit(warehouse.load_record, update, *KEYS)
        deciding = pool.submit(
            held_rows.decide,
            standing(held_rows, handle),
            ToCustomer(number),
            WORD,
            TERMS,
        )
        loading.result()
        deciding.result()

    assert warehouse.record(record.key).tally.held == 0
    versions = "SELECT max(version) FROM register.record_version WHERE number = :number"
    ((latest,),) = ask(warehouse, versions, number=number)
    assert latest in {2, 3}


def test_a_decision_that_fails_half_way_leaves_everything_as_it_was(
    warehouse: Warehouse, databases: Databases, held_rows: PostgresHeldRows
) -> None:
    """A crash is a rollback: the ledger's line comes last, and here it does not."""

    class Crashing(LedgerWriter):
        def append(self, connection: object, entry: Entry) -> int:
            del connection, entry
            message = "the server went away"
            raise WorldError(message)

    record, handle, number, _ = hold_one(warehouse)
    before = left(warehouse, record.key.delivery_id)
    clock = FixedClock(MOMENT)
    crashing = PostgresHeldRows(
        databases.warehouse(WAREHOUSE_LOADER), Crashing(signer(), clock), clock
    )

    with pytest.raises(WorldError):
        crashing.decide(standing(held_rows, handle), ToCustomer(number), WORD, TERMS)

    assert warehouse.record(record.key).tally == Tally(read=2, loaded=1, held=1)
    assert left(warehouse, record.key.delivery_id) == before
    assert standing(held_rows, handle).outcome is Outcome.HELD
    made = held_rows.decide(standing(held_rows, handle), Refuse(), WORD, TERMS)
    assert made == Placed()


def test_counts_that_contradict_the_decision_do_not_commit(
    warehouse: Warehouse, held_rows: PostgresHeldRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database counts itself: a version without its count is refused."""
    record, handle, number, _ = hold_one(warehouse)
    monkeypatch.setattr(
        "custody.adapters.warehouse.decided_rows.tally_after",
        lambda tally, _: Tally(read=tally.read, loaded=tally.loaded, refused=1),
    )

    with pytest.raises(EvidenceError):
        held_rows.decide(standing(held_rows, handle), ToCustomer(number), WORD, TERMS)

    assert warehouse.record(record.key).tally.held == 1


@pytest.mark.parametrize(
    "role", [WAREHOUSE_READER, WAREHOUSE_EXPORTER, WAREHOUSE_REBUILDER]
)
@pytest.mark.parametrize("ruling", [Refuse(), NewCustomer()])
def test_postgresql_refuses_a_decision_by_any_other_role(
    warehouse: Warehouse,
    databases: Databases,
    held_rows: PostgresHeldRows,
    role: str,
    ruling: Refuse | NewCustomer,
) -> None:
    """The twin is the loader's: the same words of the same steward, and it is done."""
    record, handle, *_ = hold_one(warehouse)
    seen = standing(held_rows, handle)

    with pytest.raises(ConfigurationError):
        rows_as(databases, role).decide(seen, ruling, WORD, TERMS)

    assert warehouse.record(record.key).tally.held == 1
    assert isinstance(held_rows.decide(seen, ruling, WORD, TERMS), Placed)


def test_tokens_outlive_a_crash_and_the_projection_is_missed(
    warehouse: Warehouse, databases: Databases, held_rows: PostgresHeldRows
) -> None:
    """A crash empties UNLOGGED tables; what the register needs is logged."""
    _, handle, number, _ = hold_one(warehouse)
    crash(databases)

    made = held_rows.decide(
        standing(held_rows, handle), ToCustomer(number), WORD, TERMS
    )

    assert made == Placed(number=number, version=2, shown=False)
    tokens = "SELECT count(*) FROM register.token WHERE handle = :handle"
    assert ask(warehouse, tokens, handle=handle) == [(2,)]


def test_without_its_tokens_a_row_is_not_loaded_and_may_be_refused(
    warehouse: Warehouse, databases: Databases, held_rows: PostgresHeldRows
) -> None:
    """Held before tokens were kept, and a crash since: no version without tokens."""
    record, handle, number, _ = hold_one(warehouse)
    with databases.warehouse(WAREHOUSE_OWNER).begin() as connection:
        connection.execute(
            text("DELETE FROM intake.waiting_row_token WHERE handle = :handle"),
            {"handle": handle},
        )

    lost = held_rows.decide(
        standing(held_rows, handle), ToCustomer(number), WORD, TERMS
    )
    refused = held_rows.decide(standing(held_rows, handle), Refuse(), WORD, TERMS)

    assert lost is Obstacle.TOKENS_LOST
    assert refused == Placed()
    assert warehouse.record(record.key).tally == Tally(read=2, loaded=1, refused=1)


def test_tokens_of_a_closing_epoch_are_not_loaded(
    warehouse: Warehouse, databases: Databases, held_rows: PostgresHeldRows
) -> None:
    _, handle, number, _ = hold_one(warehouse)
    seen = standing(held_rows, handle)
    closing = "UPDATE register.index_epoch SET state = :state"
    with databases.warehouse(WAREHOUSE_OWNER).begin() as connection:
        connection.execute(text(closing), {"state": "closing"})

    try:
        with pytest.raises(EpochClosedError):
            held_rows.decide(seen, ToCustomer(number), WORD, TERMS)
    finally:
        with databases.warehouse(WAREHOUSE_OWNER).begin() as connection:
            connection.execute(text(closing), {"state": "open"})


def test_rows_that_are_not_held_are_found_as_they_stand(
    warehouse: Warehouse, held_rows: PostgresHeldRows
) -> None:
    """In a held delivery, pending, loaded, unknown."""
    warehouse.load([Row({"resident_id": "loaded"})])
    whole = warehouse.stage([Row({"resident_id": "w"})], state=DeliveryState.HELD)
    pending = warehouse.stage([Row({}, verdict="pending", reasons="phone:missing")])
    warehouse.load_record(pending)
    staged = "SELECT handle FROM intake.staged_row WHERE delivery_id = :id"
    ((of_whole,),) = ask(warehouse, staged, id=whole.key.delivery_id)
    ((of_pending,),) = ask(warehouse, staged, id=pending.key.delivery_id)
    ((loaded, number),) = ask(
        warehouse, "SELECT handle, number FROM register.record_version LIMIT 1"
    )

    stands = [standing(held_rows, bytes(one)) for one in (of_whole, of_pending, loaded)]  # type: ignore[call-overload]

    assert [one.delivery_state.value for one in stands] == ["held", "loaded", "loaded"]
    assert [one.outcome for one in stands[:2]] == [None, Outcome.PENDING]
    assert stands[2].number == number
    assert held_rows.find(bytes(16)) is None


def crash(databases: Databases) -> None:
    """Do what a crash of PostgreSQL does to UNLOGGED staging."""
    tables = ("staged_facts", "staged_token", "staged_row_token", "staged_projection")
    names = ", ".join(f"intake.{table}" for table in (*tables, "assignment"))
    with databases.warehouse(WAREHOUSE_OWNER).begin() as connection:
        connection.execute(text(f"TRUNCATE {names}"))
