"""Of who stays: versions that newer ones replaced, and a level that is due alone."""

import datetime as dt
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.config import read_settings
from custody.adapters.database import transaction
from custody.application.ports.destruction_book import Run
from custody.bootstrap import Custody, open_custody
from custody.domain.certificate import Remainder
from custody.domain.certificate_form import read_certificate
from custody.domain.destruction import RunState
from custody.domain.ledger import read_line
from custody.domain.levels import Level
from tests.builders.destructions import (
    LONG_AGO,
    REASON,
    Person,
    become_due,
    bring,
    copy_everything,
    keep_plan,
    leave,
    opened_of,
    sign,
    signed_plan,
)
from tests.builders.installation import Installation
from tests.builders.policy_files import overlay
from tests.faults.walk import SOURCE, take_intake

pytestmark = pytest.mark.integration


def look(custody: Custody, query: str, **bound: object) -> list[tuple[object, ...]]:
    """Return rows as the owner sees them."""
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "test") as connection:
        return [tuple(row) for row in connection.execute(text(query), bound)]


def come_again(installation: Installation, *persons: Person, street: str) -> None:
    """Let customers bring a new address: a version more of each."""
    rows = [
        {**one.row, "form_id": f"{one.row['form_id']}-{street}", "address": street}
        for one in persons
    ]
    content = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    installation.put(SOURCE, content.encode(), name="rows.jsonl")
    assert take_intake(installation.custody)


def let_years_pass(custody: Custody, *persons: Person) -> None:
    """Let everything that is known of customers have come four years earlier."""
    query = text(
        "UPDATE register.record_version SET loaded_at = loaded_at - interval '4 years'"
        " WHERE number = ANY(:numbers)"
    )
    numbers = {"numbers": [one.number for one in persons]}
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "test") as connection:
        connection.execute(query, numbers)


def versions(custody: Custody, person: Person) -> dict[int, set[str]]:
    """Return the levels that are left of each version of a customer."""
    found: dict[int, set[str]] = {}
    for version, level in look(
        custody,
        "SELECT v.version, s.level FROM register.record_version v"
        " LEFT JOIN register.sealed_value s USING (handle) WHERE number = :number",
        number=person.number,
    ):
        found.setdefault(int(str(version)), set()).update([str(level)] if level else [])
    return found


def kinds(custody: Custody, kind: str) -> list[dict[str, object]]:
    """Return the bodies of the ledger's lines of a kind."""
    lines = (read_line(one) for one in custody.destroyer_ledger.lines())
    return [dict(one.body) for one in lines if one.kind == kind]


def test_replaced_versions_go_and_their_customers_stay(
    installation: Installation,
) -> None:
    """One run with who left: of those who stay the salt and the last version stay."""
    custody = installation.custody
    persons = bring(installation, 4, seed=71)
    come_again(installation, *persons[:2], street="第一大街1号")
    come_again(installation, *persons[:2], street="第二大街2号")
    let_years_pass(custody, *persons[:2])
    stay, left, other = persons[:2], persons[2], persons[3]
    before = copy_everything(custody)
    levels = versions(custody, stay[0])[1]
    leave(custody, left)
    come_again(installation, *stay, street="第三大街3号")

    run = custody.destroy(signed_plan(custody).digest)

    assert isinstance(run, Run), run
    assert run.state is RunState.CERTIFIED
    for one in stay:
        assert versions(custody, one) == {
            1: {Level.LOW.value},  # of the salt
            2: set(),
            3: levels,
            4: levels,
        }
    now = copy_everything(custody)
    there = {row["handle"] for row in now.of(*stay)}
    stolen = [row for row in before.of(*stay) if row["handle"] not in there]
    assert opened_of(custody, stolen) == 0 < len(stolen)
    assert opened_of(custody, before.of(left)) == 0
    assert opened_of(custody, now.of(*stay, other)) == len(now.of(*stay, other)) > 0
    _is_told(custody, stay)
    _is_known_again(installation, stay[0])


def _is_told(custody: Custody, stay: list[Person]) -> None:
    """The ledger names versions by commitment; no suppression; a certificate."""
    told = [str(body["versions"]) for body in kinds(custody, "superseded_intended")]
    assert sum(one.count(" 2") for one in told) == 6  # of each the second, by level
    assert not look(
        custody,
        "SELECT 1 FROM register.standing WHERE number = ANY(:n)",
        n=[one.number for one in stay],
    )
    *_, kept = custody.certificates_as(roles.WAREHOUSE_READER).all()
    stated = read_certificate(kept.content).certificate
    assert Remainder.SUPERSEDED_ONLY in stated.remains  # type: ignore[union-attr]


def _is_known_again(installation: Installation, person: Person) -> None:
    """Who stays is matched, is no suppressed one, and every row has its outcome."""
    come_again(installation, person, street="第四大街4号")

    assert max(versions(installation.custody, person)) == 5
    assert not look(
        installation.custody,
        "SELECT delivery_id FROM intake.delivery WHERE state = 'loaded' AND"
        " rows_read <> loaded + unchanged + pending + quarantined + refused + held",
    )


def test_a_hold_that_comes_before_the_condemnation_spares_versions(
    installation: Installation,
) -> None:
    custody = installation.custody
    (person,) = bring(installation, 1, seed=72)
    come_again(installation, person, street="第五大街5号")
    let_years_pass(custody, person)
    plan = keep_plan(custody)
    sign(custody, plan)
    custody.destroy(plan.digest, until=RunState.MARKED)
    before = versions(custody, person)
    custody.keep_retention.hold(person.number, reason=REASON, actor="test")

    run = custody.destroy(plan.digest)

    assert isinstance(run, Run)
    assert run.state is RunState.SPARED
    assert versions(custody, person) == before


LOW_FIRST = """
low_first:
  kind: period
  levels: [low]
  industries: [unknown]
  anchor: deregistration
  keep: {years: 1}
  superseded: {years: 1}
  legal_basis: PIPL 19
"""


def with_rule(installation: Installation, folder: Path) -> Installation:
    """Return Custody under a policy by which the low level goes first."""
    policies = installation.environment["CUSTODY_POLICY_DIR"]
    extra = overlay(folder, retention=LOW_FIRST)
    environment = {
        **installation.environment,
        "CUSTODY_POLICY_DIR": f"{policies}{os.pathsep}{extra}",
    }
    custody = open_custody(read_settings(environment))
    for one in custody.retention_book.holds():
        custody.keep_retention.lift(one.hold_id, reason=REASON, actor="test")
    return replace(installation, custody=custody, environment=environment)


def come_while_kept_only(installation: Installation, person: Person) -> str:
    """Bring a row of somebody who has left: a person is to decide about it."""
    row = json.dumps({**person.row, "form_id": "again"}, ensure_ascii=False)
    delivery = installation.put(SOURCE, f"{row}\n".encode(), name="rows.jsonl")
    assert take_intake(installation.custody)
    assert outcomes(installation.custody, delivery) == {"held"}
    return delivery


def have_left_long_ago(custody: Custody, person: Person) -> None:
    """Let everything that is left of somebody be due."""
    query = text("UPDATE retention.event SET happened_on = :day WHERE number = :one")
    bound = {"day": LONG_AGO, "one": person.number}
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "test") as connection:
        connection.execute(query, bound)
    become_due(custody)


def carried_out(custody: Custody) -> RunState:
    """Carry today's plan out, signed; return how the run ends."""
    run = custody.destroy(signed_plan(custody).digest)
    assert isinstance(run, Run), run
    return run.state


def outcomes(custody: Custody, delivery: str) -> set[str]:
    """Return where the rows of a delivery stand."""
    query = "SELECT outcome FROM intake.row_outcome WHERE delivery_id = :id"
    return {str(row[0]) for row in look(custody, query, id=delivery)}


def test_who_is_due_at_one_level_loses_that_one_and_rows_that_wait_go_with_the_last(
    installation: Installation, tmp_path: Path
) -> None:
    """A survivor's waiting row is nobody's to destroy; the last one's goes along."""
    here = with_rule(installation, tmp_path)
    custody = here.custody
    person, other = bring(here, 2, seed=73)
    levels = versions(custody, person)[1]
    today = custody.policy.today(custody.clock.now())
    leave(custody, person, on=today - dt.timedelta(days=2 * 366))
    waits = come_while_kept_only(here, person)

    assert carried_out(custody) is RunState.CERTIFIED
    assert versions(custody, person) == {1: levels - {Level.LOW.value}}
    left = copy_everything(custody).of(person, other)
    assert opened_of(custody, left) == len(left) == 2 * len(levels) - 1
    assert outcomes(custody, waits) == {"held"}

    have_left_long_ago(custody, person)

    assert carried_out(custody) is RunState.CERTIFIED
    assert versions(custody, person) == {1: set()}
    assert outcomes(custody, waits) == {"refused"}
    assert not look(
        custody, "SELECT 1 FROM intake.staged_value WHERE delivery_id = :id", id=waits
    )
    assert versions(custody, other) == {1: levels}
