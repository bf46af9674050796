"""Nobody is destroyed a day early, whatever clock, zone or row says so (T15, R17, R69).

Asked at the door that destroys, on PostgreSQL: people have signed in due form, and
the run looks at day, hold and row set itself.
"""

import dataclasses
import datetime as dt
from collections import Counter
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.config import read_settings
from custody.adapters.database import transaction
from custody.adapters.warehouse import deleting
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.application.destroy.begin import Refusal
from custody.application.ports.destruction_book import Run
from custody.bootstrap import Custody, open_custody
from custody.domain.approving import KeptPlan
from custody.domain.destruction import RunState
from custody.domain.retention_plan import Due
from custody.errors import EvidenceError
from tests.builders.decided import Changes, approval, request
from tests.builders.destructions import (
    Person,
    bring,
    copy_everything,
    keep,
    leave,
    opened_of,
    tell,
)
from tests.builders.installation import Installation
from tests.fakes.world import FixedClock

pytestmark = pytest.mark.integration

LAST_DAY = dt.date(2027, 3, 31)
ENDED = dt.date(2024, 3, 31)
"""Three years before the last day, as policy keeps an ordinary customer."""

ZONES = ("Pacific/Kiritimati", "Asia/Shanghai", "UTC", "America/New_York")
SECOND, AHEAD = dt.timedelta(seconds=1), dt.timedelta(days=40)


def at(installation: Installation, moment: dt.datetime, zone: str = "UTC") -> Custody:
    """Return Custody as it is at a moment, in an office of a zone.

    The ledger keeps the time of this machine, so that tests may come in any order.
    """
    custody = open_custody(read_settings(installation.environment))
    policy = dataclasses.replace(custody.policy, time_zone=ZoneInfo(zone))
    custody.__dict__["policy"] = policy
    assert isinstance(custody.ledger_writer, LedgerWriter)
    custody.clock = FixedClock(moment)  # type: ignore[assignment]
    custody.follow_states()
    return custody


def last_second(zone: str = "UTC") -> dt.datetime:
    """Return the end of the last day, in a zone."""
    return dt.datetime.combine(LAST_DAY, dt.time(23, 59, 59), tzinfo=ZoneInfo(zone))


def dues(custody: Custody, *persons: Person) -> tuple[Due, ...]:
    """Return what a machine whose clock runs ahead says of some."""
    numbers = {one.number for one in persons}
    later = custody.policy.today(custody.clock.now()) + AHEAD
    found = custody.plan_retention(later, Counter())
    return tuple(one for one in found if one.number in numbers)


def signed(custody: Custody, plan: KeptPlan, *, made_at: dt.datetime) -> str:
    """Have both people sign by their own clocks; return the plan's digest."""
    valid = dt.timedelta(days=custody.policy.destruction.valid_days)
    times = Changes(made_at=made_at, expires_at=made_at + valid, larger=True)
    asked = request(plan, **times)
    for one in (asked, approval(plan, asked, **times)):
        tell(custody, one)
    return plan.digest


def refusal(answer: Run | Refusal) -> set[str]:
    """Return the codes of why nothing was done."""
    assert isinstance(answer, Refusal), answer
    return {reason.split()[0] for reason in answer.reasons}


def all_open(custody: Custody, *persons: Person) -> bool:
    """Whether every sealed value of some is there, and opens."""
    kept = copy_everything(custody).of(*persons)
    return len(kept) >= len(persons) and opened_of(custody, kept) == len(kept)


@pytest.fixture(scope="module")
def persons(installation: Installation) -> list[Person]:
    """Customers whose time is over on the last day, and at the end one who stays."""
    found = bring(installation, 9, seed=410)
    leave(at(installation, last_second() - AHEAD), *found[:8], on=ENDED)
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_the_last_second_of_the_last_day_keeps_in_every_zone(
    installation: Installation, persons: list[Person], zone: str
) -> None:
    """Twin in the same test: a second later nothing speaks against the same plan."""
    own = persons[ZONES.index(zone)]
    early = at(installation, last_second(zone), zone)
    today = early.policy.today(early.clock.now())
    plan = keep(early, dues(early, own), on=today)
    digest = signed(early, plan, made_at=early.clock.now())
    answer = early.destroy(digest)

    over = at(installation, last_second(zone) + SECOND, zone)
    tomorrow = over.policy.today(over.clock.now())
    reasons = over.destroy.begin.still_due(digest, today=tomorrow)

    assert (today, tomorrow) == (LAST_DAY, LAST_DAY + dt.timedelta(days=1))
    assert refusal(answer) == {"not_due", "not_restricted"}
    assert reasons == ()
    assert all_open(early, own)


def test_forty_days_ahead_what_people_signed_is_over(
    installation: Installation, persons: list[Person]
) -> None:
    """The register is due by a wrong clock; those who sign have a right one."""
    ahead = at(installation, last_second() + AHEAD)
    plan = keep(
        ahead, dues(ahead, persons[4]), on=ahead.policy.today(ahead.clock.now())
    )
    digest = signed(ahead, plan, made_at=last_second())

    assert plan.lines
    assert refusal(ahead.destroy(digest)) == {"expired"}
    assert all_open(ahead, persons[4])


def test_a_plan_of_a_clock_ahead_waits_for_its_day(
    installation: Installation, persons: list[Person]
) -> None:
    """The clock was set right before the run: its day has not come."""
    ahead = at(installation, last_second() + AHEAD)
    plan = keep(
        ahead, dues(ahead, persons[5]), on=ahead.policy.today(ahead.clock.now())
    )
    right = at(installation, last_second())
    digest = signed(right, plan, made_at=last_second())

    assert refusal(right.destroy(digest)) == {"not_yet"}
    assert all_open(right, persons[5])


def test_a_clock_that_is_set_right_after_the_intent_refuses_the_run(
    installation: Installation, persons: list[Person]
) -> None:
    """Begun a day ahead, with words that are in force: the mark asks anew."""
    ahead = at(installation, last_second() + SECOND)
    plan = keep(ahead, dues(ahead, persons[6]), on=LAST_DAY)
    digest = signed(ahead, plan, made_at=last_second())
    begun = ahead.destroy(digest, until=RunState.ANCHORED)

    found = at(installation, last_second()).destroy(digest)

    assert isinstance(begun, Run)
    assert isinstance(found, Run)
    assert (begun.state, found.state) == (RunState.ANCHORED, RunState.REFUSED)
    assert all_open(ahead, persons[6])


# --- the row set ------------------------------------------------------------------

ANOTHER_IN_THE_PLAN = (
    "INSERT INTO destruction.plan_line SELECT digest, 99, :number, level, last_day,"
    " rule, legal_basis FROM destruction.plan_line WHERE digest = :plan LIMIT 1"
)
ANOTHER_IN_THE_RUN = (
    "INSERT INTO destruction.line (plan, position, number, level, rule, legal_basis,"
    " state) SELECT plan, 99, :number, level, rule, legal_basis, state"
    " FROM destruction.line WHERE plan = :plan LIMIT 1"
)
GONE_AGAIN = (
    "DELETE FROM destruction.plan_line WHERE digest = :plan AND position = 99",
    "DELETE FROM destruction.line WHERE plan = :plan AND position = 99",
)


def as_owner(custody: Custody, plan: str, number: str, *statements: str) -> None:
    """Do as the owner of the warehouse, who switches off what stands in the way."""
    switch = "ALTER TABLE destruction.plan_line {} TRIGGER append_only"
    row = {"plan": bytes.fromhex(plan), "number": number}
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "forge") as connection:
        connection.execute(text(switch.format("DISABLE")))
        for statement in statements:
            used = {name: row[name] for name in row if f":{name}" in statement}
            connection.execute(text(statement), used)
        connection.execute(text(switch.format("ENABLE")))


def would_go(custody: Custody, plan: str, person: Person) -> bool:
    """Twin: whether keys would be deleted, if nobody compared the lines."""
    handles = {bytes(row["handle"]) for row in _values(custody, person)}
    with patch.object(deleting, "insist_as_signed"):
        found = deleting.PostgresDeleting(custody.destroyer)
        batch = next(found.batches(plan, {}, lambda _: None))
    return any(handles & set(found) for found in batch.handles.values())


def _values(custody: Custody, person: Person) -> list[dict[str, Any]]:
    return list(copy_everything(custody).of(person))


def test_a_row_set_that_changes_after_signing_destroys_nobody(
    installation: Installation, persons: list[Person]
) -> None:
    """In the plan or in the run's own lines, before each step that ends something.

    The keys lie in another database: whoever owns this one could have them deleted.
    """
    due, other = persons[7], persons[8]
    custody = at(installation, last_second() + SECOND)
    plan = keep(custody, dues(custody, due), on=LAST_DAY)
    digest = signed(custody, plan, made_at=last_second())
    as_owner(custody, digest, other.number, ANOTHER_IN_THE_PLAN)
    assert refusal(custody.destroy(digest)) == {"other_count", "plan_altered"}
    as_owner(custody, digest, other.number, *GONE_AGAIN)
    for state in (RunState.ANCHORED, RunState.MARKED, RunState.SUPPRESSED):
        custody.destroy(digest, until=state)
        as_owner(custody, digest, other.number, ANOTHER_IN_THE_RUN)
        with pytest.raises(EvidenceError, match="the run's lines"):
            custody.destroy(digest)
        if state is RunState.SUPPRESSED:
            assert would_go(custody, digest, other)
        as_owner(custody, digest, other.number, *GONE_AGAIN)
    as_owner(custody, digest, other.number, ANOTHER_IN_THE_PLAN, ANOTHER_IN_THE_RUN)
    with pytest.raises(EvidenceError, match="the kept plan was altered"):
        custody.destroy(digest)
    assert all_open(custody, due, other)

    as_owner(custody, digest, other.number, *GONE_AGAIN)
    found = custody.destroy(digest)

    assert isinstance(found, Run)
    assert found.state is RunState.CERTIFIED
    assert all_open(custody, other)
    assert not copy_everything(custody).of(due)
