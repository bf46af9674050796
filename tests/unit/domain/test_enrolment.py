"""Whose key is whose: two others' words, in the ledger's order, and nothing else."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from custody.crypto import signing
from custody.domain.decisions import Signed
from custody.domain.enrolment import KeyState, Roll, call_roll
from custody.domain.people import Role
from tests.builders.decided import (
    DAY,
    FOUNDERS,
    NOW,
    Changes,
    enrolled,
    kept_plan,
    key_of,
    proposal,
    request,
    revocation,
    signed,
    voice,
)
from tests.builders.policies import PEOPLE


def roll_of(*told: Signed | Iterable[Signed]) -> Roll:
    """Return the roll after decisions, founded by security and executive."""
    flat = [
        one for each in told for one in ((each,) if isinstance(each, Signed) else each)
    ]
    return call_roll(FOUNDERS, flat, people=PEOPLE, verify=signing.verify_labelled)


def stands(roll: Roll, person: str) -> bool:
    """Whether a person's own key stands."""
    found = roll.of_key(key_of(person))
    return found is not None and found.state is KeyState.STANDS


def renewed(person: str, name: str) -> tuple[Signed, ...]:
    """Return what gives a person a newer key."""
    plain = replace(proposal(person).decision, key=key_of(name), subject=key_of(name))
    shown = signed(plain, by=name)
    return (shown, voice("qian", shown), voice("zhao", shown))


def test_the_founders_stand_from_the_beginning() -> None:
    roll = roll_of()

    assert stands(roll, "sun")
    assert stands(roll, "qian")
    assert roll.of_person("zhao") is None
    assert roll.of_key(key_of("zhao")) is None


def test_two_others_enrol_somebody() -> None:
    shown, one, other = enrolled("zhao")

    waiting = roll_of(shown, one)
    whole = roll_of(shown, one, other)

    assert not stands(waiting, "zhao")
    assert [each.voices for each in waiting.proposals] == [{key_of("sun")}]
    assert stands(whole, "zhao")
    assert whole.proposals == ()


def test_one_voice_said_twice_is_one() -> None:
    shown = proposal("zhao")

    assert not stands(roll_of(shown, voice("sun", shown), voice("sun", shown)), "zhao")


@pytest.mark.parametrize(
    ("who", "changed"),
    [
        ("zhao", {}),  # for oneself
        ("he", {}),  # whose own key nobody has enrolled
        ("qian", {"role": Role.AUDITOR}),  # in a role that policy does not give
        ("qian", {"role": None}),
        ("qian", {"made_at": NOW - 2 * DAY}),  # before the key was shown
        ("qian", {"made_at": NOW + 20 * DAY, "expires_at": NOW + 21 * DAY}),  # too late
        ("qian", {"of": "ab" * 32}),  # for another proposal
    ],
)
def test_a_voice_that_does_not_count(who: str, changed: Changes) -> None:
    shown = proposal("zhao")

    roll = roll_of(shown, voice("sun", shown), voice(who, shown, **changed))

    assert not stands(roll, "zhao")
    assert [one.voices for one in roll.proposals] == [{key_of("sun")}]


def test_who_may_not_vouch_is_not_heard() -> None:
    """A submitter's key stands, and their word on another's counts for nothing."""
    shown = proposal("zhao")

    roll = roll_of(enrolled("li"), shown, voice("sun", shown), voice("li", shown))

    assert stands(roll, "li")
    assert not stands(roll, "zhao")


def test_whom_policy_no_longer_names_is_not_heard() -> None:
    gone = replace(
        PEOPLE, everybody=tuple(p for p in PEOPLE.everybody if p.person_id != "qian")
    )
    told = enrolled("zhao")

    roll = call_roll(FOUNDERS, told, people=gone, verify=signing.verify_labelled)

    assert not stands(roll, "zhao")


def test_a_voice_for_another_key_is_not_this_one_s() -> None:
    shown = proposal("zhao")
    mixed = signed(
        replace(voice("qian", shown).decision, subject=key_of("intruder")), by="qian"
    )

    assert not stands(roll_of(shown, voice("sun", shown), mixed), "zhao")


def test_a_forged_voice_is_not_heard() -> None:
    shown = proposal("zhao")
    forged = signed(voice("qian", shown).decision, by="sun")

    assert not stands(roll_of(shown, voice("sun", shown), forged), "zhao")


def test_a_key_that_its_holder_does_not_show_is_no_proposal() -> None:
    """Nobody enrols a key that somebody else holds."""
    others = signed(
        replace(proposal("zhao").decision, subject=key_of("intruder")), by="zhao"
    )

    assert roll_of(others, voice("sun", others), voice("qian", others)).proposals == ()


def test_a_key_is_one_person_s_once() -> None:
    """The executive's key cannot be enrolled as legal's too."""
    plain = replace(proposal("qian").decision, person="zhao")
    shown = signed(plain, by="qian")

    roll = roll_of(shown, voice("sun", shown), voice("qian", shown))

    found = roll.of_key(key_of("qian"))
    assert found is not None
    assert found.person == "qian"


def test_a_newer_key_ends_the_older() -> None:
    roll = roll_of(enrolled("zhao"), renewed("sun", "sun2"))

    old, new = roll.of_key(key_of("sun")), roll.of_person("sun")

    assert old is not None
    assert old.state is KeyState.ENDED
    assert new is not None
    assert new.key == key_of("sun2")
    assert not roll.stands(request(kept_plan()).decision)


def test_whoever_holds_a_key_may_end_it() -> None:
    roll = roll_of(revocation("sun", "sun"))

    found = roll.of_key(key_of("sun"))

    assert found is not None
    assert found.state is KeyState.REVOKED
    assert roll.of_person("sun") is None


def test_another_s_key_takes_two_voices() -> None:
    one, other = revocation("qian", "sun"), revocation("zhao", "sun")

    assert stands(roll_of(enrolled("zhao"), one), "sun")
    assert stands(roll_of(enrolled("zhao"), one, revocation("qian", "sun")), "sun")
    assert not stands(roll_of(enrolled("zhao"), one, other), "sun")


def test_a_revocation_of_nobody_s_key_is_nothing() -> None:
    assert roll_of(revocation("sun", "zhao")) == roll_of()


def test_a_revoked_key_never_stands_again() -> None:
    shown = proposal("zhao")
    told = (enrolled("zhao"), revocation("zhao", "zhao"))

    roll = roll_of(*told, shown, voice("sun", shown), voice("qian", shown))

    assert not stands(roll, "zhao")
    assert roll.proposals == ()


def test_the_voice_of_a_key_revoked_since_counts_no_more() -> None:
    """A stolen key vouches, is revoked, and an honest second voice comes after."""
    shown = proposal("he")
    told = (
        enrolled("zhao"),
        shown,
        voice("sun", shown),
        revocation("sun", "sun"),
        voice("qian", shown),
    )

    assert not stands(roll_of(*told), "he")
    assert stands(roll_of(*told, voice("zhao", shown)), "he")


def test_a_key_signs_from_its_enrolment_on() -> None:
    """The second voice dates it: what is dated before was not signed by that person."""
    roll = roll_of(enrolled("he"))
    plan = kept_plan()

    assert roll.stands(request(plan, "he").decision)
    assert not roll.stands(request(plan, "he", made_at=NOW - 2 * DAY).decision)
    assert not roll.stands(request(plan, "he", key=key_of("sun")).decision)
    assert not roll.stands(request(plan, "zhao").decision)


def test_decisions_about_plans_are_not_about_keys() -> None:
    assert roll_of(request(kept_plan())) == roll_of()
