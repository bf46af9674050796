"""Each step of a destruction refuses what it may not pass by (R69-R72).

The roads on which all goes well run on real databases; here is what stops a run, in
milliseconds.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from custody.adapters.policy import load_policy
from custody.application.decision_record import ReadRecord
from custody.application.destroy.anchor import AnchorIntent
from custody.application.destroy.begin import BeginRun, Refusal
from custody.application.destroy.certify import IssueCertificate, NotCertifiedError
from custody.application.destroy.condemn import CondemnCustomers
from custody.application.destroy.cover import CoverSurvivors
from custody.application.destroy.delete import DeleteCondemned
from custody.application.destroy.end import EndEpochs
from custody.application.destroy.intend import COMMITMENTS_PER_LINE, RecordIntent
from custody.application.destroy.mark import MarkCustomers
from custody.application.destroy.prove import AttemptRecovery
from custody.application.destroy.sample import TakeSample
from custody.application.destroy.suppress import SuppressCondemned
from custody.application.destroy.take import TakeApproval
from custody.application.drafted_set import WrittenSet
from custody.application.ports.decisions import Taken
from custody.application.ports.destruction import Batch
from custody.application.ports.destruction_book import Fate, Run
from custody.application.write_set import WriteSet
from custody.domain.approving import Doubt, refuse
from custody.domain.destruction import RunState
from custody.domain.epochs import EpochId
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.domain.observations import FullSetSeen, Recovery
from custody.domain.reconciliation import Reconciled
from custody.domain.retention_plan import Due, UpTo
from custody.errors import ConflictError, EvidenceError, KeyDestroyedError, WorldError
from tests.builders.decided import kept_plan
from tests.fakes.destruction import FakeDestructionBook, FakeLine
from tests.fakes.ledger import FakeLedger
from tests.fakes.world import FixedClock

POLICY = load_policy(Path(__file__).parents[3] / "include" / "policy")
NOW = dt.datetime(2026, 12, 1, 3, tzinfo=dt.UTC)
PLAN = "ab" * 32
OLD = EpochId.parse("live/high/1")
HANDLE = bytes(16)


class Room:
    """One run in a state, and what its steps are made of."""

    def __init__(self, state: RunState) -> None:
        self.ledger = FakeLedger()
        self.book = FakeDestructionBook(self.ledger)
        self.run = Run(plan=PLAN, state=state, begun_at=NOW, moved_at=NOW)
        self.book.started[PLAN] = self.run
        self.calls: list[str] = []

    @property
    def shared(self) -> dict[str, Any]:
        """What every step has."""
        return {"policy": POLICY, "book": self.book, "clock": FixedClock(NOW)}

    def condemn(
        self, *, fate: Fate = Fate.CONDEMNED, up_to: UpTo | None = None
    ) -> None:
        """Put one line there."""
        line = Due(
            number="XX1",
            level=Level.HIGH,
            last_day=NOW.date(),
            rule_id="standard",
            legal_basis="Civil Code 188",
            up_to=up_to,
        )
        made = FakeLine(line, b"\x01" * 32, fate, 1)
        self.book.lines.setdefault(PLAN, []).append(made)

    def kinds(self) -> list[str]:
        """Return the kinds of the ledger's entries."""
        return [one.kind for one in self.ledger.entries]


def stub(**parts: object) -> Any:  # noqa: ANN401 - stands in for any port
    """Return something with these methods and values."""
    return SimpleNamespace(**parts)


def always(value: object) -> Callable[..., Any]:
    """Return what answers the same to everything."""
    return lambda *_, **__: value


# --- before the point of no return ----------------------------------------------


def beginning(room: Room, **changes: object) -> BeginRun:
    """Return the beginning of a plan that everybody has approved."""
    parts: dict[str, Any] = {
        "policy": POLICY,
        "approved": stub(verify=always(object())),
        "still_due": always(()),
        "book": room.book,
        "ledger": room.ledger,
        "clock": FixedClock(NOW),
    }
    return BeginRun(**{**parts, **changes})


def test_no_second_run_begins_beside_the_first() -> None:
    room = Room(RunState.MARKED)

    with pytest.raises(ConflictError, match="not over"):
        beginning(room)("cd" * 32)


def test_what_is_not_due_any_more_begins_nothing_and_is_told() -> None:
    room = Room(RunState.CERTIFIED)

    answer = beginning(room, still_due=always(("not_due 1",)))("cd" * 32)

    assert answer == Refusal(("not_due 1",))
    assert room.book.find("cd" * 32) is None
    assert room.kinds() == ["destruction_refused"]


def test_what_nobody_approved_begins_nothing() -> None:
    room = Room(RunState.CERTIFIED)
    refusing = stub(verify=always(refuse(Doubt.NO_REQUEST)))

    assert beginning(room, approved=refusing)("cd" * 32) == Refusal(("no_request",))
    assert beginning(room)(PLAN) == room.run  # it has its run already


def test_an_approval_that_was_withdrawn_meanwhile_is_not_taken() -> None:
    room = Room(RunState.BEGUN)
    take = TakeApproval(
        approved=stub(take=always(refuse(Doubt.WITHDRAWN))),
        plans=stub(taken=always(None)),
        **room.shared,
    )

    assert take(room.run).state is RunState.REFUSED
    assert room.kinds() == ["destruction_refused"]


def test_an_approval_that_this_run_has_taken_is_not_taken_again() -> None:
    room = Room(RunState.BEGUN)
    taken = Taken(request="11" * 32, approval="22" * 32, at=NOW)
    take = TakeApproval(approved=stub(), plans=stub(taken=always(taken)), **room.shared)

    assert take(room.run).state is RunState.APPROVED


def test_the_intent_is_told_in_portions_who_goes_and_which_versions() -> None:
    room = Room(RunState.APPROVED)
    for at in range(COMMITMENTS_PER_LINE + 1):
        room.condemn(fate=Fate.INTENDED)
        room.book.lines[PLAN][-1].commitment = at.to_bytes(32, "big")
    room.condemn(fate=Fate.INTENDED, up_to=UpTo("", 2))
    values = pl.DataFrame({"number": ["XX1"], "asked": [True], "position": [1]})
    rows = values.with_columns(handle=pl.lit(HANDLE), level=pl.lit("high"))
    kept: dict[str, object] = {}
    opened = SimpleNamespace(salt=bytes(16), keys=lambda: {"phone"})
    intend = RecordIntent(
        intending=stub(
            first_values=always([rows]),
            parted_values=always([rows]),
            standings=always([(stub(level=Level.HIGH), None)]),
            intend=lambda _, customers: kept.update(customers=customers),
            keep_fields=lambda _, fields: kept.update(fields=fields),
        ),
        keys=stub(living=always((OLD,))),
        opener=stub(
            opened=lambda frame: ((row, opened) for row in frame.to_dicts()),
            each=lambda frame: ((row, opened) for row in frame.to_dicts()),
        ),
        **room.shared,
    )

    assert intend(room.run).state is RunState.INTENDED
    (customer,) = cast("tuple[Any]", kept["customers"])
    assert (customer.salt, customer.level) == (bytes(16), Level.HIGH)
    assert kept["fields"] == {1: {"phone"}}
    assert room.kinds() == [
        "destruction_intended",
        "destruction_intended",
        "superseded_intended",
    ]
    assert room.ledger.entries[-1].body["versions"] == [f"{'01' * 32} high 2"]
    assert room.ledger.entries[-2].body["levels"] == [""]
    assert [one.old for one in room.book.successions(PLAN)] == [OLD]


def test_without_a_copy_off_site_nothing_is_done() -> None:
    """The twin reads back from one medium."""
    room = Room(RunState.INTENDED)

    with pytest.raises(EvidenceError, match="nothing is done"):
        AnchorIntent(copy_ledger=dict, **room.shared)(room.run)
    assert room.run.state is RunState.INTENDED
    anchored = AnchorIntent(copy_ledger=lambda: {"tape": 3}, **room.shared)(room.run)
    assert anchored.state is RunState.ANCHORED


def marking(room: Room, **changes: object) -> MarkCustomers:
    """Return the marking of a plan that nothing speaks against."""
    parts: dict[str, Any] = {
        "standing": stub(check=always(object())),
        "still_due": always(()),
        "linked": always(()),
        "condemning": stub(mark=always(None)),
    }
    return MarkCustomers(**{**parts, **changes}, **room.shared)


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, ["on_hold"]),  # found under the locks of marking itself
        ({"still_due": always(("not_due 1",))}, ["not_due 1"]),
        ({"linked": always(("relinked d",))}, ["relinked d"]),
        (
            {
                "standing": stub(check=always(refuse(Doubt.WITHDRAWN))),
                "still_due": always(("on_hold 2",)),
            },
            ["withdrawn", "on_hold 2"],
        ),
    ],
)
def test_nobody_is_marked_whom_something_keeps(
    changes: Mapping[str, object], reasons: list[str]
) -> None:
    room = Room(RunState.ANCHORED)

    assert marking(room, **changes)(room.run).state is RunState.REFUSED
    assert room.ledger.entries[-1].body["reasons"] == reasons


def condemning(room: Room, *, stands: object, counts: tuple[int, int]) -> Run:
    """Condemn, and return the run."""

    def spare(run: Run, entry: Any, *, at: dt.datetime) -> Run:  # noqa: ANN401 - a stub
        found = room.book.move(run, RunState.SPARED, entry, at=at)
        assert found is not None
        return found

    def condemn(plan: str, planning: Any, *, at: dt.datetime) -> tuple[int, int]:  # noqa: ANN401 - as above
        assert (plan, planning.on, at) == (PLAN, POLICY.today(NOW), NOW)
        room.calls.append("condemn")
        return counts

    step = CondemnCustomers(
        standing=stub(check=always(stands)),
        condemning=stub(condemn=condemn, spare=spare),
        **room.shared,
    )
    return step(room.run)


def test_a_withdrawal_spares_everybody_until_the_first_is_condemned() -> None:
    """From there on it comes too late, or some would go and others not."""
    withdrawn = refuse(Doubt.WITHDRAWN)
    early, late = Room(RunState.MARKED), Room(RunState.MARKED)
    late.condemn(up_to=UpTo("", 2))  # versions of who stays are condemned as well

    spared = condemning(early, stands=withdrawn, counts=(0, 0))
    gone = condemning(late, stands=withdrawn, counts=(1, 0))

    assert (spared.state, gone.state) == (RunState.SPARED, RunState.CONDEMNED)
    assert (early.calls, late.calls) == ([], ["condemn"])


def test_who_is_all_on_hold_is_spared() -> None:
    room = Room(RunState.MARKED)

    assert condemning(room, stands=object(), counts=(0, 2)).state is RunState.SPARED
    assert room.ledger.entries[-1].body["reasons"] == ["on_hold"]


# --- after it --------------------------------------------------------------------


def test_a_sample_without_the_condemned_shows_nothing() -> None:
    room = Room(RunState.CONDEMNED)
    drawn = pl.DataFrame({"due": [False], "handle": [HANDLE]})
    take = TakeSample(
        sample=stub(draw=always(drawn)),
        keyring=stub(),
        opener=stub(each=lambda frame: iter(frame.to_dicts())),
        entropy=bytes,
        **room.shared,
    )

    with pytest.raises(EvidenceError, match="nothing of the condemned"):
        take(room.run)


def test_versions_alone_suppress_nobody() -> None:
    """Who stays may come again: no number is named, no token written."""
    room = Room(RunState.SAMPLED)
    suppress = SuppressCondemned(
        condemning=stub(numbers=always(iter(()))), suppress=stub(), **room.shared
    )

    assert suppress(room.run).state is RunState.SUPPRESSED
    assert room.ledger.entries[-1].body["tokens"] == 0


def deleting(
    room: Room, *, left_keys: int, left_rows: int, signed: object = None
) -> Run:
    """Delete one batch of a line and a row that waits."""
    batch = Batch(
        positions=(1,),
        handles={Level.HIGH: (HANDLE,)},
        waiting=(stub(handle=b"\x02" * 16),),
    )
    step = DeleteCondemned(
        deleting=stub(
            batches=always([batch]), delete=lambda *_: room.calls.append("rows")
        ),
        left_over=stub(left=always({"values": left_rows, "tokens": 0})),
        keys=stub(
            delete=lambda _, level: room.calls.append(f"keys {level}"),
            left=always(left_keys),
            living=always((OLD,)),
        ),
        signed=stub(check=always(signed)),
        linked=stub(insist=always(None)),
        **room.shared,
    )
    return step(room.run)


def test_keys_go_before_rows_and_a_row_that_waits_with_all_its_levels() -> None:
    room = Room(RunState.SUPPRESSED)

    assert deleting(room, left_keys=0, left_rows=0).state is RunState.DELETED
    assert room.calls == ["keys high", "keys None", "rows"]
    assert [one.old for one in room.book.successions(PLAN)] == [OLD]


def test_no_key_goes_by_lines_that_nobody_signed() -> None:
    room = Room(RunState.SUPPRESSED)

    with pytest.raises(EvidenceError):
        deleting(room, left_keys=0, left_rows=0, signed=refuse(Doubt.PLAN_ALTERED))
    assert room.calls == []


def test_a_key_that_is_left_keeps_the_rows() -> None:
    room = Room(RunState.SUPPRESSED)

    with pytest.raises(EvidenceError, match="data keys of the condemned"):
        deleting(room, left_keys=1, left_rows=0)
    assert "rows" not in room.calls


def test_a_row_that_is_left_is_told_by_its_kind() -> None:
    room = Room(RunState.SUPPRESSED)

    with pytest.raises(EvidenceError, match="left: values 1, tokens 0"):
        deleting(room, left_keys=0, left_rows=1)


def test_no_epoch_ends_that_has_no_heir() -> None:
    room = Room(RunState.RESHOWN)
    room.book.expect(room.run, [OLD])

    with pytest.raises(EvidenceError, match="has no successor"):
        EndEpochs(rekey=stub(), reindex=stub(), **room.shared)(room.run)


def covering(room: Room, *, faults: dict[str, Text]) -> Run:
    """Write a full set, which the media of `faults` do not take."""
    seen = FullSetSeen(
        medium="tape", manifest="11" * 32, values=1, root="22" * 32, seen_at=NOW
    )
    written = WrittenSet(
        name="a",
        values=1,
        root="22" * 32,
        rows=1,
        seen=(seen,),
        faults=faults,
        missing=(),
        reconciled=Reconciled(proven=1, changed=(), contradicted=()),
    )
    asked: list[tuple[str, str]] = []

    def write(name: str, *, plan: str) -> WrittenSet:
        asked.append((name, plan))
        return written

    step = CoverSurvivors(
        write_set=cast("WriteSet", write), entropy=bytes, **room.shared
    )
    covered = step(room.run)
    assert asked == [(f"{PLAN[:16]}-{'00' * 8}", PLAN)]
    return covered


def test_a_full_set_covers_every_survivor_on_every_medium() -> None:
    room = Room(RunState.ENDED)

    assert covering(room, faults={}).state is RunState.COVERED
    assert [one.medium for one in room.book.full_sets(PLAN)] == ["tape"]


def test_a_set_that_one_medium_did_not_take_covers_nobody() -> None:
    """It is repeated: an escrow may leave only where such a set lies."""
    room = Room(RunState.ENDED)

    with pytest.raises(WorldError, match="medium: disk: full"):
        covering(room, faults={"disk": Text("disk：满", "disk: full")})
    assert room.book.full_sets(PLAN) == ()


def proving(room: Room, *, opens: bool) -> Run:
    """Attempt recovery of one of the destroyed, beside one survivor."""

    def steal(_row: object) -> None:
        if not opens:
            raise KeyDestroyedError

    kept = pl.DataFrame(
        {"due": [True, False], "epoch": ["a", "b"], "wrapped": [b"", b""]}
    )
    step = AttemptRecovery(
        sample=stub(kept=always(kept), forget=lambda _: room.calls.append("forget")),
        thief=stub(open_copied=steal),
        opener=stub(each=lambda frame: iter(frame.to_dicts())),
        **room.shared,
    )
    return step(room.run)


def test_who_opens_again_keeps_the_run_and_is_remembered() -> None:
    """What was found is kept before: no certificate can overlook it."""
    room = Room(RunState.COVERED)

    with pytest.raises(EvidenceError, match="1 of the destroyed open again"):
        proving(room, opens=True)
    found = room.book.recovery(PLAN)
    assert found is not None
    assert (found.due_after, room.calls) == (1, [])
    assert proving(room, opens=False).state is RunState.PROVEN
    assert room.calls == ["forget"]


# --- the certificate --------------------------------------------------------------


def certifying(room: Room, **changes: object) -> IssueCertificate:
    """Return the last step, over what everybody else found."""
    parts: dict[str, Any] = {
        "observe": stub(awaited=always(())),
        "plans": stub(find=always(kept_plan()), taken=always(None)),
        "record": cast("ReadRecord", always(stub(told=()))),
        "media": (),
        "ledger": room.ledger,
        "issue": stub(),
    }
    return IssueCertificate(**{**parts, **changes}, **room.shared)


def attempted(room: Room) -> None:
    """Keep an attempt at recovery."""
    room.book.keep_recovery(
        PLAN,
        Recovery(
            due=1,
            due_before=1,
            due_after=0,
            survivors=0,
            survivors_after=0,
            seen_at=NOW,
        ),
    )


def test_nothing_is_certified_without_an_attempt_or_an_approval() -> None:
    room = Room(RunState.PROVEN)

    with pytest.raises(EvidenceError, match="nobody attempted recovery"):
        certifying(room)(room.run)
    attempted(room)
    with pytest.raises(EvidenceError, match="the plan was not taken"):
        certifying(room)(room.run)


def test_nothing_is_certified_of_whom_nobody_can_say_who_decided() -> None:
    room = Room(RunState.PROVEN)
    attempted(room)
    taken = Taken(request="11" * 32, approval="22" * 32, at=NOW)
    plans = stub(find=always(kept_plan()), taken=always(taken))
    stranger = stub(digest="11" * 32, decision=stub(person="nobody"))
    record = always(stub(told=(stranger,)))

    with pytest.raises(EvidenceError, match="the ledger does not tell who"):
        certifying(room, plans=plans)(room.run)
    with pytest.raises(EvidenceError, match="does not know who decided"):
        certifying(room, plans=plans, record=record)(room.run)


def test_every_reason_why_nothing_is_certified_is_told() -> None:
    """What is missing is listed whole; the run stays where it is."""
    room = Room(RunState.PROVEN)
    attempted(room)
    room.ledger.append(stub(kind="k", subject="s", body={}))
    taken = Taken(request="11" * 32, approval="11" * 32, at=NOW)
    person = POLICY.people.everybody[0]
    decision = stub(person=person.person_id, role="executive", made_at=NOW)
    told = always(stub(told=(stub(digest="11" * 32, decision=decision),)))
    observe = cast("Any", _Observing())

    with pytest.raises(NotCertifiedError, match="nothing_destroyed") as found:
        certifying(
            room,
            plans=stub(find=always(kept_plan()), taken=always(taken)),
            record=told,
            observe=observe,
        )(room.run)
    assert {"nothing_destroyed", "same_person"} <= set(found.value.reasons)
    assert room.book.find(PLAN) == room.run


class _Observing:
    """Sees nothing, and waits for nobody."""

    def awaited(self, run: Run) -> tuple[EpochId, ...]:
        """Return nothing."""
        assert run.plan == PLAN
        return ()

    def __call__(self, run: Run) -> tuple[()]:
        """Return nothing."""
        assert run.plan == PLAN
        return ()
