"""What every book of certificates promises: kept once, whole, for good (R72)."""

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.adapters.roles import (
    WAREHOUSE_DESTROYER,
    WAREHOUSE_OWNER,
    WAREHOUSE_READER,
)
from custody.adapters.warehouse.certificates import PostgresCertificates
from custody.adapters.warehouse.ledger import LedgerWriter, ledger_lines
from custody.application.ports import Entry
from custody.application.ports.certificates import CertificateBook, KeptCertificate
from custody.domain.ledger import read_line
from custody.errors import CustodyError
from tests.builders.certificates import signer
from tests.contract.conftest import FAKE_AND_REAL
from tests.fakes.certificates import FakeCertificateBook
from tests.fakes.world import TickingClock
from tests.integration.conftest import Databases

MOMENT = dt.datetime(2027, 3, 31, tzinfo=dt.UTC)
_SERIAL = itertools.count(1)


@dataclass(frozen=True)
class Desk:
    """A book, and the kinds of the entries that told of it."""

    book: CertificateBook
    told: Callable[[], list[str]]


@pytest.fixture(params=FAKE_AND_REAL)
def desk(request: pytest.FixtureRequest) -> Desk:
    if request.param == "fake":
        fake = FakeCertificateBook()
        return Desk(fake, lambda: [entry.kind for entry in fake.entries])
    engine = _databases(request).warehouse(WAREHOUSE_DESTROYER)
    writer = LedgerWriter(signer(), TickingClock(MOMENT))
    before = sum(1 for _ in ledger_lines(engine))
    return Desk(
        PostgresCertificates(engine, writer),
        lambda: [read_line(it).kind for it in ledger_lines(engine, first=before + 1)],
    )


def _databases(request: pytest.FixtureRequest) -> Databases:
    found: Databases = request.getfixturevalue("databases")
    return found


def _kept(
    kind: str = "destruction", *, plan: str = "", closes: str | None = None
) -> KeptCertificate:
    serial = next(_SERIAL)
    return KeptCertificate(
        certificate_id=f"{serial:08x}" * 8,
        kind=kind,
        plan=plan or f"{serial:064x}",
        issued_at=MOMENT,
        content=b'{"content": true}\n',
        annex=b"annex\n",
        closes=closes,
    )


ENTRY = Entry(kind="certificate_issued", subject="customers", body={})


def test_what_is_kept_is_found_whole(desk: Desk) -> None:
    one = _kept()

    assert desk.book.add(one, ENTRY)

    assert desk.book.of_plan("destruction", one.plan) == one
    assert desk.book.of_plan("closing", one.plan) is None
    assert desk.book.find(one.certificate_id[:12]) == (one,)
    assert one in tuple(desk.book.all())
    assert desk.told() == ["certificate_issued"]


def test_a_plan_has_one_of_a_kind(desk: Desk) -> None:
    """The second is not kept, and nothing is told of it."""
    one = _kept()
    desk.book.add(one, ENTRY)

    assert not desk.book.add(_kept(plan=one.plan), ENTRY)

    assert desk.book.of_plan("destruction", one.plan) == one
    assert desk.told() == ["certificate_issued"]


def test_what_is_closed_is_unclosed_no_more(desk: Desk) -> None:
    first, second = _kept(), _kept()
    desk.book.add(first, ENTRY)
    desk.book.add(second, ENTRY)
    closing = _kept("closing", plan=first.plan, closes=first.certificate_id)

    assert desk.book.add(closing, ENTRY)

    unclosed = desk.book.unclosed()
    assert second in unclosed
    assert not {first, closing} & set(unclosed)


def test_at_most_two_are_found_and_by_nothing_none(desk: Desk) -> None:
    for _ in range(3):
        desk.book.add(_kept(), ENTRY)

    assert len(desk.book.find("0000")) == 2
    assert desk.book.find("") == desk.book.find("zz") == desk.book.find("%") == ()


@pytest.mark.integration
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE destruction.certificate SET plan = plan",
        "DELETE FROM destruction.certificate",
        "TRUNCATE destruction.certificate",
    ],
)
@pytest.mark.parametrize(
    "role", [WAREHOUSE_OWNER, WAREHOUSE_DESTROYER, WAREHOUSE_READER]
)
def test_nobody_takes_a_certificate_back(
    databases: Databases, role: str, statement: str
) -> None:
    with (
        pytest.raises(CustodyError),
        transaction(databases.warehouse(role), "attack") as connection,
    ):
        connection.execute(text(statement))
