"""Whatever speaks against a destruction wins until customers are condemned."""

import json

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.application.destroy.begin import Refusal
from custody.application.ports import Entry
from custody.application.ports.destruction_book import Run
from custody.bootstrap import Custody
from custody.domain.destruction import RunState
from custody.domain.outcome import Tally
from custody.errors import ConflictError
from tests.builders.decided import withdrawal
from tests.builders.destructions import (
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
    tell,
)
from tests.builders.installation import Installation

pytestmark = pytest.mark.integration


def states(custody: Custody, person: Person) -> set[str]:
    """Return where the levels of a customer stand."""
    query = text("SELECT state FROM register.standing WHERE number = :number")
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "test") as connection:
        return set(connection.execute(query, {"number": person.number}).scalars())


def told(answer: Run | Refusal) -> RunState | tuple[str, ...]:
    """Return where a run stands, or the codes of why there is none."""
    if isinstance(answer, Run):
        return answer.state
    return tuple(reason.split()[0] for reason in answer.reasons)


def hold(custody: Custody, person: Person) -> str:
    """Set a hold; return the answer, and its id for who lifts it."""
    found = custody.keep_retention.hold(person.number, reason=REASON, actor="test")
    return found.answer


def lift_all(custody: Custody) -> None:
    """Lift every hold."""
    for one in custody.retention_book.holds():
        custody.keep_retention.lift(one.hold_id, reason=REASON, actor="test")


@pytest.mark.parametrize(
    ("until", "state", "stands"),
    [
        (None, ("not_restricted", "on_hold"), "storage_only"),
        (RunState.APPROVED, RunState.REFUSED, "storage_only"),
        (RunState.ANCHORED, RunState.REFUSED, "storage_only"),
        (RunState.MARKED, RunState.SPARED, "storage_only"),
    ],
)
def test_a_hold_wins_in_every_ordering(
    installation: Installation,
    until: RunState | None,
    state: object,
    stands: str,
) -> None:
    """After the approval, after the intent, even after the mark: all are spared."""
    custody = installation.custody
    seed = 100 + (0 if until is None else list(RunState).index(until))
    (person,) = bring(installation, 1, seed=seed)
    leave(custody, person)
    plan = signed_plan(custody, person).digest
    if until is not None:
        custody.destroy(plan, until=until)

    answer = hold(custody, person)
    found = told(custody.destroy(plan))

    kept = copy_everything(custody).of(person)
    assert answer == "done"
    assert found == state
    assert states(custody, person) == {stands}
    assert opened_of(custody, kept) == len(kept) > 0
    assert told(custody.destroy(plan)) == state


@pytest.mark.parametrize(
    ("until", "ends"),
    [
        (RunState.APPROVED, RunState.REFUSED),
        (RunState.MARKED, RunState.SPARED),
    ],
)
def test_a_run_that_a_restore_brought_back_ends_for_a_hold_that_it_lost(
    installation: Installation, until: RunState, ends: RunState
) -> None:
    """A set may have a run on its way: nobody looks at its approval again later."""
    custody = installation.custody
    (person,) = bring(installation, 1, seed=300 + list(RunState).index(until))
    leave(custody, person)
    plan = signed_plan(custody, person).digest
    custody.destroy(plan, until=until)
    lost = bytes([list(RunState).index(until)]) * 16
    entry = Entry(
        kind="restored", subject="customers", body={"unknown": [f"hold {lost.hex()}"]}
    )
    custody.ledger.append(entry)

    found = told(custody.destroy(plan))

    kept = copy_everything(custody).of(person)
    assert found is ends
    assert opened_of(custody, kept) == len(kept) > 0
    over = custody.answer_restore.lift(lost, reason=REASON, actor="test")
    assert over.answer == "done"
    assert custody.unanswered() == ()


def test_a_hold_that_comes_too_late_is_told_so(installation: Installation) -> None:
    custody = installation.custody
    lift_all(custody)
    custody.follow_states()
    (person,) = bring(installation, 1, seed=120)
    leave(custody, person)
    plan = signed_plan(custody).digest
    custody.destroy(plan, until=RunState.CONDEMNED)

    answer = hold(custody, person)
    found = told(custody.destroy(plan))

    assert answer == "destroyed"
    assert found is RunState.CERTIFIED
    assert not copy_everything(custody).of(person)


def test_a_signed_withdrawal_spares_everybody(installation: Installation) -> None:
    custody = installation.custody
    (person,) = bring(installation, 1, seed=130)
    leave(custody, person)
    plan = keep_plan(custody, person)
    asked, _ = sign(custody, plan)
    custody.destroy(plan.digest, until=RunState.MARKED)
    tell(custody, withdrawal(plan, asked, "sun"))

    found = told(custody.destroy(plan.digest))

    assert found is RunState.SPARED
    assert states(custody, person) == {"storage_only"}
    become_due(custody)
    assert states(custody, person) == {"due"}


def test_who_was_spared_is_planned_and_signed_again_the_same_day(
    installation: Installation,
) -> None:
    """The same lines, by a digest of its own: nothing that was signed before holds."""
    custody = installation.custody
    (person,) = bring(installation, 1, seed=155)
    leave(custody, person)
    refused = signed_plan(custody, person)
    custody.destroy(refused.digest, until=RunState.APPROVED)
    hold(custody, person)
    first = told(custody.destroy(refused.digest))
    lift_all(custody)
    become_due(custody)

    again = keep_plan(custody, person)
    unsigned = told(custody.destroy(again.digest))
    sign(custody, again)
    found = told(custody.destroy(again.digest))

    assert first is RunState.REFUSED
    assert again.ordinal == refused.ordinal + 1
    assert again.on == refused.on
    assert unsigned == ("no_request", "no_approval")
    assert found is RunState.CERTIFIED
    assert not copy_everything(custody).of(person)


def test_an_event_that_is_withdrawn_refuses_the_run(installation: Installation) -> None:
    custody = installation.custody
    (person,) = bring(installation, 1, seed=140)
    leave(custody, person)
    plan = signed_plan(custody, person).digest
    query = text("SELECT event_id FROM retention.event WHERE number = :number")
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "test") as connection:
        event = bytes(connection.execute(query, {"number": person.number}).scalar_one())
    custody.keep_retention.withdraw(event, reason=REASON, actor="test")

    found = custody.destroy(plan)

    assert isinstance(found, Refusal)
    assert "not_due" in str(found.reasons)


def test_one_run_at_a_time(installation: Installation) -> None:
    """A second plan waits until the first one is over; nothing is lost of it."""
    custody = installation.custody
    one, other = bring(installation, 2, seed=150)
    leave(custody, one)
    first = signed_plan(custody, one).digest
    custody.destroy(first, until=RunState.ANCHORED)
    leave(custody, other)
    second = signed_plan(custody, other).digest

    with pytest.raises(ConflictError):
        custody.destroy(second)

    assert told(custody.destroy(first)) is RunState.CERTIFIED


def test_whoever_is_destroyed_does_not_come_back(installation: Installation) -> None:
    """The same row in a later delivery is refused; without its day a person decides."""
    custody = installation.custody
    (person,) = bring(installation, 1, seed=160)
    leave(custody, person)
    assert told(custody.destroy(signed_plan(custody).digest)) is RunState.CERTIFIED

    dated = installation.put(
        "website", _line(person.row | {"collected_at": "2026-01-05"}), name="a.jsonl"
    )
    undated = installation.put(
        "website", _line(person.row | {"remark": "again"}), name="b.jsonl"
    )
    installation.run("website", steps=("seal", "check", "load", "export", "erase"))

    assert installation.tally(dated) == Tally(read=1, refused=1)
    assert installation.tally(undated) == Tally(read=1, held=1)


def _line(row: dict[str, str]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"
