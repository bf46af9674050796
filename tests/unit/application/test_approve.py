"""The forgeries of a destruction: every one is refused, told, and has its own check.

threats.md 2.6: whatever somebody writes into a database, a state or a line, only
two people's signatures over exactly this plan let it be carried out (R69, R70).
"""

import base64
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import pytest

from custody.application.approve import Approval
from custody.application.ports import Entry
from custody.application.ports.decisions import (
    APPROVAL_TAKEN,
    DECISION_RECORDED,
    Taken,
)
from custody.application.recount import recount
from custody.crypto import signing
from custody.domain import approval_checks as checks
from custody.domain.approving import Case, Check, Doubt, Recount, Refusals, doubts
from custody.domain.decisions import Signed, read_decision
from custody.domain.ledger import Signer, origin_of, write_line
from custody.domain.people import Role
from custody.domain.retention_plan import Due
from custody.errors import ConflictError, EvidenceError
from tests.builders.boardroom import RULES, Boardroom
from tests.builders.decided import (
    DAY,
    DUES,
    FOUNDERS,
    NOW,
    TRUST,
    approval,
    enrolled,
    entry_of,
    kept_plan,
    key_of,
    request,
    revocation,
    seed_of,
    signed,
    withdrawal,
)
from tests.fakes.decisions import FakePlans

LOST = "0d" * 16
"""The id of a legal hold."""

Act = Callable[[Boardroom], None]


@dataclass(frozen=True, slots=True)
class Forgery:
    """What somebody does, what it is refused for, and the checks that refuse it.

    `deep` is for what is refused below every check: the twin cannot open it.
    """

    name: str
    act: Act
    doubts: frozenset[Doubt]
    controls: tuple[Check, ...]
    deep: bool = False


def nothing_signed(room: Boardroom) -> None:
    """Airflow says yes in one way or another; nobody has signed anything."""
    assert list(room.decisions.stored())


def no_approval(room: Boardroom) -> None:
    room.say(request(room.plan))


def state_edited(room: Boardroom) -> None:
    """Somebody writes into the plan's row that it was approved."""
    taken = Taken(request="11" * 32, approval="22" * 32, at=NOW)
    room.plans.used[room.plan.digest] = taken


def row_planted(room: Boardroom) -> None:
    """Well-signed rows stand in the table, and the ledger was never told."""
    asked = request(room.plan)
    for one in (asked, approval(room.plan, asked)):
        room.decisions.lines[one.digest] = one.line


def withdrawal_deleted(room: Boardroom) -> None:
    """The row of a withdrawal is deleted: the ledger still tells of it."""
    asked, _ = room.both()
    taken_back = withdrawal(room.plan, asked)
    room.say(taken_back)
    del room.decisions.lines[taken_back.digest]


def other_decision_deleted(room: Boardroom) -> None:
    """The revocation of somebody's key is deleted from the table."""
    room.both()
    ended = revocation("zhao", "zhao")
    room.say(ended)
    del room.decisions.lines[ended.digest]


def withdrawn(room: Boardroom) -> None:
    asked, _ = room.both()
    room.say(withdrawal(room.plan, asked))


def requester_approves(room: Boardroom) -> None:
    """One person has both roles, and both keys are theirs."""
    both_roles = frozenset({Role.SECURITY_REVIEWER, Role.EXECUTIVE})
    everybody = tuple(
        replace(one, roles=both_roles) if one.person_id == "sun" else one
        for one in room.policy.people.everybody
    )
    room.policy = replace(
        room.policy, people=replace(room.policy.people, everybody=everybody)
    )
    asked = request(room.plan)
    room.say(asked, approval(room.plan, asked, "sun", role=Role.EXECUTIVE))


def executive_requests(room: Boardroom) -> None:
    """The key of one level is used at another."""
    asked = request(room.plan, "qian", role=Role.EXECUTIVE)
    room.say(asked, approval(room.plan, asked, "qian"))


def role_claimed(room: Boardroom) -> None:
    """Security signs as executive: the line says so, policy does not."""
    asked = request(room.plan)
    room.say(asked, approval(room.plan, asked, "he", role=Role.EXECUTIVE))


def other_role_named(room: Boardroom) -> None:
    """The executive's approval is signed in no role."""
    asked = request(room.plan)
    room.say(asked, approval(room.plan, asked, role=None))


def stranger(room: Boardroom) -> None:
    """Somebody whom policy does not name, and who has no key."""
    asked = request(room.plan, "nobody", role=Role.SECURITY_REVIEWER)
    room.say(asked, approval(room.plan, asked))


def not_enrolled(room: Boardroom) -> None:
    """The person is right, and the key is one that nobody vouched for."""
    asked = request(room.plan)
    agreed = approval(room.plan, asked, key=key_of("other"))
    room.say(asked, signed(agreed.decision, by="other"))


def another_s_key(room: Boardroom) -> None:
    """Security signs with its own key in the executive's name."""
    asked = request(room.plan)
    agreed = approval(room.plan, asked, key=key_of("he"))
    room.say(asked, signed(agreed.decision, by="he"))


def forged(room: Boardroom) -> None:
    """Security signs with its own key, and the line names the executive's."""
    asked = request(room.plan)
    room.say(asked, signed(approval(room.plan, asked).decision, by="sun"))


def before_enrolment(room: Boardroom) -> None:
    """A decision is dated back to before its key was enrolled."""
    asked = request(room.plan, "he", made_at=NOW - 5 * DAY)
    room.say(asked, approval(room.plan, asked))


def revoked(room: Boardroom) -> None:
    room.both()
    room.say(revocation("qian", "qian"))


def replaced_key(room: Boardroom) -> None:
    """The executive has a newer key: what the older one signed is signed anew."""
    room.both()
    shown = signed(
        replace(enrolled("qian")[0].decision, subject=key_of("q2"), key=key_of("q2")),
        by="q2",
    )
    voices = [
        signed(
            replace(
                enrolled("zhao")[1].decision,
                subject=key_of("q2"),
                of=shown.digest,
                person=who,
                key=key_of(who),
                role=role,
                made_at=NOW - DAY / 2,
            ),
            by=who,
        )
        for who, role in (
            ("sun", Role.SECURITY_REVIEWER),
            ("zhao", Role.LEGAL_REVIEWER),
        )
    ]
    room.say(shown, *voices)


def expired(room: Boardroom) -> None:
    room.both()
    room.clock.moment = NOW + 40 * DAY


def too_long(room: Boardroom) -> None:
    asked = request(room.plan, expires_at=NOW + 99 * DAY)
    room.say(asked, approval(room.plan, asked))


def wrong_order(room: Boardroom) -> None:
    asked = request(room.plan)
    room.say(asked, approval(room.plan, asked, made_at=NOW - 2 * DAY))


def of_tomorrow(room: Boardroom) -> None:
    asked = request(room.plan)
    room.say(
        asked,
        approval(room.plan, asked, made_at=NOW + DAY, expires_at=NOW + 9 * DAY),
    )


def clock_back(room: Boardroom) -> None:
    """The clock is set back, so that what was signed is not over yet."""
    room.both()
    room.clock.moment = NOW - 2 * DAY


def other_plan(room: Boardroom) -> None:
    """The approval of another plan, replayed beside this one's request."""
    other = room.keep(DUES[:2])
    theirs = request(other)
    room.say(request(room.plan), theirs, approval(other, theirs))


def other_request(room: Boardroom) -> None:
    """The approval names a request of another plan."""
    other = room.keep(DUES[:2])
    theirs = request(other)
    room.say(request(room.plan), theirs, approval(room.plan, theirs))


def replay(room: Boardroom) -> None:
    """The plan was carried out, and its row says `kept` again."""
    room.both()
    assert isinstance(
        room.approved().take(room.plan.digest, now=room.clock.now()), Approval
    )
    del room.plans.used[room.plan.digest]


def grown(room: Boardroom) -> None:
    """A customer is added to the plan after it was signed."""
    room.both()
    more = replace(DUES[0], number="XX2020000003")
    _with_lines(room, (*DUES, more))


def shrunk(room: Boardroom) -> None:
    room.both()
    _with_lines(room, DUES[:-1])


def swapped(room: Boardroom) -> None:
    """As many lines, of another customer."""
    room.both()
    _with_lines(room, (*DUES[:-1], replace(DUES[-1], number="XX2020000009")))


def other_count(room: Boardroom) -> None:
    """The signer was shown another number of lines."""
    asked = request(room.plan, count=1)
    room.say(asked, approval(room.plan, asked, count=1))


def above_cap(room: Boardroom) -> None:
    room.both()
    room.policy = replace(room.policy, destruction=replace(RULES, max_customers=1))


def above_share(room: Boardroom) -> None:
    room.both()
    room.plans.size = 3


def half_larger(room: Boardroom) -> None:
    """Only the request says that more than the cap is meant."""
    room.policy = replace(room.policy, destruction=replace(RULES, max_customers=1))
    asked = request(room.plan, larger=True)
    room.say(asked, approval(room.plan, asked))


def other_policy(room: Boardroom) -> None:
    """The rules were changed after the plan."""
    room.both()
    room.policy = replace(room.policy, digest="44" * 32)


def other_dataset(room: Boardroom) -> None:
    """Decisions about another register that has the same plan."""
    asked = request(room.plan, dataset="suppliers")
    room.say(asked, approval(room.plan, asked, dataset="suppliers"))


def other_register(room: Boardroom) -> None:
    """The plan was kept for a register of another name."""
    room.both()
    room.policy = replace(room.policy, dataset="suppliers")


def hold_lost(room: Boardroom) -> None:
    """Everything is signed, and then a restore loses a hold: whose it was, who knows.

    An event that it loses as well keeps nobody, for it has not happened.
    """
    room.both()
    for kind, body in (
        ("hold_set", {"hold": LOST}),
        ("restored", {"unknown": [f"hold {LOST}", "event 0e", "certificate 0c"]}),
    ):
        room.ledger.append(Entry(kind=kind, subject="customers", body=body))


def empty(room: Boardroom) -> None:
    """A plan that names nobody."""
    room.plan = room.keep(())
    room.both()


FORGERIES = (
    # Airflow: hitl row edit, mark success, clear and rerun, trigger with conf, skip
    # via branch, an old DAG version, an edited DAG, another user, nobody at all.
    Forgery(
        "airflow_says_yes",
        nothing_signed,
        frozenset({Doubt.NO_REQUEST, Doubt.NO_APPROVAL}),
        (checks.both_are_there,),
        deep=True,
    ),
    Forgery(
        "no_approval",
        no_approval,
        frozenset({Doubt.NO_APPROVAL}),
        (checks.both_are_there,),
        deep=True,
    ),
    Forgery(
        "state_edit",
        state_edited,
        frozenset({Doubt.USED, Doubt.NO_REQUEST, Doubt.NO_APPROVAL}),
        (checks.plan_is_unused, checks.both_are_there),
        deep=True,
    ),
    Forgery(
        "row_planted",
        row_planted,
        frozenset({Doubt.UNTOLD, Doubt.NO_REQUEST, Doubt.NO_APPROVAL}),
        (checks.record_is_whole, checks.both_are_there),
        deep=True,
    ),
    Forgery(
        "withdrawal_deleted",
        withdrawal_deleted,
        frozenset({Doubt.MISSING, Doubt.WITHDRAWN}),
        (checks.record_is_whole, checks.nothing_is_withdrawn),
    ),
    Forgery(
        "decision_deleted",
        other_decision_deleted,
        frozenset({Doubt.MISSING}),
        (checks.record_is_whole,),
    ),
    Forgery(
        "withdrawn",
        withdrawn,
        frozenset({Doubt.WITHDRAWN}),
        (checks.nothing_is_withdrawn,),
    ),
    Forgery(
        "requester_as_approver",
        requester_approves,
        frozenset({Doubt.SAME_PERSON}),
        (checks.people_differ,),
    ),
    Forgery(
        "same_person_two_levels",
        executive_requests,
        frozenset({Doubt.SAME_PERSON, Doubt.WRONG_ROLE}),
        (checks.people_differ, checks.roles_fit),
    ),
    Forgery(
        "role_claimed", role_claimed, frozenset({Doubt.WRONG_ROLE}), (checks.roles_fit,)
    ),
    Forgery(
        "other_role_named",
        other_role_named,
        frozenset({Doubt.WRONG_ROLE}),
        (checks.roles_fit,),
    ),
    Forgery(
        "stranger",
        stranger,
        frozenset({Doubt.WRONG_ROLE, Doubt.NOT_ENROLLED}),
        (checks.roles_fit, checks.keys_stand),
        deep=True,
    ),
    Forgery(
        "not_enrolled",
        not_enrolled,
        frozenset({Doubt.NOT_ENROLLED}),
        (checks.keys_stand,),
    ),
    Forgery(
        "another_s_key",
        another_s_key,
        frozenset({Doubt.NOT_ENROLLED}),
        (checks.keys_stand,),
    ),
    Forgery("forged", forged, frozenset({Doubt.FORGED}), (checks.signatures_hold,)),
    Forgery(
        "before_enrolment",
        before_enrolment,
        frozenset({Doubt.NOT_ENROLLED}),
        (checks.keys_stand,),
    ),
    Forgery("revoked", revoked, frozenset({Doubt.REVOKED}), (checks.keys_stand,)),
    Forgery(
        "replaced_key",
        replaced_key,
        frozenset({Doubt.NOT_ENROLLED}),
        (checks.keys_stand,),
    ),
    Forgery(
        "expired", expired, frozenset({Doubt.EXPIRED}), (checks.both_are_in_force,)
    ),
    Forgery(
        "too_long", too_long, frozenset({Doubt.TOO_LONG}), (checks.both_are_in_force,)
    ),
    Forgery(
        "of_tomorrow",
        of_tomorrow,
        frozenset({Doubt.IN_FUTURE}),
        (checks.both_are_in_force,),
    ),
    Forgery(
        "wrong_order",
        wrong_order,
        frozenset({Doubt.WRONG_ORDER}),
        (checks.approval_is_of_the_request,),
    ),
    Forgery(
        "clock_back",
        clock_back,
        frozenset({Doubt.IN_FUTURE, Doubt.NOT_YET, Doubt.CLOCK_BEHIND}),
        (checks.both_are_in_force, checks.plan_is_of_today, checks.clock_is_right),
    ),
    Forgery(
        "replay_on_another_plan",
        other_plan,
        frozenset({Doubt.NO_APPROVAL}),
        (checks.both_are_there,),
        deep=True,
    ),
    Forgery(
        "approval_of_another_request",
        other_request,
        frozenset({Doubt.OTHER_REQUEST}),
        (checks.approval_is_of_the_request,),
    ),
    Forgery(
        "replay_after_consume",
        replay,
        frozenset({Doubt.USED}),
        (checks.plan_is_unused,),
    ),
    Forgery(
        "row_set_grown",
        grown,
        frozenset({Doubt.PLAN_ALTERED, Doubt.OTHER_COUNT}),
        (checks.plan_is_whole, checks.both_are_of_the_plan),
    ),
    Forgery(
        "row_set_shrunk",
        shrunk,
        frozenset({Doubt.PLAN_ALTERED, Doubt.OTHER_COUNT}),
        (checks.plan_is_whole, checks.both_are_of_the_plan),
    ),
    Forgery(
        "row_set_swapped",
        swapped,
        frozenset({Doubt.PLAN_ALTERED}),
        (checks.plan_is_whole,),
    ),
    Forgery(
        "other_count",
        other_count,
        frozenset({Doubt.OTHER_COUNT}),
        (checks.both_are_of_the_plan,),
    ),
    Forgery(
        "cap_exceeded",
        above_cap,
        frozenset({Doubt.ABOVE_CAP}),
        (checks.cap_is_kept,),
    ),
    Forgery(
        "share_exceeded",
        above_share,
        frozenset({Doubt.ABOVE_CAP}),
        (checks.cap_is_kept,),
    ),
    Forgery(
        "only_the_request_is_larger",
        half_larger,
        frozenset({Doubt.ABOVE_CAP}),
        (checks.cap_is_kept,),
    ),
    Forgery(
        "policy_changed",
        other_policy,
        frozenset({Doubt.OTHER_POLICY}),
        (checks.plan_is_of_today,),
    ),
    Forgery(
        "plan_of_another_register",
        other_register,
        frozenset({Doubt.OTHER_DATASET}),
        (checks.plan_is_of_today,),
    ),
    Forgery(
        "decisions_of_another_register",
        other_dataset,
        frozenset({Doubt.OTHER_DATASET}),
        (checks.both_are_of_the_plan,),
    ),
    Forgery(
        "hold_lost",
        hold_lost,
        frozenset({Doubt.UNANSWERED}),
        (checks.lost_holds_are_answered,),
    ),
    Forgery(
        "empty_plan", empty, frozenset({Doubt.PLAN_EMPTY}), (checks.plan_is_whole,)
    ),
)
EACH = pytest.mark.parametrize("forgery", FORGERIES, ids=lambda one: one.name)


def test_who_is_refused_for_a_lost_hold_is_told_which() -> None:
    room = Boardroom()
    hold_lost(room)

    answer = room.answer()

    assert isinstance(answer, Refusals)
    assert [str(one) for one in answer.reasons] == [f"unanswered {LOST}"]


@pytest.mark.parametrize("kind", ["hold_set", "hold_lifted"])
def test_a_lost_hold_that_is_answered_stands_in_nobody_s_way(kind: str) -> None:
    room = Boardroom()
    hold_lost(room)

    room.ledger.append(
        Entry(kind=kind, subject="customers", body={"hold": LOST, "restored": 9})
    )

    assert isinstance(room.answer(), Approval)


def _with_lines(room: Boardroom, dues: tuple[Due, ...]) -> None:
    """Edit the lines of the kept plan, as whoever owns the database can."""
    plan, _ = room.plans.kept[room.plan.digest]
    room.plans.kept[room.plan.digest] = (plan, dues)


def test_two_signatures_over_the_plan_let_it_be_carried_out() -> None:
    """R69, R70: asked for by security, approved by the executive."""
    room = Boardroom()
    asked, agreed = room.both()

    answer = room.answer()

    assert isinstance(answer, Approval)
    assert (answer.request, answer.approval) == (asked, agreed)
    assert answer.requested_by.department == "security"
    assert answer.approved_by.department == "executive_office"
    assert (answer.plan, answer.customers) == (room.plan, 2)
    assert room.refusals_told == []


@EACH
def test_a_forgery_is_refused_with_every_reason_and_told(forgery: Forgery) -> None:
    """R70: 0 of all of them pass, and each leaves one line in the ledger."""
    room = Boardroom()
    forgery.act(room)
    told = len(room.refusals_told)

    reasons = room.reasons()

    assert reasons == forgery.doubts
    (entry,) = room.refusals_told[told:]
    assert entry.body["plan"] == room.plan.digest
    written = entry.body["reasons"]
    assert isinstance(written, list)
    assert {one.partition(" ")[0] for one in written} == forgery.doubts


@EACH
def test_twin_without_its_checks_a_forgery_is_not_refused(forgery: Forgery) -> None:
    """Each check is the one that refuses: without it, the forgery passes."""
    room = Boardroom()
    forgery.act(room)
    left = [one for one in checks.CHECKS if one not in forgery.controls]

    if forgery.deep:  # an approval without somebody to name cannot even be made
        with pytest.raises(EvidenceError, match="names nobody"):
            room.answer(left)
    else:
        assert isinstance(room.answer(left), Approval)


def test_every_check_refuses_some_forgery() -> None:
    covered = {control for one in FORGERIES for control in one.controls}

    assert covered == set(checks.CHECKS)


def test_no_check_at_all_refuses() -> None:
    room = Boardroom()
    room.both()

    assert room.reasons(()) == {Doubt.NOTHING_CHECKED}


@pytest.mark.parametrize("digest", ["ab" * 32, "../etc", ""])
def test_a_plan_that_nobody_kept_is_refused(digest: str) -> None:
    room = Boardroom()

    answer = room.approved().verify(digest, now=NOW)

    assert isinstance(answer, Refusals)
    assert [one.doubt for one in answer.reasons] == [Doubt.UNKNOWN_PLAN]
    assert len(room.refusals_told) == 1


def test_all_reasons_are_told_and_none_is_skipped() -> None:
    """Whoever mends one fault learns of the others at once."""
    room = Boardroom()
    asked = request(room.plan, count=1)
    room.say(asked, approval(room.plan, asked, "he"), withdrawal(room.plan, asked))
    room.clock.moment = NOW + 40 * DAY

    assert room.reasons() == {
        Doubt.WITHDRAWN,
        Doubt.WRONG_ROLE,
        Doubt.OTHER_COUNT,
        Doubt.EXPIRED,
    }


def test_a_good_approval_is_found_beside_bad_ones() -> None:
    """Junk that somebody adds cannot stop what two people signed."""
    room = Boardroom()
    asked, agreed = room.both()
    room.say(
        request(room.plan, "he", count=1),
        approval(room.plan, asked, "he"),
        approval(room.plan, asked, count=2),
    )

    answer = room.answer()

    assert isinstance(answer, Approval)
    assert answer.approval == agreed


def test_a_new_request_stands_beside_one_that_was_withdrawn() -> None:
    room = Boardroom()
    asked, _ = room.both()
    room.say(withdrawal(room.plan, asked))
    again = request(room.plan, "he")
    room.say(again, approval(room.plan, again))

    answer = room.answer()

    assert isinstance(answer, Approval)
    assert answer.requested_by.person_id == "he"


def test_more_than_the_cap_goes_when_both_say_so() -> None:
    room = Boardroom()
    room.policy = replace(room.policy, destruction=replace(RULES, max_customers=1))
    asked = request(room.plan, larger=True)
    room.say(asked, approval(room.plan, asked, larger=True))

    assert isinstance(room.answer(), Approval)


@pytest.mark.parametrize(
    ("zone_hours", "on", "due"),
    [(0, 24, True), (0, 25, False), (14, 25, True), (-10, 24, False)],
)
def test_a_plan_s_day_begins_at_midnight_of_policy_s_zone(
    zone_hours: int,
    on: int,
    due: bool,  # noqa: FBT001 - a case's answer
) -> None:
    """Off by one day in four zones: nothing is destroyed early."""
    zones = {0: "UTC", 14: "Pacific/Kiritimati", -10: "Pacific/Honolulu"}
    noon = dt.datetime(2026, 11, 24, 5 if zone_hours < 0 else 12, tzinfo=dt.UTC)
    room = Boardroom(now=noon)
    room.policy = replace(room.policy, time_zone=ZoneInfo(zones[zone_hours]))
    room.plan = room.keep(DUES, on=dt.date(2026, 11, on))
    room.both()

    assert (Doubt.NOT_YET in room.reasons()) is not due


def test_a_clock_behind_the_ledger_is_refused() -> None:
    """The ledger was told after the moment that the clock shows now."""
    room = Boardroom()
    asked = request(room.plan, made_at=NOW - 2 * DAY)
    room.say(asked, approval(room.plan, asked, made_at=NOW - 2 * DAY))
    room.clock.moment = NOW - 1.5 * DAY
    left = [one for one in checks.CHECKS if one is not checks.clock_is_right]
    without = room.reasons(left)

    assert room.reasons() - without == {Doubt.CLOCK_BEHIND}


def test_an_approval_is_taken_once() -> None:
    """Single use: the plan is carried out now, or never."""
    room = Boardroom()
    asked, agreed = room.both()
    approved = room.approved()

    first = approved.take(room.plan.digest, now=NOW)
    second = approved.take(room.plan.digest, now=NOW)

    assert isinstance(first, Approval)
    assert isinstance(second, Refusals)
    assert [one.doubt for one in second.reasons] == [Doubt.USED]
    taken = room.plans.taken(room.plan.digest)
    assert taken == Taken(request=asked.digest, approval=agreed.digest, at=NOW)
    (entry,) = [one for one in room.ledger.entries if one.kind == APPROVAL_TAKEN]
    assert entry.body == {
        "plan": room.plan.digest,
        "request": asked.digest,
        "approval": agreed.digest,
        "customers": 2,
        "lines": 4,
    }


def test_a_plan_whose_run_was_refused_before_it_was_taken_is_used_too() -> None:
    """Withdrawn just before the act: signed again it would never be carried out."""
    room = Boardroom()
    room.both()
    room.plans.ended.add(room.plan.digest)
    left = [one for one in checks.CHECKS if one is not checks.plan_is_unused]

    assert room.reasons() == {Doubt.USED}
    assert room.reasons(left) == set()


@pytest.mark.parametrize(
    ("customers", "registered", "above"),
    [
        (10, 1_000, False),  # policy's ten, and one in a hundred
        (11, 1_000, True),
        (5, 10, False),  # half of all, and policy lets half of them go
        (6, 11, True),
        (1, 1, True),
        (1, 0, True),  # of a register that is found empty nobody goes by the way
        (0, 0, False),
    ],
)
def test_the_cap_is_a_number_and_a_share_and_what_equals_it_is_within(
    customers: int, registered: int, *, above: bool
) -> None:
    room = Boardroom()
    found = Recount(
        digest="", lines=customers, customers=customers, registered=registered
    )

    assert checks.is_above_cap(room.policy, found) is above


class Overtaken(FakePlans):
    """Plans that another run takes between the question and the act."""

    def take(self, digest: str, taken: Taken, entry: Entry) -> bool:
        super().take(digest, taken, entry)
        return super().take(digest, taken, entry)


def test_who_is_overtaken_while_taking_is_told() -> None:
    room = Boardroom()
    room.both()
    room.plans = Overtaken(**vars(room.plans))

    with pytest.raises(ConflictError, match="another"):
        room.approved().take(room.plan.digest, now=NOW)


def test_a_decision_about_another_plan_is_never_paired_and_would_be_refused() -> None:
    """Pairs are made by the plan; the check stands behind that."""
    room = Boardroom()
    asked, agreed = room.both()
    record = room.record()
    case = Case(
        plan=replace(room.plan, digest="ab" * 32),
        recount=recount(room.plans, room.plan),
        record=record,
        request=asked,
        approval=agreed,
        roll=room.record.roll(record),
        policy=room.policy,
        now=NOW,
        verify=TRUST.verify,
    )

    reasons = doubts(case, (checks.both_are_of_the_plan,))

    assert [one.doubt for one in reasons] == [Doubt.OTHER_PLAN, Doubt.OTHER_PLAN]
    assert [one.about for one in reasons] == [asked.digest, agreed.digest]


# --- lines that were tampered with ----------------------------------------------


def _retold(room: Boardroom, one: Signed, line: bytes) -> None:
    """Tell the ledger of an approval in other bytes."""
    room.say(one)
    asked = request(room.plan)
    entry = entry_of(asked)
    body = {**entry.body, "line": line.decode()}
    room.ledger.append(Entry(kind=DECISION_RECORDED, subject="customers", body=body))


def _pretty(line: bytes) -> bytes:
    message, _, signature = line.rpartition(b" ")
    prefix, text = message[:19], message[19:]
    pretty = json.dumps(json.loads(text), indent=1, ensure_ascii=False).encode()
    return prefix + pretty + b" " + signature


def _doubled(line: bytes) -> bytes:
    return line.replace(b'{"count":4,', b'{"count":9,"count":4,')


def _unsigned(line: bytes) -> bytes:
    return line.rpartition(b" ")[0]


def _cut(line: bytes) -> bytes:
    message, _, signature = line.rpartition(b" ")
    return message + b" " + base64.b64encode(base64.b64decode(signature)[:32])


@pytest.mark.parametrize("change", [_pretty, _doubled, _unsigned, _cut])
def test_a_line_in_another_form_is_no_decision(
    change: Callable[[bytes], bytes],
) -> None:
    """Pretty-printed JSON, duplicate keys, a signature cut short: refused whole."""
    room = Boardroom()
    asked, _ = room.both()
    changed = change(asked.line)
    assert changed != asked.line
    _retold(room, request(room.plan), changed)

    with pytest.raises(EvidenceError, match=r"docs/formats\.md"):
        read_decision(changed)
    with pytest.raises(EvidenceError, match=r"docs/formats\.md"):
        room.answer()


def test_a_line_that_another_ledger_signed_is_not_believed() -> None:
    """Rows planted into the ledger's table are signed by nobody whom we trust."""

    room = Boardroom()
    asked, _ = room.both()
    seed = seed_of("whoever owns the database")
    forger = Signer(
        origin=origin_of(signing.public_key_of(seed)),
        sign=lambda message: signing.sign_labelled(seed, message),
    )
    line = write_line(entry_of(asked), last=None, moment=NOW, signer=forger)
    room.ledger._lines.append(line)

    with pytest.raises(EvidenceError, match="not signed by the ledger's key"):
        room.answer()


@pytest.mark.parametrize("changed", ["qian", "sun"])
def test_founders_other_than_the_ledger_s_are_refused(changed: str) -> None:
    """Whoever edits the public keys file makes themselves no founder."""
    room = Boardroom()
    room.both()
    room.founders = {**FOUNDERS, changed: key_of("intruder")}

    with pytest.raises(EvidenceError, match="founding reviewers"):
        room.answer()


def test_a_plan_kept_for_another_day_has_another_digest() -> None:
    assert kept_plan(on=dt.date(2026, 11, 25)).digest != kept_plan().digest
