"""Examining staged values again: recorded first, whole or not at all."""

import dataclasses

import polars as pl
import pytest

from custody.application.intake.reclassify import UNFIT_REASON
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.epochs import EpochId, Purpose
from custody.domain.levels import Level
from custody.domain.outcome import Tally
from custody.domain.policy import Policy
from custody.errors import EvidenceError, KeyDestroyedError, OpenError
from tests.builders.policies import policy_with
from tests.fakes.workroom import ID, Workroom, json_lines

S = DeliveryState
REASON = "the column is named now"
BROKEN = b"{\n"


def sealed_room(rows: int = 3, *, state: DeliveryState = S.HELD) -> Workroom:
    """Return a room whose delivery was sealed from rows and an unreadable one."""
    room = Workroom(json_lines(rows) + BROKEN)
    assert room.seal() == "sealed"
    room.book.records[ID] = dataclasses.replace(
        room.record, state=state, reasons=("why",), released=("why",)
    )
    return room


def reclassify(room: Workroom, *, reason: str = REASON) -> str:
    """Ask for it, as a steward."""
    return room.reclassifier()(ID, reason=reason, actor="steward")


@pytest.mark.parametrize("state", [S.SEALED, S.CHECKED, S.HELD])
def test_what_is_staged_is_sealed_afresh_and_says_the_same(
    state: DeliveryState,
) -> None:
    """Under new handles and keys; what could not be read stays counted."""
    room = sealed_room(state=state)
    before, values = room.opened(), room.staged()

    answer = reclassify(room)

    assert answer == "sealed"
    assert room.opened() == before
    for column in ("handle", "key_id"):
        assert not set(values[column]) & set(room.staged()[column])
    assert room.record.state is S.SEALED
    assert room.record.tally == Tally(read=4, quarantined=1)


def test_the_opening_is_recorded_before_it_happens() -> None:
    """Who, why, from which state and under which policy."""
    room = sealed_room()
    values = room.staging.staged[ID].blocks[0].values
    room.staging.staged[ID].blocks[0] = dataclasses.replace(
        room.staging.staged[ID].blocks[0],
        values=values.with_columns(digest=values["digest"].reverse()),
    )

    with pytest.raises(OpenError):
        reclassify(room)

    [entry] = room.ledger.entries
    assert (entry.kind, entry.subject) == ("reclassified", ID)
    assert entry.body == {
        "reason": REASON,
        "actor": "steward",
        "state": "held",
        "policy": room.policy.digest,
    }


def test_who_asks_for_it_voids_a_release_and_a_crash_does_not() -> None:
    asked, crashed = sealed_room(), sealed_room(state=S.CHECKED)

    answers = [reclassify(asked), crashed.reclassifier().recover(ID)]

    assert answers == ["sealed", "sealed"]
    assert (asked.record.released, crashed.record.released) == ((), ("why",))
    [entry] = crashed.ledger.entries
    assert (entry.body["reason"], entry.body["actor"]) == ("staging_lost", "custody")


@pytest.mark.parametrize("reason", ["", "call 139 0000 0000", "x" * 201])
def test_a_reason_that_may_not_stand_in_the_ledger_opens_nothing(reason: str) -> None:
    room = sealed_room()

    answer = reclassify(room, reason=reason)

    assert answer == UNFIT_REASON
    assert room.ledger.entries == []


@pytest.mark.parametrize("state", [S.ADMITTED, S.LOADED, S.REFUSED, S.QUARANTINED])
def test_a_delivery_that_is_not_staged_keeps_its_state(state: DeliveryState) -> None:
    room = sealed_room(state=state)

    assert reclassify(room) == state.value
    assert room.ledger.entries == []


def test_what_nobody_admitted_is_unknown() -> None:
    use = sealed_room().reclassifier()

    answer = use(DeliveryId("website/2026-11-23/999"), reason=REASON, actor="steward")

    assert answer == "unknown"


def test_a_source_that_left_the_policy_is_not_examined() -> None:
    """R18: nothing is judged for a source that nobody approves."""
    room = sealed_room()
    room.policy = without_sources(room.policy)

    assert reclassify(room) == "source_not_approved"
    assert room.ledger.entries == []


def without_sources(policy: Policy) -> Policy:
    """Return the policy with another source only."""
    return dataclasses.replace(policy, sources=policy_with("other").sources)


def test_a_row_that_staging_lost_changes_nothing() -> None:
    """Conservation is proven before the old staging is let go."""
    room = sealed_room()
    block = room.staging.staged[ID].blocks[0]
    room.staging.staged[ID].blocks[0] = dataclasses.replace(
        block, rows=block.rows.filter(row=1)
    )
    before, keys = room.record, room.keyring.keys

    with pytest.raises(EvidenceError, match="does not hold every row"):
        reclassify(room)

    assert room.record == before
    assert room.keyring.keys.equals(keys)


def test_a_row_of_nothing_is_a_row() -> None:
    """Its values are gone, its number is not: it is examined as an empty row."""
    room = sealed_room()
    block = room.staging.staged[ID].blocks[0]
    emptied = block.rows.filter(row=2)["handle"].implode()
    room.staging.staged[ID].blocks[0] = dataclasses.replace(
        block, values=block.values.remove(block.values["handle"].is_in(emptied))
    )

    answer = reclassify(room)

    assert answer == "sealed"
    facts = pl.concat(list(room.staging.facts(ID)))
    assert facts["row"].to_list() == [1, 2, 3]
    assert facts["customer_name"].is_null().to_list() == [False, True, False]


def test_what_was_destroyed_is_not_opened_and_nothing_changes() -> None:
    room = sealed_room()
    room.keyring.close_epoch(EpochId(Purpose.LIVE, Level.HIGH, 1))
    room.bear(EpochId(Purpose.LIVE, Level.HIGH, 2))
    room.provider.destroy(EpochId(Purpose.LIVE, Level.HIGH, 1))
    before = room.record

    with pytest.raises(KeyDestroyedError):
        reclassify(room)

    assert room.record == before
