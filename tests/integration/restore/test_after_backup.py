"""A restore from a monthly set, and what came after it: nothing is missing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.application.restore.restored import Restored
from custody.application.retention import Answer, EventKind
from custody.bootstrap import Custody
from custody.domain.epochs import Purpose
from tests.builders.deliveries import DAY
from tests.builders.destructions import Person, bring, form
from tests.builders.installation import Installation
from tests.builders.people import chance
from tests.builders.restored import Target, empty_target
from tests.faults.walk import take_intake
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

BEFORE, AFTER = 5, 2
WHY = "the account is closed"


@pytest.fixture(scope="module")
def source(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """Customers: one kept only, one under hold, a row that waits; a set; then more."""
    made = databases.install(tmp_path_factory.mktemp("source"))
    custody = made.custody
    persons = bring(made, BEFORE, seed=1)
    _wait(made)
    _leave(custody, persons[0])
    told = custody.keep_retention.hold(persons[1].number, reason=WHY, actor="test")
    assert told.answer is Answer.DONE
    assert not custody.back_up().faults
    bring(made, AFTER, seed=2)
    custody.copy_ledger()
    return made


def _wait(made: Installation) -> None:
    silent = {**form(chance(9), "silent"), "phone": "", "email": "", "address": ""}
    line = json.dumps(silent, ensure_ascii=False).encode()
    made.put("website", line, name="silent.jsonl")
    assert take_intake(made.custody)


def _leave(custody: Custody, one: Person) -> None:
    told = custody.keep_retention.record(
        one.number, EventKind.DEREGISTRATION, DAY, reason=WHY, actor="test"
    )
    assert told.answer is Answer.DONE
    custody.restrict_customers()


_SAME = {
    name: f"SELECT {columns} FROM {name} ORDER BY 1, 2"  # noqa: S608 - constants
    for name, columns in {
        "register.record_version": "handle, number, version, delivery_id, level, tier,"
        " industry, party, responsible, classes, state, business_date, part",
        "register.sealed_value": "handle, level, sealed, digest, key_id",
        "register.customer": "number, prefix, year, serial, first_delivery",
        "register.serial": "prefix, year, last",
        "register.standing": "number, level, state, since, restricted_at",
        "register.suppression": "match_key, token",
        "retention.event": "event_id, number, kind, happened_on, recorded_at",
        "retention.legal_hold": "hold_id, number, reason, set_at",
        "intake.delivery": "delivery_id, state, rows_read, loaded, unchanged, pending,"
        " quarantined, refused, held, manifest_digest, policy_digest",
        "intake.staged_row": "delivery_id, row, handle, verdict, reasons, prefix",
        "intake.staged_value": "handle, level, sealed, digest, key_id",
        "intake.row_outcome": "delivery_id, handle, outcome, reasons",
        "intake.supplement_request": "delivery_id, handle, field, reason, state",
        "intake.waiting_token": "delivery_id, handle, field",
        "projection.record": "handle, number, name, shown::jsonb",
        "register.token": "handle, field, number",
    }.items()
}


@dataclass(frozen=True)
class Both:
    """What came of it, and how both sides stood right after."""

    restored: Restored
    custody: Custody
    before: dict[str, list[tuple[object, ...]]]
    after: dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def both(
    databases: Databases,
    source: Installation,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Both]:
    home = tmp_path_factory.mktemp("target")
    with empty_target(databases.server, source, home) as target:
        yield _restored(source, target)


def _restored(source: Installation, target: Target) -> Both:
    restored, there = target.restore("b"), target.opened()
    return Both(
        restored,
        there,
        {what: _rows(source.custody, query) for what, query in _SAME.items()},
        {what: _rows(there, query) for what, query in _SAME.items()},
    )


def _rows(custody: Custody, query: str) -> list[tuple[object, ...]]:
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "test") as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.parametrize("what", sorted(_SAME))
def test_what_stood_in_the_tables_stands_there(what: str, both: Both) -> None:
    assert both.before[what] or what == "register.suppression"
    assert both.after[what] == both.before[what]


def test_the_set_and_what_came_later_are_counted(both: Both) -> None:
    counts = both.restored.counts

    assert both.restored.manifest
    assert (counts.customers, counts.deliveries) == (BEFORE + AFTER, 3)
    assert (both.restored.tombstones, both.restored.lost) == (0, ())


def test_who_is_kept_only_is_under_a_restricted_epoch_again(both: Both) -> None:
    keyring = both.custody.keyring(roles.KEYRING_OWNER)
    held = {
        one: keyring.keys_left(one)
        for one in keyring.living()
        if one.purpose is Purpose.RESTRICTED
    }

    assert sum(held.values()) == 3
    assert {one.number for one in held} == {2}


def test_the_installation_goes_on(both: Both) -> None:
    """Backed up, swept and rotated as any other."""
    custody = both.custody

    assert custody.still_linked() == ()
    assert custody.sweep_keys() == 0
    assert not custody.back_up().faults
    assert custody.copy_ledger()
