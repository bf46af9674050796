"""Checking what another run moved, or what nobody approves; and what drifted."""

import dataclasses
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from custody.adapters.reports.writer import SelfContainedReports
from custody.application.intake.check import CheckDelivery
from custody.application.ports import CheckReport
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.policy import Policy
from tests.builders.deliveries import MOMENT, delivery_record
from tests.builders.policies import policy_of, policy_with, source
from tests.fakes.checks import CountingQuality
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.reports import FakeReports
from tests.fakes.staging import FakeStaging
from tests.fakes.world import FixedClock

RECORD = delivery_record(DeliveryState.SEALED)
ID = RECORD.key.delivery_id
FACTS = pl.DataFrame(
    {
        "row": [1, 2],
        "handle": [b"a" * 16, b"b" * 16],
        "customer_name": ["valid", "valid"],
        "phone": ["valid", None],
        "contact": ["valid", "valid"],
        "record__level": ["medium"] * 2,
        "record__tier": ["low"] * 2,
        "record__verdict": ["load"] * 2,
    }
)


class OvertakingReports(FakeReports):
    """Reports during whose writing another run moves the delivery."""

    def __init__(self, book: FakeDeliveryBook, other: DeliveryState | None) -> None:
        """Take where the other run leaves the delivery; None: nowhere."""
        super().__init__()
        self._book = book
        self._other = other

    def put(self, delivery_id: DeliveryId, report: CheckReport) -> None:
        """Store, a moment too late."""
        super().put(delivery_id, report)
        if self._other is None:
            del self._book.records[delivery_id]
        else:
            self._book.records[delivery_id] = dataclasses.replace(
                self._book.records[delivery_id], state=self._other
            )


def checking(
    book: FakeDeliveryBook, reports: FakeReports, policy: Policy | None = None
) -> CheckDelivery:
    """Return the use case over facts that no suite asks anything of."""
    return CheckDelivery(
        policy=policy or policy_of(source()),
        book=book,
        staging=FakeStaging(FACTS),
        reports=reports,
        quality=CountingQuality(),
        writer=SelfContainedReports(ZoneInfo("Asia/Shanghai")),
        suites=lambda _: (),
        clock=FixedClock(MOMENT),
    )


def book_of_one() -> FakeDeliveryBook:
    """Return a book with the delivery, sealed."""
    book = FakeDeliveryBook(MOMENT)
    book.records[ID] = RECORD
    return book


def test_what_nobody_admitted_is_unknown() -> None:
    reports = FakeReports()

    answer = checking(FakeDeliveryBook(MOMENT), reports)(ID)

    assert answer == "unknown"
    assert not reports.kept


def test_a_source_that_left_the_policy_is_not_judged() -> None:
    """R18: only approved sources reach the register."""
    book, reports = book_of_one(), FakeReports()

    answer = checking(book, reports, policy_with("other"))(ID)

    assert answer == "source_not_approved"
    assert book.records[ID] == RECORD
    assert not reports.kept


@pytest.mark.parametrize(
    ("other", "answer"), [(DeliveryState.REFUSED, "refused"), (None, "unknown")]
)
def test_who_comes_second_says_what_stands(
    other: DeliveryState | None, answer: str
) -> None:
    """And adds no line to the ledger."""
    book = book_of_one()

    told = checking(book, OvertakingReports(book, other))(ID)

    assert told == answer
    assert book.entries == []


def past_rates(share: float) -> Mapping[str, float]:
    """Return the rates of a past delivery."""
    return {"phone:valid": share, "phone:missing": 1 - share}


def test_a_share_that_left_its_past_stands_in_the_report_by_its_fields_name() -> None:
    """Half of the phones are there, where nearly all of them used to be."""
    book, reports = book_of_one(), FakeReports(*[past_rates(0.98)] * 4)

    checking(book, reports)(ID)

    page = reports.kept[ID].page.decode()
    assert "phone: share valid" in page
    assert "phone：缺失比例" in page


def test_a_share_like_its_past_is_not_told() -> None:
    """The twin: nothing drifted."""
    book, reports = book_of_one(), FakeReports(*[past_rates(0.5)] * 4)

    checking(book, reports)(ID)

    assert "phone: share valid" not in reports.kept[ID].page.decode()
