"""No plan names a record before its floor, under hold or without a legal basis.

Asked of the use cases, planning and looking again before the act, over registers as
they may be (R17, R69, T15).
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from custody.application.destroy.begin import StillDue
from custody.application.retention import (
    CustomerEvent,
    EventKind,
    LegalHold,
)
from custody.application.retention_plan import PlanRetention
from custody.domain.destruction import LineStanding
from custody.domain.kept_customer import KeptCustomer
from custody.domain.policy import Policy
from custody.domain.record_states import RecordState
from custody.domain.retention import Anchor, Subject
from custody.domain.retention_plan import Due
from tests.builders.policies import policy_with
from tests.fakes.ledger import FakeLedger
from tests.fakes.retention import FakeRetention
from tests.unit.domain.test_retention_plan import BOUNDS, CUSTOMERS, DATES, schedule

REGISTERS = st.lists(
    st.tuples(
        CUSTOMERS, st.booleans(), st.dictionaries(st.sampled_from(EventKind), DATES)
    ),
    max_size=4,
)


@dataclass
class Lines:
    """The lines of a plan, each of whose customers is restricted."""

    dues: Sequence[Due]
    held: frozenset[str]

    def standings(self, plan: str) -> Iterator[tuple[Due, LineStanding]]:  # noqa: ARG002 - there is one plan
        """Yield each line with what the register says of it."""
        for one in self.dues:
            held = one.number in self.held
            yield one, LineStanding(due=None, state=RecordState.DUE, on_hold=held)


def register(
    drawn: Sequence[tuple[KeptCustomer, bool, dict[EventKind, dt.date]]],
) -> FakeRetention:
    """Return a register of these customers, with their events and holds."""
    book = FakeRetention(ledger=FakeLedger(), known={})
    for at, (plain, held, events) in enumerate(drawn, start=1):
        number = f"XX2024{at:06}"
        book.known[number] = replace(plain, number=number)
        for kind, on in events.items():
            own = f"{number} {kind}".encode()
            book.events[own] = CustomerEvent(
                event_id=own, number=number, kind=kind, on=on, reason="x", actor="x"
            )
        if held:
            own = number.encode()
            book.standing[own] = LegalHold(
                hold_id=own, number=number, reason="x", actor="x"
            )
    return book


def under(rules: Policy, book: FakeRetention, on: dt.date) -> tuple[Due, ...]:
    """Return whom the plan of a day names."""
    return tuple(PlanRetention(policy=rules, book=book)(on, Counter()))


@given(REGISTERS, BOUNDS, BOUNDS, DATES, st.data())
def test_no_plan_and_no_later_look_names_what_must_be_kept(
    drawn: list[tuple[KeptCustomer, bool, dict[EventKind, dt.date]]],
    floors: tuple[object, ...],
    ceilings: tuple[object, ...],
    on: dt.date,
    data: st.DataObject,
) -> None:
    """Whatever the day of the plan, what goes is due on the day of the act.

    That is drawn about the last days of the lines, where a day too early shows.
    """
    rules = replace(policy_with(), retention=schedule(floors=floors, ceilings=ceilings))  # type: ignore[arg-type]
    book = register(drawn)
    held = frozenset(one.number for one in book.standing.values())
    unknown = rules.unknown_industry.code
    known = {one.number: one for one in book.customers(unknown_industry=unknown)}

    dues = under(rules, book, on)
    last_days = sorted({one.last_day for one in dues}) or [on]
    beside = data.draw(st.integers(-1, 1))
    today = data.draw(st.sampled_from(last_days)) + dt.timedelta(days=beside)
    look = StillDue(
        policy=rules,
        intending=Lines(dues, held),  # type: ignore[arg-type]
        plan_retention=PlanRetention(policy=rules, book=book),
    )
    reasons = look("00" * 32, today=today)

    for one in dues:
        customer = known[one.number]
        assert one.number not in held
        assert one.legal_basis
        assert one.last_day < on
        subject = Subject(
            level=one.level,
            industry=customer.industry,
            customer_type=customer.customer_type,
        )
        for floor in rules.retention.floors_of(subject):
            assert on > floor.span.last_day(customer.events[floor.anchor])
        if customer.asked_on is None and one.up_to is None:
            assert customer.events[Anchor.DEREGISTRATION] < on
    if not reasons:
        assert all(one.last_day < today for one in dues)
    now = under(rules, book, today)
    assert all(one.last_day < today for one in now)
    assert (reasons == ()) is all(any(due.covers(line) for due in now) for line in dues)
