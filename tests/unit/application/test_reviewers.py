"""Keys are shown, vouched for and revoked; what has no effect is refused at once."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from custody.application.founding import FoundReviewers
from custody.application.ports.decisions import REVIEWERS_FOUNDED
from custody.application.public_keys import PublicKeys
from custody.application.reviewers import KeyDraft, read_proposal, show_key
from custody.crypto import signing
from custody.domain.approving import Doubt
from custody.domain.decisions import Decision, Signed
from custody.domain.enrolment import KeyState
from custody.errors import ConfigurationError, ConflictError, EvidenceError
from tests.builders.boardroom import Boardroom, reasons_of
from tests.builders.decided import (
    DAY,
    FOUNDERS,
    NOW,
    TRUST,
    entry_of,
    founding,
    kept_plan,
    key_of,
    proposal,
    request,
    seed_of,
    signed,
)
from tests.builders.policies import policy_with
from tests.fakes.decisions import FakeDecisions
from tests.fakes.ledger import FakeLedger
from tests.fakes.world import FixedClock

Change = Callable[[Decision], Decision]


def shown_by(person: str) -> Signed:
    """Return how a person shows a key, as `custody reviewer new` writes it."""
    key = key_of(person)
    plain = show_key(person, key, dataset="customers", now=NOW, nonce=bytes(16))
    return signed(plain, by=person)


def test_a_key_that_is_shown_waits_and_is_vouched_for() -> None:
    room = Boardroom()
    shown = room.reviewers.propose("zhang", shown_by("zhang").line + b"\n", actor="a")
    assert isinstance(shown, Signed)
    for person in ("sun", "zhao"):
        drafted = room.reviewers.vouch(shown.digest, person=person)
        assert isinstance(drafted, KeyDraft)
        assert drafted.of == "zhang"
        hand = partial(signing.sign_labelled, seed_of(person))
        room.reviewers.keep(drafted, hand, actor="a")

    found = room.reviewers.roll().of_person("zhang")

    assert found is not None
    assert found.key == key_of("zhang")
    again = room.reviewers.propose("zhang", shown.line, actor="a")
    assert reasons_of(again) == {Doubt.KNOWN_KEY}


def test_a_key_is_shown_in_one_s_own_name() -> None:
    room = Boardroom()
    line = shown_by("zhang").line

    assert reasons_of(room.reviewers.propose("li", line, actor="a")) == {
        Doubt.WRONG_ROLE
    }
    stranger = shown_by("nobody").line
    assert reasons_of(room.reviewers.propose("nobody", stranger, actor="a")) == {
        Doubt.WRONG_ROLE
    }


def test_a_key_that_was_shown_long_ago_is_shown_anew() -> None:
    room = Boardroom()
    line = shown_by("zhang").line
    shown = room.reviewers.propose("zhang", line, actor="a")
    assert isinstance(shown, Signed)
    room.clock.moment = NOW + 31 * DAY

    late = room.reviewers.propose("zhang", line, actor="a")
    vouched = room.reviewers.vouch(shown.digest, person="sun")

    assert reasons_of(late) == {Doubt.EXPIRED}
    assert reasons_of(vouched) == {Doubt.EXPIRED}


@pytest.mark.parametrize(
    ("person", "doubt"),
    [
        ("zhang", Doubt.SAME_PERSON),
        ("li", Doubt.WRONG_ROLE),
        ("nobody", Doubt.WRONG_ROLE),
    ],
)
def test_who_may_not_vouch_is_told(person: str, doubt: Doubt) -> None:
    room = Boardroom()
    shown = room.reviewers.propose("zhang", shown_by("zhang").line, actor="a")
    assert isinstance(shown, Signed)

    assert reasons_of(room.reviewers.vouch(shown.digest, person=person)) == {doubt}


def test_who_has_no_key_vouches_for_nobody() -> None:
    room = Boardroom()
    one, other = shown_by("zhang"), proposal("qian", key="qian2")
    room.say(one, other)

    assert reasons_of(room.reviewers.vouch(other.digest, person="zhang")) == {
        Doubt.NO_KEY
    }
    assert reasons_of(room.reviewers.vouch("ab" * 32, person="sun")) == {
        Doubt.UNKNOWN_PROPOSAL
    }


def test_one_s_own_key_is_revoked_by_oneself_alone() -> None:
    room = Boardroom()
    drafted = room.reviewers.revoke("zhao", person="zhao", reason="it was lost")
    assert isinstance(drafted, KeyDraft)
    assert drafted.decision.reason == "it was lost"

    room.say(signed(drafted.decision, by="zhao"))

    found = room.reviewers.roll().of_key(key_of("zhao"))
    assert found is not None
    assert found.state is KeyState.REVOKED


def test_a_revocation_that_has_no_effect_is_refused() -> None:
    reviewers = Boardroom().reviewers

    assert reasons_of(reviewers.revoke("zhang", person="sun")) == {Doubt.NO_KEY}
    assert reasons_of(reviewers.revoke("sun", person="li")) == {Doubt.WRONG_ROLE}
    assert reasons_of(reviewers.revoke("sun", person="qian", reason="@ all")) == {
        Doubt.UNFIT_REASON
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, of="ab" * 32),
        lambda one: replace(one, subject=key_of("intruder")),
        lambda one: replace(one, dataset="suppliers"),
    ],
)
def test_what_shows_no_key_is_no_proposal(change: Change) -> None:
    line = signed(change(proposal("zhao").decision), by="zhao").line

    with pytest.raises(EvidenceError, match="no key that somebody shows"):
        read_proposal(line, dataset="customers", verify=TRUST.verify)


def test_other_decisions_and_other_hands_show_no_key() -> None:
    asked = request(kept_plan()).line
    forged = signed(proposal("zhao").decision, by="intruder").line

    with pytest.raises(EvidenceError, match="no key that somebody shows"):
        read_proposal(asked, dataset="customers", verify=TRUST.verify)
    with pytest.raises(EvidenceError, match="has not signed its own"):
        read_proposal(forged, dataset="customers", verify=TRUST.verify)


class Foundation:
    """An installation that nobody has founded yet."""

    def __init__(self) -> None:
        self.ledger = FakeLedger()
        self.decisions = FakeDecisions(self.ledger)
        self.public = PublicKeys(media={}, quarantine="age1", ledger=bytes(32))

    def found(self, *lines: bytes, days: int = 0) -> tuple[Signed, ...]:
        """Found the reviewers by what two people show."""

        def keep(content: bytes) -> None:
            self.public = PublicKeys.from_json(content)

        return FoundReviewers(
            policy=policy_with("example"),
            public_keys=self.public,
            decisions=self.decisions,
            keep=keep,
            verify=TRUST.verify,
            clock=FixedClock(NOW + days * DAY),
        )(lines, actor="a")


SUN, QIAN = shown_by("sun").line, shown_by("qian").line


def test_two_people_found_the_roll_once() -> None:
    place = Foundation()

    shown = place.found(SUN, QIAN)

    assert {one.decision.person for one in shown} == {"sun", "qian"}
    assert {
        who: f"ed25519:{key.hex()}" for who, key in place.public.enrolment.items()
    } == FOUNDERS
    told = [one for one in place.ledger.entries if one.kind == REVIEWERS_FOUNDED]
    assert told == [replace(founding(), body={**founding().body, "actor": "a"})]
    with pytest.raises(ConflictError, match="stand in the public keys file"):
        place.found(SUN, QIAN)


def test_a_killed_founding_is_finished_by_the_same_two() -> None:
    """The ledger tells of them, the file does not yet."""
    place = Foundation()
    for line in (SUN,):
        one = read_proposal(line, dataset="customers", verify=TRUST.verify)
        place.decisions.add(one, entry_of(one))
    place.ledger.append(founding())

    with pytest.raises(ConflictError, match="other founding reviewers"):
        place.found(SUN, shown_by("zhao").line)
    place.found(QIAN, SUN)

    assert set(place.public.enrolment) == {"sun", "qian"}
    kinds = [one.kind for one in place.ledger.entries]
    assert kinds.count(REVIEWERS_FOUNDED) == 1


@pytest.mark.parametrize(
    ("lines", "days", "told"),
    [
        ((SUN,), 0, "2 different people"),
        ((SUN, SUN), 0, "2 different people"),
        ((SUN, QIAN, QIAN), 0, "2 different people"),
        ((SUN, shown_by("li").line), 0, "founders are people of policy"),
        ((SUN, shown_by("nobody").line), 0, "founders are people of policy"),
        ((SUN, QIAN), 31, "too long ago"),
    ],
)
def test_who_cannot_found_is_refused(
    lines: tuple[bytes, ...], days: int, told: str
) -> None:
    place = Foundation()

    with pytest.raises(EvidenceError, match=told):
        place.found(*lines, days=days)

    assert place.ledger.entries == []
    assert not place.public.enrolment


def test_an_older_public_keys_file_stays_readable() -> None:
    """It names no founders; a malformed one is refused."""
    older = PublicKeys(media={}, quarantine="age1", ledger=bytes(32)).to_json()

    assert b"enrolment" not in older
    assert PublicKeys.from_json(older).enrolment == {}
    broken = older.replace(b'"media"', b'"enrolment": {"sun": "zz"}, "media"')
    with pytest.raises(ConfigurationError):
        PublicKeys.from_json(broken)
