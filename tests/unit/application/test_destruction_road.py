"""From the condemned to the certificate, in memory: what each step leaves (R69-R72).

And what is seen of each copy, when it is there and when it is not (R71).
"""

import dataclasses
import datetime as dt
import io
from unittest.mock import patch

import pytest

from custody.application.destroy.certify import NotCertifiedError
from custody.application.destroy.linked import StillLinked
from custody.domain.destruction import RunState
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from custody.domain.observations import (
    Copy,
    Method,
    Observation,
    Overwriting,
    Result,
)
from custody.errors import EvidenceError
from tests.builders import ended as builder
from tests.builders.ended import GOES, STAYS, Ended, ended
from tests.fakes.keys import FakeMedium

OLD = [EpochId.parse(one) for one in ("index/-/1", "live/high/1", "live/low/1")]


def seen(one: Ended, copy: Copy) -> list[Observation]:
    """Return what is seen of a kind of copy now."""
    return [found for found in one.observe(one.run) if found.copy is copy]


def test_who_is_condemned_ends_and_who_stays_opens() -> None:
    """The whole road: sampled, deleted, wrapped anew, ended, covered, proven."""
    one = ended()

    run = one.carry()

    assert run.state is RunState.CERTIFIED
    (certificate,) = one.issued
    found = certificate.destruction
    assert (found.customers, found.values, list(found.epochs)) == (1, 2, OLD)
    assert (found.recovery.due_before, found.recovery.due_after) == (2, 0)
    assert (found.recovery.survivors, found.recovery.survivors_after) == (2, 2)
    assert one.deleting.rewritten == 1
    assert one.sample.kept(run.plan).is_empty()
    left = {it.number: it.values.keys() for it in one.customers.versions}
    assert left == {GOES: set(), STAYS: {Level.HIGH, Level.LOW}}
    told = {entry.kind: entry.body for entry in one.book.ledger.entries}  # type: ignore[attr-defined]
    assert told["destruction_sampled"]["opened"] == 4
    assert told["destruction_sampled"]["due"] == 2
    assert told["destruction_rewrapped"]["keys"] == 2
    assert told["destruction_ended"]["epochs"] == [str(epoch) for epoch in OLD]
    assert told["destruction_certified"]["certificate"] == "ab" * 32


@pytest.mark.parametrize("change", [{"number": GOES}, {"part": "crm"}, {"version": 2}])
def test_nobodys_keys_go_by_a_link_that_was_changed(change: dict[str, object]) -> None:
    """Whoever owns the warehouse gives a survivor's version to who is condemned."""
    one = ended()
    one.carry(RunState.SUPPRESSED)
    survivor = one.customers.versions[1]
    before = {name: getattr(survivor, name) for name in change}
    for name, value in change.items():
        setattr(survivor, name, value)

    with pytest.raises(EvidenceError, match="not whose the ledger says they are: d"):
        one.carry()
    assert one.world.keyring.keys.height == 4
    for name, value in before.items():
        setattr(survivor, name, value)
    assert one.carry().state is RunState.CERTIFIED


def test_a_link_that_was_changed_takes_a_survivor_along_when_nobody_looks() -> None:
    """The twin of the above."""
    one = ended()
    one.carry(RunState.SUPPRESSED)
    one.customers.versions[1].number = GOES

    with patch.object(StillLinked, "insist"):
        one.carry(RunState.DELETED)

    assert one.world.keyring.keys.is_empty()


def test_a_killed_run_takes_each_step_again_to_the_same_end() -> None:
    one = ended()
    states = list(RunState)
    further = states[states.index(RunState.SAMPLED) : states.index(RunState.CERTIFIED)]

    for state in further:
        before = one.run
        one.carry(state)
        one.book.started[before.plan] = before  # the move was lost, the act was not
        one.carry(state)

    assert one.carry().state is RunState.CERTIFIED


def test_who_was_killed_when_the_sample_was_forgotten_goes_on() -> None:
    """What was found of it was kept before: it is neither drawn nor tried again."""
    one = ended()
    one.carry(RunState.PROVEN)
    proven = one.run
    one.book.started[proven.plan] = dataclasses.replace(proven, state=RunState.COVERED)

    assert one.carry().state is RunState.CERTIFIED
    assert one.issued[0].destruction.recovery.due_before == 2


def test_a_sample_that_is_gone_without_an_attempt_proves_nothing() -> None:
    """Nothing was tried, so nothing can be certified of it: the twin of the above."""
    one = ended()
    one.carry(RunState.COVERED)
    one.sample.forget(one.run.plan)

    with pytest.raises(NotCertifiedError, match="hollow_sample"):
        one.carry()


def test_a_key_service_is_awaited_and_the_run_stays_proven() -> None:
    one = ended(window=7)

    waits = one.carry()
    awaited = one.observe.awaited(waits)
    pending = seen(one, Copy.WRAPPING_KEY)
    one.clock.moment += dt.timedelta(days=7)
    done = one.carry()

    assert waits.state is RunState.PROVEN
    assert list(awaited) == OLD
    assert {(it.result, it.left) for it in pending} == {(Result.FAILED, 1)}
    assert done.state is RunState.CERTIFIED


def test_an_epoch_is_ended_by_whoever_moves_its_kind() -> None:
    one = ended()
    one.carry(RunState.RESHOWN)
    before = [one.world.provider.state(epoch).name for epoch in OLD]

    one.carry(RunState.ENDED)

    assert before == ["live"] * 3
    assert [one.world.provider.state(epoch).name for epoch in OLD] == ["destroyed"] * 3


# --- what is seen ------------------------------------------------------------------


def test_every_kind_of_copy_is_looked_at_before_anything_is_certified() -> None:
    one = ended()
    one.carry(RunState.PROVEN)

    found = one.observe(one.run)

    assert {it.copy for it in found} == set(Copy)
    assert {it.where for it in found if it.copy is Copy.ESCROWS} == {"disk", "cloud"}
    failed = [it for it in found if it.result in {Result.FAILED, Result.NOT_SEEN}]
    assert failed == []


@pytest.mark.parametrize("copy", [Copy.ROWS, Copy.KEYS])
def test_what_is_left_in_the_databases_is_counted_and_fails(copy: Copy) -> None:
    """The run is taken before anything was deleted: everything is still there."""
    one = ended()

    (before,) = seen(one, copy)
    one.carry(RunState.PROVEN)
    (after,) = seen(one, copy)

    assert (before.result, before.left) == (Result.FAILED, 2)
    assert (after.result, after.left) == (Result.GONE, 0)


def test_what_is_still_shown_or_found_by_a_token_fails() -> None:
    """Once for each level that went: what is left is counted by lines."""
    one = ended()
    one.carry(RunState.PROVEN)
    one.customers.versions[0].shown = True
    one.customers.versions[0].tokens = {"phone"}

    found = [*seen(one, Copy.PROJECTION), *seen(one, Copy.TOKENS)]

    assert [(it.result, it.left) for it in found] == [(Result.FAILED, 2)] * 2
    with pytest.raises(NotCertifiedError, match="failed: projection"):
        one.carry()


def test_a_landed_file_that_is_not_erased_fails() -> None:
    one = ended()
    one.carry(RunState.PROVEN)
    one.customers.landed.add("d")

    (found,) = seen(one, Copy.LANDING)

    assert (found.result, found.left) == (Result.FAILED, 1)
    one.customers.landed.clear()
    assert seen(one, Copy.LANDING)[0].result is Result.GONE


def test_a_wrapping_key_that_lives_fails_by_its_epoch() -> None:
    one = ended()
    one.carry(RunState.RESHOWN)

    keys = seen(one, Copy.WRAPPING_KEY)
    (index,) = seen(one, Copy.INDEX_KEY)

    assert [it.epoch for it in keys] == OLD[1:]
    assert index.epoch == OLD[0]
    assert {it.result for it in (*keys, index)} == {Result.FAILED}


def test_quarantine_is_declared_for_as_long_as_policy_keeps_it() -> None:
    one = ended()
    (empty,) = seen(one, Copy.QUARANTINE)
    one.quarantine.put("a/b", io.BytesIO(b"x"))

    (kept,) = seen(one, Copy.QUARANTINE)

    assert (empty.result, empty.method, empty.until) == (
        Result.GONE,
        Method.NONE,
        None,
    )
    days = dt.timedelta(days=builder.POLICY.quarantine_days)
    assert (kept.result, kept.left) == (Result.UNTIL, 1)
    assert kept.until == one.clock.now().date() + days


class Overwriting_(FakeMedium):  # noqa: N801 - a twin of the word's
    """A medium that overwrites what it removes."""

    @property
    def overwrites(self) -> bool:
        """Overwrite."""
        return True


def test_a_medium_says_what_overwriting_comes_to_and_until_when_it_locks() -> None:
    one = ended()
    one.carry(RunState.PROVEN)
    store, folder = one.world.media[0], Overwriting_("folder")
    empty = FakeMedium("empty")
    store.put("objects/a", b"x", locked_until=dt.date(2027, 1, 1))
    folder.objects, folder.locks = dict(store.objects), dict(store.locks)
    one.world.media[:] = [store, folder, empty]

    objects, escrows = seen(one, Copy.DATA_OBJECTS), seen(one, Copy.ESCROWS)

    assert [(it.result, it.left) for it in objects] == [
        (Result.UNREADABLE, 1),
        (Result.UNREADABLE, 1),
        (Result.GONE, 0),
    ]
    words = [
        Overwriting.NOT_BY_OBJECT_STORE,
        Overwriting.NOT_BY_CUSTODY,
        Overwriting.NOTHING_THERE,
    ]
    assert [it.overwriting for it in objects] == words
    assert [it.overwriting for it in escrows] == words
    assert [it.result for it in escrows] == [
        *(Result.UNTIL, Result.UNTIL),
        Result.GONE,
    ]
    (until,) = {it.until for it in escrows[:2]}
    locked = [store.locks[path] for path in store.list("escrow")]
    assert until == max(locked)


def test_snapshots_are_declared_by_policy_or_there_are_none() -> None:
    one = ended()
    (declared,) = seen(one, Copy.SNAPSHOTS)
    rules = dataclasses.replace(builder.POLICY.destruction, snapshot_days=0)
    none = dataclasses.replace(
        one.observe, policy=dataclasses.replace(builder.POLICY, destruction=rules)
    )
    (absent,) = (it for it in none(one.run) if it.copy is Copy.SNAPSHOTS)

    assert declared.result is Result.UNTIL
    assert declared.until is not None
    assert (absent.result, absent.until) == (Result.NO_SUCH_COPY, None)


def test_a_medium_that_is_not_there_is_no_observation() -> None:
    """Less than a complete listing is no answer: the run stays where it is."""
    one = ended()
    one.carry(RunState.PROVEN)
    one.world.media[1].there = False

    with pytest.raises(Exception, match="not there"):
        one.carry()
    assert one.run.state is RunState.PROVEN
    assert one.issued == []


def test_a_value_that_does_not_open_even_now_stops_the_run() -> None:
    """What is drawn must open before: else nothing is shown by it after."""
    one = ended()
    handle = one.customers.versions[0].handle
    one.keys.delete([handle], Level.HIGH)

    with pytest.raises(EvidenceError, match="no key record"):
        one.carry(RunState.SAMPLED)
    assert one.run.state is RunState.CONDEMNED
