"""A delivery without a row comes to an end: held, or loaded, by its row range."""

import json
import shutil
from pathlib import Path

import pytest

from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.outcome import Tally
from tests.builders.installation import ROOT, Installation
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

NORTHWIND_HEADER = (
    "CustomerID,CompanyName,ContactName,ContactTitle,Address,City,Region,"
    "PostalCode,Country,Phone,Fax\n"
)
SUITES = ("completeness.json", "contracts/website.json")


@pytest.fixture(scope="module")
def lenient(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """An installation whose contract with the website allows deliveries of no row."""
    suites = tmp_path_factory.mktemp("lenient") / "expectations"
    shutil.copytree(ROOT / "expectations", suites)
    for suite in SUITES:
        _allow_no_rows(suites / suite)
    return databases.install(
        tmp_path_factory.mktemp("custody"),
        expectations=suites,
    )


def _allow_no_rows(file: Path) -> None:
    suite = json.loads(file.read_text("utf-8"))
    [rows] = [
        one
        for one in suite["expectations"]
        if one["type"].endswith("count_to_be_between")
    ]
    rows["kwargs"]["min_value"] = 0
    file.write_text(json.dumps(suite), "utf-8")


def _state(custody: Installation, delivery: DeliveryId) -> DeliveryState:
    record = custody.custody.book.find(delivery)
    assert record is not None
    assert record.erased_at is not None
    return record.state


def test_no_row_where_the_contract_wants_one_holds_the_delivery(
    installation: Installation,
) -> None:
    """The reason is the range; a run again changes nothing."""
    delivery = installation.put("website", b"\n")

    answers = installation.run("website")[delivery]

    record = installation.custody.book.find(delivery)
    assert answers == ["sealed", "held", "held", "exported", "erased"]
    assert _state(installation, delivery) is DeliveryState.HELD
    assert record is not None
    assert record.tally == Tally()
    assert record.reasons == (
        "failed_critical:completeness[1]",
        "failed_critical:website[1]",
    )
    assert installation.run("website") == {}


def test_no_row_where_the_contract_allows_it_loads_none(lenient: Installation) -> None:
    delivery = lenient.put("website", b"\n\n")

    answers = lenient.run("website")[delivery]

    assert answers == ["sealed", "checked", "loaded", "exported", "erased"]
    assert _state(lenient, delivery) is DeliveryState.LOADED
    assert lenient.tally(delivery) == Tally()
    assert lenient.run("website") == {}


def test_a_header_alone_comes_to_an_end_too(installation: Installation) -> None:
    """Whatever its source's contract asks."""
    header = NORTHWIND_HEADER.encode()

    delivery = installation.put("northwind", header)
    answers = installation.run("northwind")[delivery]

    assert answers[0] == "sealed"
    assert _state(installation, delivery) in {DeliveryState.HELD, DeliveryState.LOADED}
    assert installation.tally(delivery) == Tally()


def test_unreadable_rows_alone_come_to_an_end_too(lenient: Installation) -> None:
    """None could be read: each is quarantined and counted, none is lost."""
    delivery = lenient.put("website", b"[]\n[]\n")

    lenient.run("website")

    _state(lenient, delivery)
    assert lenient.tally(delivery) == Tally(read=2, quarantined=2)
