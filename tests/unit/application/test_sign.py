"""What would be refused later is refused before it is signed (R69, R70)."""

from dataclasses import replace

import pytest

from custody.application.sign import Draft, Word
from custody.crypto import signing
from custody.domain.approving import Doubt, Refusals
from custody.domain.decisions import DecisionKind, Sign
from custody.domain.people import Role
from tests.builders.boardroom import RULES, Boardroom, reasons_of
from tests.builders.decided import (
    DUES,
    NOW,
    TODAY,
    request,
    seed_of,
    withdrawal,
)


def hand(person: str) -> Sign:
    """Return what signs with a person's key."""
    return lambda message: signing.sign_labelled(seed_of(person), message)


def word(room: Boardroom, person: str, **said: str | bool) -> Word:
    """Return what a person wants to say of the room's plan."""
    return replace(Word(plan=room.plan.digest, person=person), **said)  # type: ignore[arg-type]


def test_request_and_approval_are_what_the_executor_asks_for() -> None:
    room = Boardroom()
    asked = room.sign.request(word(room, "sun", reason="retention is over"))
    assert isinstance(asked, Draft)
    room.sign.keep(asked, hand("sun"), actor="a")
    agreed = room.sign.approve(word(room, "qian"))
    assert isinstance(agreed, Draft)
    room.sign.keep(agreed, hand("qian"), actor="b")

    assert room.reasons() == set()
    assert asked.recount.customers == 2
    assert agreed.answers is not None
    assert agreed.answers.decision == asked.decision
    assert agreed.decision.role is Role.EXECUTIVE
    entry = room.ledger.entries[-1]
    assert (entry.kind, entry.body["actor"]) == ("decision_recorded", "b")


@pytest.mark.parametrize(
    ("person", "doubts"),
    [
        ("qian", {Doubt.WRONG_ROLE}),
        ("li", {Doubt.WRONG_ROLE, Doubt.NOT_ENROLLED}),
        ("nobody", {Doubt.WRONG_ROLE, Doubt.NOT_ENROLLED}),
    ],
)
def test_only_security_requests(person: str, doubts: set[Doubt]) -> None:
    room = Boardroom()

    assert reasons_of(room.sign.request(word(room, person))) == doubts


def test_nobody_approves_what_nobody_requested() -> None:
    room = Boardroom()

    assert reasons_of(room.sign.approve(word(room, "qian"))) == {Doubt.NO_REQUEST}


def test_nobody_approves_what_is_bad() -> None:
    """The newest request that nothing speaks against is taken, else its faults told."""
    room = Boardroom()
    good, bad = request(room.plan), request(room.plan, "he", count=9)
    room.say(bad)
    refused = room.sign.approve(word(room, "qian"))
    room.say(good)
    worse = request(room.plan, "he", count=8)
    room.say(worse)

    drafted = room.sign.approve(word(room, "qian"))

    assert reasons_of(refused) == {Doubt.OTHER_COUNT}
    assert isinstance(drafted, Draft)
    assert drafted.answers == good


def test_a_forecast_is_not_signed() -> None:
    room = Boardroom()
    room.plan = room.keep(DUES, on=TODAY.replace(day=25))

    assert reasons_of(room.sign.request(word(room, "sun"))) == {Doubt.NOT_YET}


@pytest.mark.parametrize("plan", ["ab" * 32, "no digest"])
def test_a_plan_that_is_not_kept_is_not_signed(plan: str) -> None:
    said = Word(plan=plan, person="sun")
    sign = Boardroom().sign

    for answer in (sign.request(said), sign.approve(said), sign.withdraw(said)):
        assert reasons_of(answer) == {Doubt.UNKNOWN_PLAN}


def test_a_reason_names_nobody() -> None:
    room = Boardroom()
    said = word(room, "sun", reason="call 13800138000")

    assert reasons_of(room.sign.request(said)) == {Doubt.UNFIT_REASON}


def test_the_key_must_be_the_one_that_is_enrolled() -> None:
    room = Boardroom()
    drafted = room.sign.request(word(room, "sun"))
    assert isinstance(drafted, Draft)

    answer = room.sign.keep(drafted, hand("qian"), actor="a")

    assert reasons_of(answer) == {Doubt.NO_KEY}


@pytest.mark.parametrize("person", ["sun", "qian", "zhao", "he"])
def test_security_executive_and_legal_may_withdraw(person: str) -> None:
    room = Boardroom()
    room.both()
    drafted = room.sign.withdraw(word(room, person))
    assert isinstance(drafted, Draft)
    assert drafted.decision.kind is DecisionKind.DESTRUCTION_WITHDRAWAL

    room.sign.keep(drafted, hand(person), actor="a")

    assert room.reasons() == {Doubt.WITHDRAWN}


def test_who_may_not_withdraws_nothing() -> None:
    room = Boardroom()
    nothing_asked = room.sign.withdraw(word(room, "sun"))
    room.both()

    assert reasons_of(nothing_asked) == {Doubt.NO_REQUEST}
    assert reasons_of(room.sign.withdraw(word(room, "li"))) == {
        Doubt.WRONG_ROLE,
        Doubt.NO_KEY,
    }
    assert reasons_of(room.sign.withdraw(word(room, "nobody"))) == {
        Doubt.WRONG_ROLE,
        Doubt.NO_KEY,
    }


def test_what_is_carried_out_is_not_withdrawn() -> None:
    room = Boardroom()
    room.both()
    room.approved().take(room.plan.digest, now=NOW)

    assert reasons_of(room.sign.withdraw(word(room, "sun"))) == {Doubt.USED}


def test_what_is_over_is_neither_requested_nor_withdrawn() -> None:
    """Who signs is told at once, not by the executor: the next plan is to be kept."""
    room = Boardroom()
    room.say(request(room.plan))
    room.plans.ended.add(room.plan.digest)

    assert reasons_of(room.sign.request(word(room, "sun"))) == {Doubt.USED}
    assert reasons_of(room.sign.approve(word(room, "qian"))) == {Doubt.USED}
    assert reasons_of(room.sign.withdraw(word(room, "sun"))) == {Doubt.USED}


def test_a_withdrawn_request_is_not_approved() -> None:
    room = Boardroom()
    asked = request(room.plan)
    room.say(asked, withdrawal(room.plan, asked))

    assert reasons_of(room.sign.approve(word(room, "qian"))) == {Doubt.WITHDRAWN}


def test_above_the_cap_each_says_larger() -> None:
    room = Boardroom()
    room.policy = replace(room.policy, destruction=replace(RULES, max_customers=1))

    assert reasons_of(room.sign.request(word(room, "sun"))) == {Doubt.ABOVE_CAP}
    assert isinstance(room.sign.request(word(room, "sun", larger=True)), Draft)
    assert not isinstance(room.sign.request(word(room, "sun")), Draft)
    assert isinstance(room.sign.request(word(room, "sun")), Refusals)
