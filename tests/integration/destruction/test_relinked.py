"""Nobody goes by a link that was changed, whoever owns the warehouse (R69, ADR 26).

Keys lie in another database, which that owner cannot write: whom they belong to is
read in the warehouse, and compared with what the ledger says came in.
"""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.adapters.warehouse import deleting, named_waiting
from custody.application.ports.destruction import Batch, Waiting
from custody.application.ports.destruction_book import Run
from custody.bootstrap import Custody
from custody.domain.destruction import RunState
from custody.domain.ledger import read_line
from custody.errors import EvidenceError
from tests.builders.destructions import (
    Person,
    bring,
    copy_everything,
    leave,
    opened_of,
    signed_plan,
)
from tests.builders.installation import Installation
from tests.faults.walk import SOURCE

pytestmark = [pytest.mark.integration, pytest.mark.long]

RELINK = "UPDATE register.record_version SET number = :new, version = 9"
MATCH_KEYS = {SOURCE: (("resident_id",),)}
WAIT = (
    "INSERT INTO intake.waiting_token (delivery_id, row, handle, field, token,"
    " index_epoch) SELECT v.delivery_id, v.row, v.handle, t.field, t.token,"
    " t.index_epoch FROM register.record_version v, register.token t"
    " WHERE v.number = :number AND t.number = :new AND t.field = 'resident_id'"
)


def as_owner(custody: Custody, statement: str, **row: str) -> None:
    """Do as the owner of the warehouse, whom nothing there stops."""
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "forge") as connection:
        assert connection.execute(text(statement), row).rowcount


@contextlib.contextmanager
def relinked(custody: Custody, whose: Person, new: Person) -> Iterator[None]:
    """Let a customer's version bear another one's number for a while."""
    as_owner(
        custody, f"{RELINK} WHERE number = :number", number=whose.number, new=new.number
    )
    yield
    as_owner(
        custody,
        "UPDATE register.record_version SET number = :number, version = 1"
        " WHERE number = :new AND version = 9",
        number=whose.number,
        new=new.number,
    )


def values(custody: Custody, person: Person) -> list[dict[str, Any]]:
    """Return what a thief would have of a customer."""
    return list(copy_everything(custody).of(person))


def refused(custody: Custody, plan: str) -> list[str]:
    """Return why a run was refused, as the ledger tells it."""
    run = custody.destroy(plan)
    assert isinstance(run, Run)
    assert run.state is RunState.REFUSED
    last = custody.ledger.last()
    assert last is not None
    return [one.split()[0] for one in read_line(last).body["reasons"]]  # type: ignore[union-attr]


def batch_of(custody: Custody, plan: str) -> Batch:
    """Return what would go if nobody asked whose it is."""
    found = deleting.PostgresDeleting(custody.destroyer)
    return next(found.batches(plan, MATCH_KEYS, lambda _: None))


def handles(custody: Custody, person: Person) -> set[bytes]:
    """Return the handles of a customer's values."""
    return {bytes(row["handle"]) for row in values(custody, person)}


def said_to_wait(custody: Custody, plan: str) -> tuple[Waiting, ...]:
    """Twin: return who would go with the rows that wait, if nobody looked for them."""
    name, everybody = "without_registered", lambda _, found: found
    with (
        patch.object(named_waiting, name, everybody),
        patch.object(deleting, name, everybody),
    ):
        return batch_of(custody, plan).waiting


def test_a_changed_link_refuses_a_run_before_anybody_is_marked(
    installation: Installation,
) -> None:
    custody = installation.custody
    due, other = bring(installation, 2, seed=401)
    leave(custody, due)
    plan = signed_plan(custody, due).digest

    with relinked(custody, other, due):
        assert refused(custody, plan) == ["relinked"]


def test_no_key_goes_by_a_changed_link_until_it_is_put_right(
    installation: Installation,
) -> None:
    """A survivor's version for who is due, and a copy of theirs for a survivor.

    In the same test: with nobody to ask, the survivor's would go, and the copy stay.
    """
    custody = installation.custody
    due, later, other = bring(installation, 3, seed=402)
    leave(custody, due)
    plan = signed_plan(custody, due).digest
    custody.destroy(plan, until=RunState.SUPPRESSED)
    before = copy_everything(custody)
    gone, stays = handles(custody, due), handles(custody, other)
    for whose, new, would_go in ((other, due, gone | stays), (due, other, set())):
        with relinked(custody, whose, new):
            with pytest.raises(EvidenceError, match="not whose the ledger says"):
                custody.destroy(plan)
            found = batch_of(custody, plan).handles.values()
            assert set().union(*found) == would_go
    as_owner(custody, WAIT, number=other.number, new=due.number)
    assert {one.handle for one in said_to_wait(custody, plan)} == stays
    assert batch_of(custody, plan).waiting == ()
    assert opened_of(custody, before.values) == len(before.values)

    run = custody.destroy(plan)

    assert isinstance(run, Run)
    assert run.state is RunState.CERTIFIED
    assert values(custody, due) == []
    kept = values(custody, other)
    assert opened_of(custody, kept) == len(kept) > 0
    # What is gone has left its link: the next one of the same delivery is proven, too.
    leave(custody, later)
    again = custody.destroy(signed_plan(custody, later).digest)
    assert isinstance(again, Run)
    assert again.state is RunState.CERTIFIED
