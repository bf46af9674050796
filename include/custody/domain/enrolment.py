"""Whose key a key is: the roll of reviewers, drawn from what people signed.

The founding two stand in the public keys file.  Everybody else shows a key of
their own (a proposal, signed by that key), and is enrolled when two others whose
keys stand have signed for it.  A newer key of a person ends the older one; whoever
holds a key may revoke it, and so may two others.  What is not on the ledger
is not on the roll: the caller hands in what is, in the ledger's order.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from custody.domain.decisions import Decision, DecisionKind, Signed
from custody.domain.ledger import key_of
from custody.domain.ledger_check import Verify
from custody.domain.people import VOICES, People

FOUNDED = dt.datetime.min.replace(tzinfo=dt.UTC)
"""Since when the founders' keys stand: there is nothing before them."""


class KeyState(StrEnum):
    """How a key stands on the roll."""

    STANDS = "stands"
    ENDED = "ended"  # a newer key of the same person has taken its place
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A key that is or was a person's."""

    person: str
    key: str
    since: dt.datetime
    state: KeyState = KeyState.STANDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A key that somebody has shown, and the keys that have signed for it so far."""

    signed: Signed
    voices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Roll:
    """Every key that was ever enrolled, in order, and what waits for a voice."""

    keys: tuple[Enrolled, ...]
    proposals: tuple[Proposal, ...] = ()

    def of_key(self, key: str) -> Enrolled | None:
        """Return whose key this is or was."""
        return next((one for one in self.keys if one.key == key), None)

    def of_person(self, person: str) -> Enrolled | None:
        """Return the key of a person that stands."""
        found = (one for one in self.keys if one.person == person)
        return next((one for one in found if one.state is KeyState.STANDS), None)

    def stands(self, decision: Decision) -> bool:
        """Whether the key stands now, stood when it was used, and is the signer's."""
        found = self.of_key(decision.key)
        return (
            found is not None
            and found.state is KeyState.STANDS
            and found.person == decision.person
            and found.since <= decision.made_at
        )


def verifies(signed: Signed, verify: Verify) -> bool:
    """Whether the signature is that of the key that the decision names."""
    return verify(key_of(signed.decision.key), signed.message, signed.signature)


def call_roll(
    founders: Mapping[str, str],
    told: Iterable[Signed],
    *,
    people: People,
    verify: Verify,
) -> Roll:
    """Return the roll; `founders` maps person to key, `told` is in ledger order.

    What is badly signed, or signed by somebody who may not, has no effect.
    """
    reader = _Reader(people)
    for person, key in founders.items():
        reader.enrol(person, key, FOUNDED)
    for signed in told:
        if verifies(signed, verify):
            reader.read(signed)
    return reader.roll()


@dataclass(slots=True)
class _Reader:
    """What one pass over the decisions carries along."""

    people: People
    keys: dict[str, Enrolled] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    against: defaultdict[str, set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def roll(self) -> Roll:
        """Return what was read; a proposal that took effect waits no longer."""
        waiting = (
            one
            for one in self.proposals.values()
            if one.signed.decision.subject not in self.keys
        )
        return Roll(tuple(self.keys.values()), tuple(waiting))

    def read(self, signed: Signed) -> None:
        """Read one decision whose signature holds."""
        decision = signed.decision
        if decision.kind is DecisionKind.REVOCATION:
            self._revoke(decision)
        elif decision.kind is DecisionKind.ENROLMENT and decision.of:
            self._vouch(decision)
        elif decision.kind is DecisionKind.ENROLMENT:
            self._propose(signed)

    def enrol(self, person: str, key: str, since: dt.datetime) -> None:
        """Let a key stand, and end the person's older one."""
        for one in list(self.keys.values()):
            if one.person == person and one.state is KeyState.STANDS:
                self.keys[one.key] = replace(one, state=KeyState.ENDED)
        self.keys[key] = Enrolled(person=person, key=key, since=since)

    def _propose(self, signed: Signed) -> None:
        """Hear that somebody has a key; a key is one person's, once."""
        decision = signed.decision
        shows_own = decision.key == decision.subject
        if shows_own and decision.subject not in self.keys:
            self.proposals[signed.digest] = Proposal(signed=signed)

    def _vouch(self, decision: Decision) -> None:
        proposal = self.proposals.get(decision.of)
        if proposal is None or decision.subject in self.keys:
            return
        proposed = proposal.signed.decision
        if decision.subject != proposed.subject or not self._may_speak(
            decision, of=proposed.person
        ):
            return
        if not proposed.made_at <= decision.made_at < proposed.expires_at:
            return
        voices = proposal.voices | {decision.key}
        self.proposals[decision.of] = replace(proposal, voices=voices)
        if self._are_enough(voices):
            self.enrol(proposed.person, proposed.subject, decision.made_at)

    def _revoke(self, decision: Decision) -> None:
        """End a key for good: its holder's word is enough, else that of two others."""
        found = self.keys.get(decision.subject)
        if found is None:
            return
        if self._may_speak(decision, of=found.person):
            self.against[found.key].add(decision.key)
        own = decision.key == decision.subject
        if own or self._are_enough(self.against[found.key]):
            self.keys[found.key] = replace(found, state=KeyState.REVOKED)

    def _are_enough(self, voices: Collection[str]) -> bool:
        """Whether so many keys stand now; a key that stands is one person's."""
        standing = (key for key in voices if self.keys[key].state is KeyState.STANDS)
        return len(list(standing)) >= VOICES

    def _may_speak(self, decision: Decision, *, of: str) -> bool:
        """Whether this is another's word, under a key that stands, and counts."""
        found = self.keys.get(decision.key)
        person = self.people.find(decision.person)
        return (
            found is not None
            and found.state is KeyState.STANDS
            and found.person == decision.person != of
            and found.since <= decision.made_at
            and person is not None
            and person.may_vouch
            and decision.role in person.roles
        )
