"""What every store of index tokens promises: the fake, and PostgreSQL."""

import dataclasses
import datetime as dt
import os
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import text

from custody.adapters.roles import WAREHOUSE_DESTROYER, WAREHOUSE_OWNER
from custody.adapters.warehouse.ledger import PostgresLedger
from custody.adapters.warehouse.reindex import TOKEN_TABLES, PostgresIndexTokens
from custody.application.ports import Entry
from custody.application.ports.reindex import IndexTokens, IndexTurn
from custody.domain.ledger import read_line
from custody.errors import ConflictError, EvidenceError, WorldError
from tests.contract.conftest import FAKE_AND_REAL
from tests.fakes.reindex import FakeIndexTokens
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import open_warehouse

BEGUN = Entry(kind="reindex_begun", subject="customers", body={})
DONE = Entry(kind="reindexed", subject="customers", body={})


@dataclasses.dataclass(frozen=True)
class Shelf:
    """Tokens, how to put some there, what stands there, and what was told."""

    tokens: IndexTokens
    put: Callable[[int, int], None]  # count, epoch
    under: Callable[[int], list[bytes]]
    told: Callable[[], list[str]]

    def turned(self) -> IndexTurn:
        """Return a turn that has begun."""
        _, opened = self.tokens.standing()
        turn = IndexTurn(opened, opened + 1)
        self.tokens.turn(turn, BEGUN)
        return turn

    def end(self, turn: IndexTurn) -> int:
        """End an epoch; return what was left."""
        with self.tokens.ending(turn, DONE) as left:
            return left


@pytest.fixture(params=FAKE_AND_REAL)
def shelf(request: pytest.FixtureRequest) -> Shelf:
    """A store whose open epoch has no token yet; none is closing."""
    if request.param == "fake":
        return fake_shelf()
    return real_shelf(request.getfixturevalue("databases"))


def fake_shelf() -> Shelf:
    fake = FakeIndexTokens()
    return Shelf(
        fake,
        lambda count, epoch: fake.tokens.extend(
            (os.urandom(16), epoch) for _ in range(count)
        ),
        lambda epoch: [token for token, its in fake.tokens if its == epoch],
        lambda: [entry.kind for entry in fake.entries],
    )


def real_shelf(databases: Databases) -> Shelf:
    """Return the destroyer's; `put` puts tokens into each of the tables."""
    warehouse = open_warehouse(databases)
    destroyer = databases.warehouse(WAREHOUSE_DESTROYER)
    owner = databases.warehouse(WAREHOUSE_OWNER)
    tokens = PostgresIndexTokens(destroyer, warehouse.ledger_writer, blocks=1)
    start = len(list(PostgresLedger(destroyer, warehouse.ledger_writer).lines()))
    with owner.begin() as connection:
        for table in TOKEN_TABLES:
            connection.execute(text(f"TRUNCATE {table}"))
        connection.execute(text("DELETE FROM register.index_epoch"))
        connection.execute(text("INSERT INTO register.index_epoch VALUES (1)"))
    delivery = warehouse.stage([]).key.delivery_id

    def put(count: int, epoch: int) -> None:
        with owner.begin() as connection:
            for at in range(count):
                for table in TOKEN_TABLES:
                    bound = {
                        "id": delivery,
                        "row": at,
                        "handle": os.urandom(16),
                        "token": uuid.uuid4(),
                        "epoch": epoch,
                    }
                    connection.execute(text(_PUT[table]), bound)

    def under(epoch: int) -> list[bytes]:
        query = " UNION ALL ".join(
            f"SELECT uuid_send(token) FROM {table} WHERE index_epoch = :epoch"  # noqa: S608 - constants
            for table in TOKEN_TABLES
        )
        with destroyer.begin() as connection:
            return list(connection.execute(text(query), {"epoch": epoch}).scalars())

    def told() -> list[str]:
        lines = PostgresLedger(destroyer, warehouse.ledger_writer).lines()
        kinds = [read_line(line).kind for line in lines]
        return [kind for kind in kinds[start:] if kind.startswith("reindex")]

    return Shelf(tokens, put, under, told)


_PUT = {
    table: f"INSERT INTO {table} ({', '.join(columns)}, token, index_epoch)"  # noqa: S608 - constants
    f" VALUES ({', '.join(columns.values())}, :token, :epoch)"
    for table, columns in {
        "register.token": {"handle": ":handle", "number": "'N'", "field": "'f'"},
        "register.row_token": {
            "handle": ":handle",
            "number": "'N'",
            "version": "1",
            "level": "'low'",
        },
        **{
            f"intake.{kind}_{name}": {
                "delivery_id": ":id",
                "row": ":row",
                "handle": ":handle",
                column: "'f'",
            }
            for kind in ("staged", "waiting")
            for name, column in (("token", "field"), ("row_token", "level"))
        },
    }.items()
}


def backwards(tokens: bytes) -> bytes:
    """Return each token with its bytes in the other order: an invented cipher."""
    return b"".join(tokens[at : at + 16][::-1] for at in range(0, len(tokens), 16))


def same(before: bytes, stored: bytes) -> None:
    """Refuse what is not the tokens, the other way round."""
    if backwards(stored) != before:
        raise EvidenceError("invented")


def test_an_open_epoch_is_older_than_what_comes_after_it(shelf: Shelf) -> None:
    """Its successor is younger than the moment by which the first one was old."""
    moment = dt.datetime.now(dt.UTC)

    assert shelf.tokens.is_older(moment)
    assert not shelf.tokens.is_older(moment - dt.timedelta(days=1))
    shelf.turned()

    assert not shelf.tokens.is_older(moment)
    assert shelf.tokens.is_older(dt.datetime.now(dt.UTC))


def test_an_epoch_closes_when_its_successor_opens(shelf: Shelf) -> None:
    before = shelf.tokens.standing()

    turn = shelf.turned()

    assert before == (None, turn.old)
    assert shelf.tokens.standing() == (turn.old, turn.new)
    assert shelf.told() == ["reindex_begun"]


def test_an_epoch_turns_once_and_alone(shelf: Shelf) -> None:
    turn = shelf.turned()

    for refused in (turn, IndexTurn(turn.new, turn.new + 1), IndexTurn(97, 98)):
        with pytest.raises(ConflictError):
            shelf.tokens.turn(refused, BEGUN)

    assert shelf.tokens.standing() == (turn.old, turn.new)
    assert shelf.told() == ["reindex_begun"]


def test_every_token_moves_in_its_place_and_none_twice(shelf: Shelf) -> None:
    shelf.put(7, 1)
    before = shelf.under(1)
    turn = shelf.turned()
    shelf.put(1, turn.new)
    there = shelf.under(turn.new)

    moved = sum(shelf.tokens.move(turn, backwards, same))
    again = sum(shelf.tokens.move(turn, backwards, same))

    assert (moved, again) == (len(before), 0)
    assert shelf.under(turn.old) == []
    assert sorted(shelf.under(turn.new)) == sorted(there + list(map(backwards, before)))


def test_a_batch_that_reads_back_otherwise_is_not_kept(shelf: Shelf) -> None:
    shelf.put(3, 1)
    before = shelf.under(1)
    turn = shelf.turned()

    with pytest.raises(EvidenceError):
        list(shelf.tokens.move(turn, lambda tokens: bytes(len(tokens)), same))

    assert shelf.under(1) == before
    assert sum(shelf.tokens.move(turn, backwards, same)) == len(before)


def test_a_batch_of_another_length_is_not_kept(shelf: Shelf) -> None:
    shelf.put(3, 1)
    before = shelf.under(1)
    turn = shelf.turned()

    with pytest.raises((EvidenceError, WorldError)):
        list(shelf.tokens.move(turn, lambda tokens: backwards(tokens)[16:], same))

    assert shelf.under(1) == before


def test_a_pass_broken_off_is_taken_up(shelf: Shelf) -> None:
    shelf.put(7, 1)
    count = len(shelf.under(1))
    turn = shelf.turned()

    first = next(shelf.tokens.move(turn, backwards, same))

    assert len(shelf.under(turn.new)) == first < count
    assert sum(shelf.tokens.move(turn, backwards, same)) == count - first


def test_an_epoch_ends_once_with_its_entry(shelf: Shelf) -> None:
    shelf.put(2, 1)
    count = len(shelf.under(1))
    turn = shelf.turned()

    def look() -> None:
        with shelf.tokens.ending(turn, DONE) as left:
            assert left == count
            raise ConflictError("invented")

    with pytest.raises(ConflictError):
        look()
    list(shelf.tokens.move(turn, backwards, same))

    assert [shelf.end(turn), shelf.end(turn)] == [0, 0]
    assert shelf.tokens.standing() == (None, turn.new)
    assert shelf.told() == ["reindex_begun", "reindexed"]


@pytest.mark.parametrize("old", [1, 97])
def test_an_epoch_that_is_not_closing_does_not_end(shelf: Shelf, old: int) -> None:
    with pytest.raises(ConflictError):
        shelf.end(IndexTurn(old, old + 1))

    assert shelf.tokens.standing() == (None, 1)
