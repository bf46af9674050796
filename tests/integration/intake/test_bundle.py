"""Six real files of one delivery become one table of customers (AdventureWorks)."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.application.intake.seal import UNREADABLE_ROWS
from custody.domain.delivery import DeliveryId
from custody.domain.outcome import Tally
from tests.builders.deliveries import DAY
from tests.builders.installation import Installation

pytestmark = [pytest.mark.integration, pytest.mark.shared]

MAIN = "aw_Customer.csv"
STORES, PHONES, MAILS = "aw_Store.csv", "aw_PersonPhone.csv", "aw_EmailAddress.csv"
HOLDERS, CARDS = "aw_PersonCreditCard.csv", "aw_CreditCard.csv"
ENDS = {STORES: b"&|\n", PHONES: b"&|\n", MAILS: b"&|\n"}
MARKS = {STORES: b"+|", PHONES: b"+|", MAILS: b"+|"}
DONE = ["sealed", "checked", "loaded", "exported", "erased"]

Rows = dict[str, list[bytes]]


@pytest.fixture(scope="module")
def whole(shared: Path) -> Rows:
    """Return the rows of the six files, each with its end."""
    folder = shared / "data" / "intake"
    found = {}
    for name in (MAIN, STORES, PHONES, MAILS, HOLDERS, CARDS):
        end = ENDS.get(name, b"\n")
        *rows, rest = (folder / name).read_bytes().split(end)
        assert not rest
        found[name] = [row + end for row in rows]
    return found


def cells(name: str, row: bytes) -> list[bytes]:
    """Return the cells of a row, without its end."""
    return row.removesuffix(ENDS.get(name, b"\n")).split(MARKS.get(name, b"\t"))


def part(whole: Rows) -> Rows:
    """Return 100 shops without a person, 100 with one, 100 people, and their sides.

    Their account numbers begin otherwise, so that they are customers of their own.
    Three phones and e-mail addresses belong to nobody, and one phone stands twice.
    """
    customers = [cells(MAIN, row) for row in whole[MAIN]]
    kinds = [(bool(one[1]), bool(one[2])) for one in customers]
    picked = [
        at
        for kind in ((False, True), (True, True), (True, False))
        for at in [at for at, one in enumerate(kinds) if one == kind][:100]
    ]
    people = {customers[at][1] for at in picked} - {b""}
    shops = {customers[at][2] for at in picked}
    found = {MAIN: [whole[MAIN][at].replace(b"\tAW", b"\tPW") for at in picked]}
    found[STORES] = [row for row in whole[STORES] if cells(STORES, row)[0] in shops]
    for name in (PHONES, MAILS, HOLDERS):
        by_person = [(cells(name, row)[0] in people, row) for row in whole[name]]
        found[name] = [row for theirs, row in by_person if theirs]
        found[name] += [row for theirs, row in by_person if not theirs][:3]
    found[HOLDERS] = found[HOLDERS][:-3]
    found[PHONES].append(found[PHONES][0])
    held = {cells(HOLDERS, row)[1] for row in found[HOLDERS]}
    found[CARDS] = [row for row in whole[CARDS] if cells(CARDS, row)[0] in held]
    return found


def deliver(
    installation: Installation, rows: Rows
) -> tuple[str, Mapping[str, list[str]]]:
    """Land the files as one delivery and run the intake; return id and answers."""
    files = {name: io.BytesIO(b"".join(one)) for name, one in rows.items()}
    key = installation.custody.deliver("aw_bundle", files, business_date=DAY)
    return key.delivery_id, installation.run("aw_bundle")


def levels(installation: Installation, delivery_id: str) -> dict[str, int]:
    """Return the record levels of what was loaded."""
    counted = text(
        "SELECT level, count(*) FROM register.record_version"
        " WHERE delivery_id = :id GROUP BY level"
    )
    with installation.custody.warehouse(roles.WAREHOUSE_READER).connect() as connection:
        rows = connection.execute(counted, {"id": delivery_id}).all()
    return {str(level): int(count) for level, count in rows}


def aside(installation: Installation, delivery_id: str) -> set[str]:
    """Return what the ledger says was left over of the sides."""
    entries = [
        json.loads(line.split(b" ", 1)[1].rsplit(b" ", 1)[0])
        for line in list(installation.custody.ledger.lines())
    ]
    (body,) = [
        entry["body"]
        for entry in entries
        if (entry["kind"], entry["subject"]) == ("sealed", delivery_id)
    ]
    return set(body["aside"])


def test_a_bundle_loads_what_has_a_name_and_keeps_what_joined_nothing(
    installation: Installation, whole: Rows
) -> None:
    """Shops load, people wait for a name; who holds a card is highly sensitive."""
    delivery_id, answers = deliver(installation, part(whole))

    assert answers == {delivery_id: DONE}
    tally = installation.tally(delivery_id)
    assert tally == Tally(read=300, loaded=200, pending=100)
    found = levels(installation, delivery_id)
    assert found == {"high": 99, "medium": 1, "low": 100}
    assert aside(installation, delivery_id) == {
        f"{PHONES} unjoined_row 3",
        f"{PHONES} ambiguous_join 1",
        f"{MAILS} unjoined_row 3",
    }
    kept = installation.custody.quarantine_store.names()
    assert f"{delivery_id}/{UNREADABLE_ROWS}" in kept


@pytest.mark.large
def test_the_whole_bundle_waits_for_a_person_and_then_loads(
    installation: Installation, whole: Rows
) -> None:
    """19,820 customers, 1,336 with a name: too few to load without a look.

    853 people of the phone and e-mail files are no customers.
    """
    delivery_id, answers = deliver(installation, whole)
    held = installation.tally(delivery_id)
    record = installation.custody.book.find(DeliveryId(delivery_id))
    assert record is not None

    installation.custody.held.release(
        DeliveryId(delivery_id), reason="names come later", actor="steward"
    )
    answers = installation.run("aw_bundle", steps=("load", "export", "erase"))

    assert record.reasons == ("failed_critical:completeness[2]",)
    assert held == Tally(read=19_820, held=19_820)
    assert answers[delivery_id][0] == "loaded"
    tally = installation.tally(delivery_id)
    assert tally == Tally(read=19_820, loaded=1_336, pending=18_484)
    assert levels(installation, delivery_id) == {"high": 634, "medium": 1, "low": 701}
    assert aside(installation, delivery_id) == {
        f"{PHONES} unjoined_row 853",
        f"{MAILS} unjoined_row 853",
    }
