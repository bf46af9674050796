"""Tokens move to a new key on PostgreSQL; nobody matches while they are moving."""

import hashlib
import threading
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from sqlalchemy import text

from custody.adapters.roles import WAREHOUSE_DESTROYER, WAREHOUSE_OWNER
from custody.adapters.warehouse import register
from custody.adapters.warehouse.reindex import PostgresIndexTokens
from custody.application.ports.reindex import IndexTurn
from custody.crypto.blindindex import reencrypt_tokens
from custody.domain.outcome import Tally
from custody.errors import EpochClosedError
from tests.contract.test_index_tokens import BEGUN, DONE
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import (
    Row,
    Warehouse,
    open_warehouse,
    sealed_block,
)

pytestmark = pytest.mark.integration

FIRST = IndexTurn(1, 2)
MANY = 400  # rows; some blocks


def key(number: int) -> bytes:
    """Return an invented index key."""
    return hashlib.sha256(f"index {number}".encode()).digest()


@pytest.fixture
def warehouse(databases: Databases) -> Warehouse:
    """A warehouse without tokens whose only index epoch is the first."""
    with databases.warehouse(WAREHOUSE_OWNER).begin() as connection:
        connection.execute(
            text(
                "TRUNCATE register.customer, register.token, register.row_token CASCADE"
            )
        )
        connection.execute(text("TRUNCATE intake.delivery CASCADE"))
        connection.execute(text("TRUNCATE intake.staged_row, intake.staged_value"))
        for table in ("facts", "token", "row_token", "projection"):
            connection.execute(text(f"TRUNCATE intake.staged_{table}"))
        connection.execute(text("DELETE FROM register.index_epoch"))
        connection.execute(text("INSERT INTO register.index_epoch VALUES (1)"))
    return open_warehouse(databases)


@pytest.fixture
def tokens(databases: Databases, warehouse: Warehouse) -> PostgresIndexTokens:
    """The destroyer's store."""
    engine = databases.warehouse(WAREHOUSE_DESTROYER)
    return PostgresIndexTokens(engine, warehouse.ledger_writer, blocks=2)


def forth(batch: bytes) -> bytes:
    """Encrypt tokens anew, from the first invented key to the second."""
    return b"".join(reencrypt_tokens(old_key=key(1), new_key=key(2), tokens=[batch]))


def same(before: bytes, stored: bytes) -> None:
    assert forth(before) == stored


def move(tokens: PostgresIndexTokens) -> int:
    return sum(tokens.move(FIRST, forth, same))


def end(tokens: PostgresIndexTokens) -> None:
    with tokens.ending(FIRST, DONE) as left:
        assert left == 0


def people(count: int, *, content: str = "same") -> list[Row]:
    """Return rows of different people."""
    return [Row({"resident_id": f"p{at}"}, content=content) for at in range(count)]


def numbers(warehouse: Warehouse) -> list[str]:
    with warehouse.engine.begin() as connection:
        found = connection.execute(text("SELECT number FROM register.customer"))
        return list(found.scalars())


def moved_block(rows: list[Row]) -> Iterator[object]:
    """Yield a block as the seal makes it under the second key."""
    block = sealed_block(rows)
    for frame in (block.tokens, block.row_tokens):
        frame.replace_column(
            frame.get_column_index("token"),
            frame["token"].map_elements(forth, return_dtype=frame["token"].dtype),
        )
    yield block


def test_customers_are_known_again_by_their_moved_tokens(
    warehouse: Warehouse, tokens: PostgresIndexTokens
) -> None:
    warehouse.load(people(MANY))
    waiting = warehouse.stage([*people(3), *people(2, content="new")])

    tokens.turn(FIRST, BEGUN)
    moved = move(tokens)
    end(tokens)

    # Two rows share a key in the delivery, so the rule decides; the others by set.
    assert moved == 3 * MANY + 3 * 5
    assert warehouse.load_record(waiting) == Tally(read=5, loaded=2, unchanged=3)
    assert len(numbers(warehouse)) == MANY


def test_nobody_loads_while_tokens_are_on_their_way(
    warehouse: Warehouse, tokens: PostgresIndexTokens
) -> None:
    warehouse.load(people(2))
    waiting = warehouse.stage(people(2))
    tokens.turn(FIRST, BEGUN)

    with pytest.raises(EpochClosedError):
        warehouse.load_record(waiting)
    move(tokens)
    with pytest.raises(EpochClosedError):
        warehouse.load_record(waiting)
    end(tokens)

    assert warehouse.load_record(waiting).unchanged == 2


def test_twin_without_the_gate_a_customer_is_founded_twice(
    warehouse: Warehouse, tokens: PostgresIndexTokens
) -> None:
    """What is sealed under the new key does not match what is under the old."""
    warehouse.load(people(2))
    tokens.turn(FIRST, BEGUN)
    new = warehouse.stage([])
    (block,) = moved_block(people(2))
    with warehouse.staging.restage(new.key) as writer:
        writer.write(block)  # type: ignore[arg-type]
        writer.finish(late_facts=None, entry=BEGUN)
    with warehouse.engine.begin() as connection:
        checked = "UPDATE intake.delivery SET state = 'checked' WHERE delivery_id = :id"
        connection.execute(text(checked), {"id": new.key.delivery_id})

    with pytest.raises(EpochClosedError):
        warehouse.load_record(new)
    with patch.object(register, "hold_open"):  # the control, off
        tally = warehouse.load_record(new)

    assert tally.loaded == 2
    assert len(numbers(warehouse)) == 4


def test_who_seals_while_the_epoch_turns_finds_the_new_one(
    warehouse: Warehouse, tokens: PostgresIndexTokens
) -> None:
    """Whoever commits tokens holds the epoch's row, so the turn waits for them."""
    record = warehouse.stage(people(1))
    turned = threading.Thread(target=tokens.turn, args=(FIRST, BEGUN))

    with warehouse.staging.restage(record.key) as writer:
        turned.start()
        turned.join(timeout=1)
        assert turned.is_alive()
        assert writer.index_epoch == 1
        writer.write(sealed_block(people(1)))
        writer.finish(late_facts=None, entry=BEGUN)
    turned.join(timeout=30)
    with warehouse.staging.restage(record.key) as writer:
        assert writer.index_epoch == 2

    assert not turned.is_alive()
    assert move(tokens) == 3


def test_what_another_run_seals_anew_is_not_waited_for(
    warehouse: Warehouse, tokens: PostgresIndexTokens
) -> None:
    record = warehouse.stage(people(1))
    tokens.turn(FIRST, BEGUN)

    with warehouse.staging.restage(record.key) as writer:
        assert move(tokens) == 0
        writer.write(sealed_block(people(1)))
        writer.finish(late_facts=None, entry=BEGUN)

    end(tokens)
