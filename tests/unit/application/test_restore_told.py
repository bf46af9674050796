"""What people decided and ended comes back by the ledger, over what a set has (R69)."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from custody.application.ports.certificates import KeptCertificate
from custody.application.restore.acts import Lacks, RestoreTold
from custody.domain.acts import Word
from custody.domain.certificate import DestructionCertificate
from custody.domain.certificate_form import sign_certificate, write_certificate
from custody.domain.commitments import in_order, sum_up, write_annex
from custody.domain.decisions import DecisionKind, Signed
from custody.domain.destruction import RunState
from custody.domain.destruction_story import DestructionStory
from custody.domain.ledger import BodyValue
from custody.domain.restoring import Replay
from tests.builders.certificates import certificate, closing_certificate, signer
from tests.builders.decided import decision
from tests.builders.lines import TOLD_AT, line_told

PLAN, OTHER = "ab" * 32, "cd" * 32
A, B = b"a" * 32, b"b" * 32


@dataclass
class FakeActs:
    """What a set had of runs and certificates, and what was written over it."""

    stood: list[tuple[str, RunState]] = field(default_factory=list)
    there: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    decisions: list[tuple[dt.datetime, str]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    settled: dict[str, RunState] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    added: list[KeptCertificate] = field(default_factory=list)

    def add_decisions(self, told: Iterable[tuple[dt.datetime, Signed]]) -> None:
        """Add them."""
        self.decisions += [(moment, one.digest) for moment, one in told]

    def end_words(self, events: Mapping[str, Word], holds: Mapping[str, Word]) -> None:
        """Note which are taken back."""
        both = (*events.items(), *holds.items())
        self.ended += [name for name, word in both if word.ended_at is not None]

    def words(self) -> frozenset[str]:
        """Return the ids of those that the set has."""
        return self.said

    def runs(self) -> Sequence[tuple[str, RunState]]:
        """Return them."""
        return self.stood

    def settle(self, plan: str, state: RunState, story: DestructionStory) -> None:
        """Move it."""
        assert story.recovery is not None
        self.settled[plan] = state

    def leave_out(self, plan: str) -> frozenset[str]:
        """Take it out; it had taken something of one delivery."""
        self.left_out.append(plan)
        return frozenset({"website/2026-11-23/1"})

    def certificates(self) -> frozenset[str]:
        """Return their ids."""
        return self.there

    def add_certificate(self, kept: KeptCertificate) -> None:
        """Add it."""
        self.added.append(kept)


def _told(acts: FakeActs, *lines: tuple[str, dict[str, BodyValue]]) -> tuple[str, ...]:
    return _lacks(acts, *lines).unknown


def _lacks(acts: FakeActs, *lines: tuple[str, dict[str, BodyValue]]) -> Lacks:
    replay = Replay("disk")
    for position, (kind, body) in enumerate(lines, start=10):
        replay.take(line_told(position, kind, "customers", **body))
    return RestoreTold(acts=acts)(replay)


def test_every_decision_that_was_told_is_stored_again() -> None:
    """One that is missing would speak against every plan, for ever."""
    one = decision("sun", DecisionKind.ENROLMENT, "ed25519:" + "00" * 32)
    acts = FakeActs()

    assert _told(acts, ("decision_recorded", {"line": one.line.decode()})) == ()
    assert acts.decisions == [(TOLD_AT, one.digest)]


def test_what_was_taken_back_is_and_what_the_set_has_not_is_named() -> None:
    """The ledger knows no customer's name: people set it again."""
    acts = FakeActs(said=frozenset({"01", "06"}))

    unknown = _told(
        acts,
        ("hold_set", {"hold": "01"}),  # in the set
        ("hold_set", {"hold": "02"}),
        ("hold_set", {"hold": "03"}),
        ("hold_lifted", {"hold": "03"}),
        ("event_recorded", {"event": "04"}),
        ("event_recorded", {"event": "05"}),
        ("event_withdrawn", {"event": "05"}),
        ("event_recorded", {"event": "06"}),  # in the set
    )

    assert unknown == ("hold 02", "event 04")
    assert acts.ended == ["05", "03"]


def test_what_an_earlier_restore_lost_is_named_by_the_next_until_it_is_answered() -> (
    None
):
    """Its set is newer than the hold, and does not have it all the same."""
    acts = FakeActs()

    unknown = _told(
        acts,
        ("hold_set", {"hold": "01"}),
        ("hold_set", {"hold": "02"}),
        ("hold_set", {"hold": "03"}),
        ("restored", {"unknown": ["hold 01", "hold 02", "hold 03"]}),
        ("hold_lifted", {"hold": "02", "restored": 13}),
        ("hold_set", {"hold": "03", "restored": 13}),  # and lost once more
    )

    assert unknown == ("hold 01", "hold 03")


_PROVEN: dict[str, BodyValue] = {"plan": PLAN, "due": 1}


def test_a_run_goes_on_from_where_it_had_proven_itself_or_is_left_out() -> None:
    acts = FakeActs(
        [(PLAN, RunState.ENDED), (OTHER, RunState.CONDEMNED), ("ef", RunState.BEGUN)]
    )

    lacks = _lacks(
        acts,
        ("destruction_proven", _PROVEN),
        ("destruction_intended", {"plan": OTHER, "commitments": [A.hex()]}),
    )

    assert acts.settled == {PLAN: RunState.PROVEN}
    assert acts.left_out == [OTHER]
    assert lacks.changed == {"website/2026-11-23/1"}


def test_a_run_that_stands_where_it_came_to_is_left_alone() -> None:
    acts = FakeActs([(PLAN, RunState.PROVEN)])

    _told(acts, ("destruction_proven", _PROVEN))

    assert (acts.settled, acts.left_out) == ({}, [])


# --- certificates -------------------------------------------------------------------


def _issued(*who: bytes) -> tuple[DestructionCertificate, str, str]:
    """Return a certificate about some commitments, its id and its file."""
    plain = certificate()
    stated = replace(plain.destruction, plan=PLAN, commitments=sum_up(in_order(who)))
    made = replace(plain, destruction=stated)
    signed = sign_certificate(made, signer())
    return made, signed.certificate_id, write_certificate(signed).decode()


_INTENDED: tuple[str, dict[str, BodyValue]] = (
    "destruction_intended",
    {"plan": PLAN, "commitments": [A.hex(), B.hex()]},
)


def test_a_certificate_of_after_the_set_comes_back_with_its_annex() -> None:
    """And with what closes it: byte for byte as it was handed over."""
    _, name, content = _issued(A, B)
    made = replace(closing_certificate(), plan=PLAN, closes=name)
    closed = sign_certificate(made, signer())
    acts = FakeActs()

    unknown = _told(
        acts,
        _INTENDED,
        ("certificate_issued", {"certificate": name, "content": content}),
        (
            "certificate_issued",
            {
                "certificate": closed.certificate_id,
                "content": write_certificate(closed).decode(),
            },
        ),
    )

    assert unknown == ()
    first, second = acts.added
    assert (first.certificate_id, first.plan, first.closes) == (name, PLAN, None)
    assert first.content == content.encode()
    assert first.annex == write_annex((A, B))
    assert (second.kind, second.plan, second.closes) == ("closing", PLAN, name)
    assert second.annex == b""


@pytest.mark.parametrize("who", [(A,), None])
def test_one_that_does_not_add_up_or_has_no_file_in_the_ledger_is_named(
    who: tuple[bytes, ...] | None,
) -> None:
    _, name, content = _issued(*(who or (A, B)))
    body: dict[str, BodyValue] = {"certificate": name}
    body |= {"content": content} if who else {}
    acts = FakeActs()

    unknown = _told(acts, _INTENDED, ("certificate_issued", body))

    assert unknown == (f"certificate {name}",)
    assert acts.added == []


def test_nothing_closes_what_was_not_brought_back() -> None:
    made = replace(closing_certificate(), plan=PLAN, closes="ef" * 32)
    closed = sign_certificate(made, signer())
    content = write_certificate(closed).decode()
    body: dict[str, BodyValue] = {
        "certificate": closed.certificate_id,
        "content": content,
    }
    acts = FakeActs()

    unknown = _told(acts, ("certificate_issued", body))

    assert unknown == (f"certificate {closed.certificate_id}",)
    assert acts.added == []


def test_one_that_the_set_has_is_not_added_again() -> None:
    _, name, content = _issued(A, B)
    acts = FakeActs(there=frozenset({name}))
    body: dict[str, BodyValue] = {"certificate": name, "content": content}

    assert _told(acts, _INTENDED, ("certificate_issued", body)) == ()
    assert acts.added == []
