"""Customers whose time is over, a plan that is signed, and what a thief would have."""

import contextlib
import dataclasses
import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.config import read_settings
from custody.adapters.database import transaction
from custody.application.opening import Opener
from custody.application.ports import Entry
from custody.application.retention import Answer, EventKind
from custody.bootstrap import Custody, open_custody
from custody.domain.approving import KeptPlan
from custody.domain.decisions import DecisionKind, Signed
from custody.domain.plan_form import PlanDigest, plan_lines
from custody.domain.retention_plan import Due, Standing
from custody.errors import KeyDestroyedError
from tests.builders import people
from tests.builders.decided import (
    FOUNDERS,
    Changes,
    approval,
    decision,
    entry_of,
    key_of,
    request,
)
from tests.builders.installation import Installation
from tests.faults.walk import SOURCE, take_intake

LONG_AGO = dt.date(2020, 1, 31)
REASON = "the account is closed"


@dataclass(frozen=True)
class Person:
    """One invented customer: what was delivered, and the number it was given."""

    number: str
    row: dict[str, str]


def form(rng: random.Random, form_id: str) -> dict[str, str]:
    """Return one natural person's row of a website form."""
    known = people.customer(rng)
    return {
        "form_id": form_id,
        "name": known["customer_name"],
        "party": "natural",
        "phone": known["phone"],
        "email": known["email"],
        "id_number": known["resident_id"],
        "address": known["address"],
        "industry": "F51",
        "customer_type": "ordinary",
        "consent_time": "2026-11-23T09:30:00+08:00",
    }


def bring(installation: Installation, count: int, *, seed: int) -> list[Person]:
    """Bring invented customers through the whole intake; return them in order."""
    rng = people.chance(seed)
    return bring_rows(installation, [form(rng, f"{seed}-{at}") for at in range(count)])


def bring_rows(
    installation: Installation, rows: Sequence[dict[str, str]]
) -> list[Person]:
    """Bring customers with these forms; return them in order."""
    content = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    delivery = installation.put(SOURCE, content.encode(), name="rows.jsonl")
    assert take_intake(installation.custody)
    query = text(
        "SELECT row, number FROM register.record_version"
        " WHERE delivery_id = :id ORDER BY row"
    )
    engine = installation.custody.warehouse(roles.WAREHOUSE_OWNER)
    with transaction(engine, "test") as connection:
        rows_found = connection.execute(query, {"id": delivery}).all()
    found = {row.row: row.number for row in rows_found}
    assert len(found) == len(rows), installation.tally(delivery)
    return [Person(found[at], row) for at, row in enumerate(rows, start=1)]


def leave(custody: Custody, *persons: Person, on: dt.date = LONG_AGO) -> None:
    """Let customers have left long ago, and take them all the way to `due`."""
    for one in persons:
        told = custody.keep_retention.record(
            one.number, EventKind.DEREGISTRATION, on, reason=REASON, actor="test"
        )
        assert told.answer is Answer.DONE
    become_due(custody)


def become_due(custody: Custody) -> None:
    """Take what is over to `due`, as the nights do: restricted, then judged."""
    custody.follow_states()
    custody.restrict_customers()
    custody.follow_states()


def keep_plan(custody: Custody, *persons: Person) -> KeptPlan:
    """Keep today's plan, of all who are due or of some, as the registrar."""
    today = custody.policy.today(custody.clock.now())
    tally: Counter[tuple[Standing, str]] = Counter()
    numbers = {one.number for one in persons}
    dues = tuple(
        one
        for one in custody.plan_retention(today, tally)
        if not persons or one.number in numbers
    )
    return keep(custody, dues, on=today)


def keep(custody: Custody, dues: Sequence[Due], *, on: dt.date) -> KeptPlan:
    """Keep a plan of some lines, the next one of its day."""
    digest, head = PlanDigest(), custody.keep_plan.head(on)
    for line in plan_lines(dues, head):
        digest.add(line)
    plan = KeptPlan(
        digest=digest.hex(),
        on=on,
        policy=custody.policy.digest,
        dataset=custody.policy.dataset,
        lines=len(dues),
        made_at=custody.clock.now(),
        ordinal=head.ordinal,
    )
    entry = Entry(
        kind="plan_kept", subject=custody.policy.dataset, body={"plan": plan.digest}
    )
    assert custody.plans_as(roles.WAREHOUSE_REGISTRAR).keep(plan, dues, entry)
    return plan


def sign(custody: Custody, plan: KeptPlan) -> tuple[Signed, Signed]:
    """Have security ask and the executive approve, in the real tables."""
    now = custody.clock.now()
    times = Changes(
        made_at=now - dt.timedelta(minutes=1),
        expires_at=now + dt.timedelta(days=9),
        larger=True,
    )
    asked = request(plan, **times)
    yes = approval(plan, asked, **times)
    for one in (asked, yes):
        tell(custody, one)
    return asked, yes


def tell(custody: Custody, one: Signed) -> None:
    """Store a decision with its ledger entry."""
    book = custody.decisions_as(roles.WAREHOUSE_REGISTRAR)
    assert book.add(one, entry_of(one))


def found_reviewers(installation: Installation) -> Installation:
    """Enrol the founding two; return Custody as who opens it after that."""
    custody = installation.custody
    now = custody.clock.now()
    shown = [
        decision(
            person,
            DecisionKind.ENROLMENT,
            key_of(person),
            role=None,
            made_at=now - dt.timedelta(hours=1),
            expires_at=now + dt.timedelta(days=9),
        )
        for person in FOUNDERS
    ]
    custody.found_reviewers([one.line for one in shown], actor="test")
    reopened = open_custody(read_settings(installation.environment))
    return dataclasses.replace(installation, custody=reopened)


def signed_plan(custody: Custody, *persons: Person) -> KeptPlan:
    """Return today's plan, of all who are due or of some, requested and approved."""
    plan = keep_plan(custody, *persons)
    sign(custody, plan)
    return plan


@dataclass(frozen=True)
class Loot:
    """What somebody copied in time: sealed values with their wrapped keys."""

    values: tuple[dict[str, object], ...]

    def of(self, *persons: Person) -> list[dict[str, object]]:
        """Return what was copied of some customers."""
        numbers = {one.number for one in persons}
        return [row for row in self.values if row["number"] in numbers]


def copy_everything(custody: Custody) -> Loot:
    """Copy every sealed value with its key record."""
    query = text(
        "SELECT v.number, s.handle, s.level, s.sealed, s.key_id, s.digest"
        " FROM register.record_version v JOIN register.sealed_value s USING (handle)"
    )
    engine = custody.warehouse(roles.WAREHOUSE_OWNER)
    with transaction(engine, "test") as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    keyring = custody.keyring(roles.KEYRING_OWNER)
    keys = keyring.wrapped([bytes(row["handle"]) for row in rows])
    by_place = {
        (bytes(key["handle"]), key["level"]): {
            "epoch": key["epoch"],
            "wrapped": key["wrapped"],
        }
        for key in keys.iter_rows(named=True)
    }
    return Loot(
        tuple({**row, **by_place[(bytes(row["handle"]), row["level"])]} for row in rows)
    )


def opened_of(custody: Custody, rows: Sequence[Mapping[str, object]]) -> int:
    """Count what opens of copied rows, with copied keys and every key there is."""
    count = 0
    for row in rows:
        thief = Opener(
            policy=custody.policy,
            keyring=custody.keyring(roles.KEYRING_DESTROYER),
            provider=custody.provider_as(roles.KEYRING_DESTROYER),
        )
        with contextlib.suppress(KeyDestroyedError):
            thief.open_copied(row)
            count += 1
    return count
