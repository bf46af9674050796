"""A plan is kept as it is printed, whole or not at all (R69)."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from custody.application.keep_plan import KeepPlan
from custody.application.ports.decisions import Taken
from custody.bootstrap.destruction import DestructionParts
from custody.domain.kept_customer import KeptCustomer
from custody.domain.levels import Level
from custody.domain.plan_form import PlanDigest, plan_lines
from custody.domain.retention import Anchor
from custody.errors import ConflictError
from tests.builders.decided import DAY, NOW, TODAY
from tests.builders.policies import policy_with
from tests.fakes.decisions import FakePlans
from tests.fakes.ledger import FakeLedger
from tests.fakes.retention import FakeRetention
from tests.fakes.world import FixedClock

POLICY = policy_with("example")


def customer(number: str) -> KeptCustomer:
    """Return a customer whose time is over."""
    return KeptCustomer(
        number=number,
        levels=frozenset(Level),
        industry="unknown",
        customer_type=None,
        events={Anchor.DEREGISTRATION: dt.date(2020, 1, 1)},
    )


class Changing(FakeRetention):
    """A register from which somebody goes between two looks."""

    def customers(
        self, *, unknown_industry: str, zone: dt.tzinfo = dt.UTC
    ) -> Iterator[KeptCustomer]:
        yield from super().customers(unknown_industry=unknown_industry, zone=zone)
        self.known.popitem()


def keeper(book: FakeRetention, ledger: FakeLedger) -> KeepPlan:
    """Return the use case over a register."""
    plans = FakePlans(ledger)
    return KeepPlan(policy=POLICY, book=book, plans=plans, clock=FixedClock(NOW))


def register(kind: type[FakeRetention], ledger: FakeLedger) -> FakeRetention:
    """Return a register of two customers."""
    known = {number: customer(number) for number in ("XX1", "XX2")}
    return kind(ledger, known)


def test_the_digest_is_over_the_lines_that_are_kept() -> None:
    ledger = FakeLedger()
    keep = keeper(register(FakeRetention, ledger), ledger)

    plan = keep(TODAY, actor="a")
    again = keep(TODAY, actor="b")

    digest = PlanDigest()
    for line in plan_lines(keep.plans.lines(plan.digest), plan.head):
        digest.add(line)
    assert digest.hex() == plan.digest
    assert plan.lines == 6
    assert again == plan
    (entry,) = ledger.entries
    assert entry.kind == "plan_kept"
    assert entry.body == {
        "plan": plan.digest,
        "on": TODAY.isoformat(),
        "ordinal": 1,
        "lines": 6,
        "policy": POLICY.digest,
        "actor": "a",
    }


def test_a_plan_whose_run_is_over_is_kept_again_by_a_digest_of_its_own() -> None:
    """The same lines on the same day, and nothing that was signed holds for it."""
    ledger = FakeLedger()
    keep = keeper(register(FakeRetention, ledger), ledger)
    plans = cast("FakePlans", keep.plans)

    kept = []
    for _ in range(3):
        kept.append(keep(TODAY, actor="a"))
        assert keep(TODAY, actor="a") == kept[-1]
        plans.ended.add(kept[-1].digest)

    assert [one.ordinal for one in kept] == [1, 2, 3]
    assert len({one.digest for one in kept}) == 3
    assert len({tuple(plans.lines(one.digest)) for one in kept}) == 1
    assert keep.head(TODAY - DAY).ordinal == 1


def test_a_plan_that_is_under_way_is_no_further_one() -> None:
    ledger = FakeLedger()
    keep = keeper(register(FakeRetention, ledger), ledger)
    plan = keep(TODAY, actor="a")
    taken = Taken(request="00" * 32, approval="11" * 32, at=NOW)

    keep.plans.take(plan.digest, taken, ledger.entries[0])

    assert keep(TODAY, actor="a") == replace(plan, taken=True)


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        ("2026-11-30T15:59:59", None),  # the last second of November in Shanghai
        ("2026-11-30T16:00:00", dt.date(2026, 12, 1)),
        ("2026-12-01T15:59:59", dt.date(2026, 12, 1)),
        ("2026-12-01T16:00:00", None),
    ],
)
def test_the_monthly_plan_is_kept_on_the_first_of_policys_month(
    moment: str, on: dt.date | None
) -> None:
    """Twice a day it is one plan; after a refusal on that day it is the next one."""
    ledger, clock = FakeLedger(), FixedClock(dt.datetime.fromisoformat(f"{moment}Z"))
    keep = replace(keeper(register(FakeRetention, ledger), ledger), clock=clock)
    custody = SimpleNamespace(policy=POLICY, clock=clock, keep_plan=keep)
    plans = cast("FakePlans", keep.plans)

    def monthly() -> str:
        return DestructionParts.keep_monthly_plan(cast("DestructionParts", custody))

    digests = [monthly(), monthly()]
    plans.ended |= {*digests}
    digests.append(monthly())

    kept = sorted(plans.plans(), key=lambda one: one.ordinal)
    if on is None:
        assert (digests, kept) == ([""] * 3, [])
        return
    assert [(one.on, one.ordinal) for one in kept] == [(on, 1), (on, 2)]
    assert digests == [kept[0].digest, kept[0].digest, kept[1].digest]


def test_a_plan_over_which_the_register_changed_is_not_kept() -> None:
    """What would be kept is not what was measured: nothing is kept."""
    ledger = FakeLedger()
    keep = keeper(register(Changing, ledger), ledger)

    with pytest.raises(ConflictError, match="ask again"):
        keep(TODAY, actor="a")

    assert list(keep.plans.plans()) == []
    assert ledger.entries == []


def test_nobody_due_is_a_plan_too() -> None:
    ledger = FakeLedger()
    book = register(FakeRetention, ledger)
    book.known = {one: replace(each, events={}) for one, each in book.known.items()}

    assert keeper(book, ledger)(TODAY, actor="a").lines == 0
