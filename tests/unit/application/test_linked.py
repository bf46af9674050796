"""What is compared with the ledger, and by which words of it (R69, ADR 26)."""

from dataclasses import replace

import pytest

from custody.application.destroy.linked import MOST_TOLD, StillLinked
from custody.domain.links import Linked
from custody.errors import EvidenceError
from tests.fakes.destruction import FakeDestructionBook
from tests.fakes.doomed import FakeCustomers, FakeVersion
from tests.fakes.ledger import FAKE_TRUST, FakeLedger
from tests.fakes.linked import FakeLinks, tell_links


def world(count: int) -> FakeCustomers:
    """Return customers, each brought by a delivery of its own, and told."""
    here = FakeCustomers(FakeDestructionBook(FakeLedger()))
    for at in range(count):
        made = FakeVersion(f"FI{at}", 1, bytes([at]) * 16, {}, delivery=f"d{at:02}")
        here.versions.append(made)
    tell_links(here)
    return here


def test_what_came_in_is_found_again() -> None:
    here = world(3)
    linked = StillLinked(now=FakeLinks(here), trust=FAKE_TRUST)

    assert linked() == ()
    assert linked.judge(FakeLinks(here)) == Linked(proven=3, untold=0, relinked=())


def test_some_deliveries_are_named_and_not_all() -> None:
    here = world(MOST_TOLD + 2)
    for one in here.versions:
        one.number = "FI0"
    linked = StillLinked(now=FakeLinks(here), trust=FAKE_TRUST)

    found = linked()

    assert found == tuple(f"relinked d{at:02}" for at in range(1, MOST_TOLD + 1))
    with pytest.raises(EvidenceError, match=r"nothing is deleted: .*: d01, .*d10$"):
        linked.insist(FakeLinks(here))


def test_a_ledger_that_does_not_hold_says_nothing() -> None:
    """Its owner writes what it likes; the root is worth its signature."""
    here = world(1)
    forged = replace(FAKE_TRUST, verify=lambda *_: False)

    with pytest.raises(EvidenceError, match="signature at line 1"):
        StillLinked(now=FakeLinks(here), trust=forged)()
