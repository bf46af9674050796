"""The record of decisions: what the ledger tells that people signed, in its order.

The table of decisions may be edited by whoever owns the database; the ledger's
lines are signed and lie off-site.  So the roll of keys, and what was requested,
approved, withdrawn and carried out, is read from there; the table is compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custody.application.copy_ledger import Trust
from custody.application.ports.decisions import (
    APPROVAL_TAKEN,
    DECISION_RECORDED,
    REVIEWERS_FOUNDED,
    DecisionBook,
)
from custody.domain.approving import Record
from custody.domain.decisions import read_decision
from custody.domain.enrolment import Roll, call_roll
from custody.domain.language import Text
from custody.domain.ledger import Line, key_of, read_line
from custody.domain.ledger_check import fingerprint
from custody.domain.people import People
from custody.domain.unanswered import WordKind, unanswered
from custody.errors import EvidenceError

_OTHER_FOUNDERS = Text(
    "公钥文件中的创始审核人与台账不符",
    "the founding reviewers of the public keys file are not the ledger's",
)
_OTHER_KEY = Text(
    "台账第 {position} 行：不是由台账密钥签名",
    "ledger line {position}: not signed by the ledger's key",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRecord:
    """Reads what people decided from the ledger, and whose keys are whose.

    `founders` maps person to key (`ed25519:…`), from the public keys file.
    """

    people: People
    decisions: DecisionBook
    founders: Mapping[str, str]
    trust: Trust

    def __call__(self) -> Record:
        """Return the whole record; EvidenceError when a line is not the ledger's."""
        lines = [self._believed(stored) for stored in self.decisions.told()]
        self._compare_founders(lines)
        told = (line for line in lines if line.kind == DECISION_RECORDED)
        taken = (line for line in lines if line.kind == APPROVAL_TAKEN)
        return Record(
            told=tuple(read_decision(str(one.body["line"]).encode()) for one in told),
            stored=frozenset(
                read_decision(one).digest for one in self.decisions.stored()
            ),
            last_told=lines[-1].time if lines else None,
            taken=frozenset(str(one.body["plan"]) for one in taken),
            lost_holds=tuple(
                one.word_id for one in unanswered(lines) if one.kind is WordKind.HOLD
            ),
        )

    def roll(self, record: Record) -> Roll:
        """Return whose keys are whose, by what the ledger tells."""
        return call_roll(
            self.founders,
            record.told,
            people=self.people,
            verify=self.trust.verify,
        )

    def _compare_founders(self, lines: Sequence[Line]) -> None:
        """Refuse founders of the file that the ledger does not tell of first."""
        first = next((one for one in lines if one.kind == REVIEWERS_FOUNDED), None)
        told = [] if first is None else first.body["founders"]
        if self.founders and founders_told(self.founders) != told:
            raise _OTHER_FOUNDERS.as_error(EvidenceError)

    def _believed(self, stored: bytes) -> Line:
        line = read_line(stored)
        key = key_of(line.origin)
        pinned = fingerprint(key) in self.trust.pins
        if not pinned or not self.trust.verify(key, line.signed, line.signature):
            raise _OTHER_KEY.as_error(EvidenceError, position=line.position)
        return line


def founders_told(founders: Mapping[str, str]) -> list[str]:
    """Return how the ledger tells who the founders are."""
    return [f"{person} {key}" for person, key in sorted(founders.items())]
