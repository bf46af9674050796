"""Founding: the first two reviewers, whose keys nobody can vouch for (ADR 17).

Both show a key of their own; the ledger tells of them, and the public keys file
names them.  It happens once: the first founding that the ledger tells of counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from custody.application.decision_record import founders_told
from custody.application.ports import Clock, Entry
from custody.application.ports.decisions import REVIEWERS_FOUNDED, DecisionBook
from custody.application.public_keys import PublicKeys
from custody.application.recording import add_decision
from custody.application.reviewers import read_proposal
from custody.domain.decisions import Signed
from custody.domain.language import Text
from custody.domain.ledger import key_of, read_line
from custody.domain.ledger_check import Verify
from custody.domain.people import VOICES, VOUCHING
from custody.domain.policy import Policy
from custody.errors import ConflictError, EvidenceError

_STAND = Text(
    "公钥文件中已有创始审核人", "the founding reviewers stand in the public keys file"
)
_VOICES = Text(
    "须有 {voices} 位不同的创始人，各有一把密钥",
    "{voices} different people found, each with a key",
)
_ROLES = Text(
    "创始人须是策略中的人员，且职责为以下之一：{roles}",
    "founders are people of policy, each one of: {roles}",
)
_TOO_LONG = Text(
    "密钥出示过久：请重新生成", "a key was shown too long ago: make it anew"
)
_OTHERS = Text("台账载有其他创始审核人", "the ledger tells of other founding reviewers")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundReviewers:
    """The use case of the founding two; `keep` writes the public keys file."""

    policy: Policy
    public_keys: PublicKeys
    decisions: DecisionBook
    keep: Callable[[bytes], None]
    verify: Verify
    clock: Clock

    def __call__(self, lines: Sequence[bytes], *, actor: str) -> tuple[Signed, ...]:
        """Let the keys that two people show stand; EvidenceError when they may not.

        ConflictError when the founders stand: they are founded once.
        """
        if self.public_keys.enrolment:
            raise _STAND.as_error(ConflictError)
        shown = tuple(
            read_proposal(line, dataset=self.policy.dataset, verify=self.verify)
            for line in lines
        )
        people = [self.policy.people.find(one.decision.person) for one in shown]
        keys = {one.decision.key for one in shown}
        if len(set(people)) != VOICES or len(keys) != VOICES or len(lines) != VOICES:
            raise _VOICES.as_error(EvidenceError, voices=VOICES)
        if not all(one is not None and one.may_vouch for one in people):
            raise _ROLES.as_error(EvidenceError, roles=", ".join(VOUCHING))
        if not all(self.clock.now() < one.decision.expires_at for one in shown):
            raise _TOO_LONG.as_error(EvidenceError)
        self._found(shown, actor)
        return shown

    def _found(self, shown: Sequence[Signed], actor: str) -> None:
        """Tell the ledger first; who was killed in between goes on."""
        founders = {one.decision.person: one.decision.key for one in shown}
        named = founders_told(founders)
        told = self._told()
        if told is not None and told != named:
            raise _OTHERS.as_error(ConflictError)
        for one in shown:
            add_decision(one, decisions=self.decisions, actor=actor)
        if told is None:
            self.decisions.append(
                Entry(
                    kind=REVIEWERS_FOUNDED,
                    subject=self.policy.dataset,
                    body={"founders": named, "actor": actor},
                )
            )
        enrolment = {person: key_of(key) for person, key in founders.items()}
        self.keep(replace(self.public_keys, enrolment=enrolment).to_json())

    def _told(self) -> object | None:
        lines = map(read_line, self.decisions.told())
        found = (one for one in lines if one.kind == REVIEWERS_FOUNDED)
        return next((one.body["founders"] for one in found), None)
