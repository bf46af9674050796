"""Real customer tables that nobody here wrote: every row is accounted for."""

from pathlib import Path

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.domain.outcome import Tally
from tests.builders.installation import Installation

pytestmark = [pytest.mark.integration, pytest.mark.shared]


FILES = {
    "aw_prospective_buyer": "aw_ProspectiveBuyer.csv",
    "northwind": "northwind_customers.csv",
    "telco": "telco_customer_churn.csv",
    "tw_listed": "tw_mops_listed_companies_big5.csv",
    "uk_businesses": "uk_businesses_rateable.csv",
}


@pytest.fixture(scope="module")
def delivered(installation: Installation, shared: Path) -> dict[str, str]:
    """Deliver each file once and run its intake; return the deliveries by source."""
    found = {}
    for source, file in FILES.items():
        content = (shared / "data" / "intake" / file).read_bytes()
        delivery_id = installation.put(source, content, name=file)
        assert installation.run(source) == {
            delivery_id: ["sealed", "checked", "loaded", "exported", "erased"]
        }
        found[source] = str(delivery_id)
    return found


def levels(installation: Installation, delivery_id: str) -> dict[str, int]:
    """Return the record levels of a delivery's loaded versions."""
    counted = text(
        "SELECT level, count(*) FROM register.record_version"
        " WHERE delivery_id = :delivery_id GROUP BY level"
    )
    with installation.custody.warehouse(roles.WAREHOUSE_READER).connect() as connection:
        rows = connection.execute(counted, {"delivery_id": delivery_id}).all()
    return {str(level): int(count) for level, count in rows}


def customers(installation: Installation, delivery_id: str) -> int:
    """Return how many customers the delivery's versions belong to."""
    counted = text(
        "SELECT count(DISTINCT number) FROM register.record_version"
        " WHERE delivery_id = :delivery_id"
    )
    with installation.custody.warehouse(roles.WAREHOUSE_READER).connect() as connection:
        return int(
            connection.execute(counted, {"delivery_id": delivery_id}).scalar_one()
        )


def test_adventure_works_prospects_load_as_people(
    installation: Installation, delivered: dict[str, str]
) -> None:
    """2,059 people from a website form, `|` and no header: medium, each a customer."""
    delivery_id = delivered["aw_prospective_buyer"]

    assert installation.tally(delivery_id) == Tally(read=2059, loaded=2059)
    assert levels(installation, delivery_id) == {"medium": 2059}
    assert customers(installation, delivery_id) == 2059


def test_northwind_customers_load_as_companies(
    installation: Installation, delivered: dict[str, str]
) -> None:
    """91 companies supplied by the customer; contacts make them medium."""
    delivery_id = delivered["northwind"]

    assert installation.tally(delivery_id) == Tally(read=91, loaded=91)
    assert levels(installation, delivery_id) == {"medium": 91}
    assert customers(installation, delivery_id) == 91


def test_uk_businesses_fill_the_supplement_queue(
    installation: Installation, delivered: dict[str, str]
) -> None:
    """3,633 rows wait for their name (R25); 3,190 named rows are 1,993 customers.

    A row is a property: rows of one name become versions of one customer in row
    order, equal ones are unchanged.
    """
    delivery_id = delivered["uk_businesses"]

    tally = installation.tally(delivery_id)
    assert (tally.read, tally.pending) == (6823, 3633)
    assert tally.loaded + tally.unchanged == 3190
    assert tally.conserves
    assert customers(installation, delivery_id) == 1993
    assert levels(installation, delivery_id) == {"medium": tally.loaded}


def test_taiwan_listed_companies_are_told_apart_by_their_tax_id(
    installation: Installation, delivered: dict[str, str]
) -> None:
    """1,041 companies in CP950; shared phones and e-mails join no two of them."""
    delivery_id = delivered["tw_listed"]

    assert installation.tally(delivery_id) == Tally(read=1041, loaded=1041)
    assert levels(installation, delivery_id) == {"medium": 1041}
    assert customers(installation, delivery_id) == 1041


def test_telco_subscribers_load_and_blank_charges_are_asked_for(
    installation: Installation, delivered: dict[str, str]
) -> None:
    """7,043 accounts, 11 of which have only a blank where the amount should be."""
    delivery_id = delivered["telco"]
    asked = text(
        "SELECT count(*) FROM intake.supplement_request"
        " WHERE delivery_id = :delivery_id AND field = 'yearly_amount'"
    )

    assert installation.tally(delivery_id) == Tally(read=7043, loaded=7043)
    assert customers(installation, delivery_id) == 7043
    with installation.custody.warehouse(roles.WAREHOUSE_READER).connect() as connection:
        found = connection.execute(asked, {"delivery_id": delivery_id}).scalar_one()
    assert found == 11


@pytest.mark.parametrize("source", FILES)
def test_a_real_file_delivered_again_is_a_replay(
    installation: Installation, shared: Path, delivered: dict[str, str], source: str
) -> None:
    """The same bytes under another sequence are quarantined, and load nothing."""
    file = FILES[source]
    content = (shared / "data" / "intake" / file).read_bytes()

    again = installation.put(source, content, name=file)
    admission = installation.custody.admit(source)

    assert again != delivered[source]
    assert [(one, list(why)) for one, why in admission.quarantined] == [
        (again, ["replay"])
    ]
