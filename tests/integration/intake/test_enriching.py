"""A source that enriches adds to whom the register knows, and creates nobody."""

from pathlib import Path

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.application.intake.decide_row import Answer
from custody.application.views import RecordView, whole
from custody.domain.delivery import DeliveryId
from custody.domain.held_rows import NewCustomer, Refuse, ToCustomer
from custody.domain.ledger import read_line
from custody.domain.outcome import Outcome, Tally
from tests.builders.installation import Installation

pytestmark = [pytest.mark.integration, pytest.mark.shared]

FULL, ADDING = "tw_listed", "tw_listing_dates"
ALL_STEPS = ["sealed", "checked", "loaded", "exported", "erased"]
FOREIGN = 8
"""Companies with eight noughts for a tax id: nothing tells whom their row means."""


def bring(
    installation: Installation, source: str, content: bytes, name: str
) -> DeliveryId:
    """Take a delivery the whole way."""
    delivery_id = installation.put(source, content, name=name)
    assert installation.run(source)[delivery_id] == ALL_STEPS
    return delivery_id


@pytest.fixture(scope="module")
def adding(shared: Path) -> bytes:
    """The same companies in four columns, UTF-8 with BOM, no header."""
    folder = shared / "data" / "intake"
    return (folder / "tw_mops_listed_companies_4col_noheader_utf8.csv").read_bytes()


@pytest.fixture(scope="module")
def too_early(installation: Installation, adding: bytes) -> DeliveryId:
    """What enriches comes before anybody is there."""
    return bring(installation, ADDING, adding, "dates.csv")


@pytest.fixture(scope="module")
def known(
    installation: Installation, shared: Path, too_early: DeliveryId
) -> DeliveryId:
    """Then the full file."""
    assert too_early
    file = shared / "data" / "intake" / "tw_mops_listed_companies_big5.csv"
    return bring(installation, FULL, file.read_bytes(), file.name)


@pytest.fixture(scope="module")
def added(installation: Installation, adding: bytes, known: DeliveryId) -> DeliveryId:
    """Then what enriches once more; a line end makes it no replay of the first."""
    assert known
    return bring(installation, ADDING, adding + b"\n", "again.csv")


@pytest.fixture(scope="module")
def tally(installation: Installation, added: DeliveryId) -> Tally:
    """Where its rows went, before any steward had a word."""
    return installation.tally(added)


@pytest.fixture(scope="module")
def corrected(
    installation: Installation, adding: bytes, added: DeliveryId, tally: Tally
) -> Tally:
    """Where the rows of it went with one date put right, before a steward too."""
    assert added
    assert tally.loaded
    content = adding.replace(b"1962/02/09", b"1962/02/10", 1) + b"\n\n"
    again = bring(installation, ADDING, content, "corrected.csv")
    return installation.tally(again)


def customers(installation: Installation) -> int:
    """Return how many customers the register has."""
    query = text("SELECT count(*) FROM register.customer")
    with installation.custody.warehouse(roles.WAREHOUSE_READER).connect() as connection:
        return int(connection.execute(query).scalar_one())


def of_two_parts(installation: Installation) -> list[RecordView]:
    """Return both versions, in order, of a customer nothing else was done to."""
    query = text(
        "SELECT number FROM register.record_version GROUP BY number"
        " HAVING count(*) = 2 ORDER BY number LIMIT 1"
    )
    with installation.custody.warehouse(roles.WAREHOUSE_READER).connect() as connection:
        number = connection.execute(query).scalar_one()
    return list(reversed(installation.custody.views.history(number)))


def test_before_anybody_is_there_every_row_waits(
    installation: Installation, too_early: DeliveryId, known: DeliveryId
) -> None:
    """And the register grew by the full file alone."""
    waiting = installation.custody.views.waiting(delivery_id=too_early, limit=2_000)

    assert installation.tally(too_early) == Tally(read=1041, held=1041)
    assert {row.reasons for row in waiting} == {("nobody_to_enrich",)}
    assert installation.tally(known) == Tally(read=1041, loaded=1041)
    assert customers(installation) == 1041


def test_whoever_is_known_is_added_to_and_nobody_is_created(
    installation: Installation, tally: Tally
) -> None:
    """1,033 by their tax id; the foreign ones, who have none, wait."""
    assert tally == Tally(read=1041, loaded=1041 - FOREIGN, held=FOREIGN)
    assert tally.conserves
    assert customers(installation) == 1041


def test_the_register_shows_the_union_at_the_highest_level(
    installation: Installation, added: DeliveryId
) -> None:
    assert added
    full, part = of_two_parts(installation)

    both = whole([part, full])

    assert (full.part, part.part) == ("", ADDING)
    assert both is not None
    assert both.shown is not None
    assert full.shown is not None
    assert part.shown is not None
    assert both.handle == full.handle
    assert set(both.shown) == set(full.shown) | {"listing_date"}
    assert (part.level, full.level, both.level) == ("low", "medium", "medium")
    listed = installation.custody.views.customers(limit=2_000)
    assert both in listed
    assert installation.custody.views.counts()["level"] == {"medium": 1041}
    assert len(listed) == 1041


def test_the_load_s_line_names_the_part(
    installation: Installation, known: DeliveryId, added: DeliveryId
) -> None:
    """A restore knows by it which versions make a customer whole (ADR 0013)."""
    lines = [read_line(line) for line in installation.custody.ledger.lines()]
    parts = {
        line.subject: line.body.get("part") for line in lines if line.kind == "loaded"
    }

    assert parts[added] == ADDING
    assert parts[known] is None


def test_the_same_again_is_unchanged_and_a_correction_replaces_its_own_part_only(
    installation: Installation, corrected: Tally
) -> None:
    counts = (corrected.loaded, corrected.unchanged, corrected.held)
    assert counts == (1, 1032, FOREIGN)
    (last,) = [
        record
        for record in installation.custody.views.customers(limit=2_000)
        if "1962-02-10" in (record.shown or {}).values()
    ]
    versions = installation.custody.views.history(str(last.number))
    assert [(one.version, one.part) for one in versions] == [
        (3, ADDING),
        (2, ADDING),
        (1, ""),
    ]


def test_a_full_file_again_is_unchanged_whatever_enriched_it(
    installation: Installation, shared: Path, added: DeliveryId
) -> None:
    """A part is compared with itself alone."""
    assert added
    file = shared / "data" / "intake" / "tw_mops_listed_companies_big5.csv"

    again = bring(installation, FULL, file.read_bytes() + b"\r\n", "full.csv")

    assert installation.tally(again) == Tally(read=1041, unchanged=1041)


def test_a_steward_names_the_customer_or_refuses_and_never_creates(
    installation: Installation, added: DeliveryId, corrected: Tally
) -> None:
    decide = installation.custody.decide_row
    assert corrected.held == FOREIGN
    first, second, *_ = installation.custody.views.waiting(delivery_id=added)
    number = str(of_two_parts(installation)[0].number)
    why = {"reason": "asked the exchange", "actor": "olive"}

    created = decide(first.handle.hex(), NewCustomer(), **why)
    named = decide(first.handle.hex(), ToCustomer(number), **why)
    refused = decide(second.handle.hex(), Refuse(), **why)

    assert created.answer is Answer.ENRICHES_ONLY
    assert (named.answer, named.placed.number) == (Answer.DONE, number)
    assert refused.answer is Answer.DONE
    assert refused.standing is not None
    version = installation.custody.views.record(first.handle)
    assert version is not None
    assert (version.part, version.number) == (ADDING, number)
    rows = installation.custody.views.rows(added)
    assert Outcome.REFUSED in {row.outcome for row in rows}
    assert customers(installation) == 1041


def test_what_enriches_is_shown_again_after_a_crash(
    installation: Installation, added: DeliveryId
) -> None:
    """The projection is made from sealed values, part by part."""
    before = installation.custody.views.customers(limit=2_000)
    with installation.custody.warehouse(roles.WAREHOUSE_OWNER).begin() as connection:
        connection.execute(text("TRUNCATE projection.record"))

    installation.custody.rebuild_projection()

    assert added
    assert installation.custody.views.customers(limit=2_000) == before
