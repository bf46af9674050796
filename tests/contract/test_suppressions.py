"""What every store of suppression tokens promises: the fake, and PostgreSQL."""

import dataclasses
import datetime as dt
import os
from collections.abc import Callable

import pytest
from sqlalchemy import text

from custody.adapters.roles import (
    WAREHOUSE_DESTROYER,
    WAREHOUSE_LOADER,
    WAREHOUSE_OWNER,
)
from custody.adapters.warehouse.ledger import PostgresLedger
from custody.adapters.warehouse.suppression import PostgresSuppressions
from custody.application.ports import Entry
from custody.application.ports.suppress import (
    Suppressed,
    Suppressions,
    VersionTokens,
)
from custody.domain.ledger import read_line
from custody.errors import EvidenceError
from tests.contract.conftest import FAKE_AND_REAL
from tests.fakes.suppress import FakeSuppressions
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import Row, open_warehouse, token

ENTRY = Entry(kind="suppressed", subject="customers", body={})
DAY, NEXT = dt.date(2026, 3, 31), dt.date(2026, 4, 1)
EXPIRES = dt.date(2029, 3, 31)
ONE = ("resident_id", b"1" * 32)
OTHER = ("birth_date+customer_name", b"2" * 32)


@dataclasses.dataclass(frozen=True)
class Shelf:
    """The port, one customer of two versions, what stands, and what was told."""

    suppressions: Suppressions
    number: str
    standing: Callable[[], dict[tuple[str, bytes], tuple[dt.date, dt.date]]]
    told: Callable[[], list[str]]

    def add(self, *tokens: tuple[str, bytes], days: tuple[dt.date, dt.date]) -> int:
        """Suppress tokens until the second of the days."""
        suppressed = Suppressed(
            tokens=tokens, destroyed_on=days[0], expires_on=days[1], legal_basis="b"
        )
        return self.suppressions.add(suppressed, ENTRY)


@pytest.fixture(params=FAKE_AND_REAL)
def shelf(request: pytest.FixtureRequest) -> Shelf:
    """A store without a suppression, and a customer who once had another phone."""
    if request.param == "fake":
        fake = FakeSuppressions()
        fake.known["N"] = [
            VersionTokens(
                index_epoch=1,
                tokens={
                    name: token(f"{name}={value}")
                    for name, value in {"resident_id": "sup", "phone": phone}.items()
                },
            )
            for phone in ("old", "new")
        ]
        return Shelf(
            fake,
            "N",
            lambda: fake.standing,
            lambda: [one.kind for one in fake.entries],
        )
    return real_shelf(request.getfixturevalue("databases"))


def real_shelf(databases: Databases) -> Shelf:
    warehouse = open_warehouse(databases)
    destroyer = databases.warehouse(WAREHOUSE_DESTROYER)
    ledger = PostgresLedger(destroyer, warehouse.ledger_writer)
    with databases.warehouse(WAREHOUSE_OWNER).begin() as connection:
        connection.execute(
            text("TRUNCATE register.suppression, intake.delivery CASCADE")
        )
        connection.execute(
            text(
                "TRUNCATE register.customer, register.token, register.row_token CASCADE"
            )
        )
    for phone in ("old", "new"):
        warehouse.load([Row({"resident_id": "sup", "phone": phone}, content=phone)])
    start = len(list(ledger.lines()))

    def standing() -> dict[tuple[str, bytes], tuple[dt.date, dt.date]]:
        with databases.warehouse(WAREHOUSE_LOADER).begin() as connection:
            found = connection.execute(text("SELECT * FROM register.suppression"))
            return {
                (row.match_key, bytes(row.token)): (row.destroyed_on, row.expires_on)
                for row in found
            }

    def told() -> list[str]:
        return [read_line(line).kind for line in ledger.lines()][start:]

    with warehouse.engine.begin() as connection:
        (number,) = connection.execute(
            text("SELECT number FROM register.customer")
        ).one()
    store = PostgresSuppressions(destroyer, warehouse.ledger_writer, "customers")
    return Shelf(store, number, standing, told)


def test_every_version_of_a_customer_tells_its_tokens(shelf: Shelf) -> None:
    fields = ("resident_id", "phone")

    found = list(shelf.suppressions.versions([shelf.number, "nobody"], fields))

    assert {one.index_epoch for one in found} == {1}
    phones = [one.tokens["phone"] for one in found]
    assert sorted(phones) == sorted(token(f"phone={one}") for one in ("old", "new"))
    assert {one.tokens["resident_id"] for one in found} == {token("resident_id=sup")}


def test_fields_that_were_not_asked_for_are_not_told(shelf: Shelf) -> None:
    found = list(shelf.suppressions.versions([shelf.number], ["phone"]))

    assert [set(one.tokens) for one in found] == [{"phone"}] * 2
    assert list(shelf.suppressions.versions([shelf.number], [])) == []


def test_tokens_stand_with_their_days_and_an_entry(shelf: Shelf) -> None:
    added = shelf.add(ONE, OTHER, days=(DAY, EXPIRES))

    assert added == 2
    assert shelf.standing() == dict.fromkeys((ONE, OTHER), (DAY, EXPIRES))
    assert shelf.told() == ["suppressed"]


def test_adding_again_changes_nothing_and_tells_nothing(shelf: Shelf) -> None:
    shelf.add(ONE, days=(DAY, EXPIRES))

    assert shelf.add(ONE, days=(DAY, EXPIRES)) == 0
    assert shelf.add(days=(DAY, EXPIRES)) == 0
    assert shelf.told() == ["suppressed"]


def test_the_later_day_stands(shelf: Shelf) -> None:
    later = EXPIRES + dt.timedelta(days=1)
    shelf.add(ONE, OTHER, days=(NEXT, EXPIRES))

    assert shelf.add(ONE, days=(DAY, EXPIRES)) == 0
    assert shelf.add(OTHER, days=(DAY, later)) == 1
    assert shelf.standing() == {ONE: (NEXT, EXPIRES), OTHER: (NEXT, later)}


def test_what_is_past_its_last_day_goes_and_the_rest_stays(shelf: Shelf) -> None:
    longer = EXPIRES + dt.timedelta(days=1)
    shelf.add(ONE, days=(DAY, EXPIRES))
    shelf.add(OTHER, days=(DAY, longer))

    on_the_last_day = shelf.suppressions.expire(EXPIRES)
    after = [shelf.suppressions.expire(longer) for _ in range(2)]

    assert (on_the_last_day, after) == (0, [1, 0])
    assert set(shelf.standing()) == {OTHER}
    assert shelf.told() == ["suppressed", "suppressed", "suppression_expired"]


@pytest.mark.integration
def test_a_token_of_another_length_is_refused(databases: Databases) -> None:
    shelf = real_shelf(databases)

    with pytest.raises(EvidenceError):
        shelf.add(("resident_id", os.urandom(16)), days=(DAY, EXPIRES))
