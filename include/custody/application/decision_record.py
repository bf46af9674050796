"""The record of decisions: what the ledger tells that people signed, in its order.

The table of decisions may be edited by whoever owns the database; the ledger's
lines are signed and lie off-site.  So the roll of keys, and what was requested,
approved, withdrawn and carried out, is read from there; the table is compared.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from custody.application.copy_ledger import Trust
from custody.application.ports.decisions import APPROVAL_TAKEN, DecisionBook
from custody.domain.approving import Record
from custody.domain.decisions import Signed, read_decision
from custody.domain.enrolment import Roll, call_roll
from custody.domain.ledger import Line, key_of, read_line
from custody.domain.ledger_check import fingerprint
from custody.domain.people import People
from custody.errors import EvidenceError


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
        told: list[Signed] = []
        taken: set[str] = set()
        last: dt.datetime | None = None
        for stored in self.decisions.told():
            line = self._believed(stored)
            last = line.time
            if line.kind == APPROVAL_TAKEN:
                taken.add(str(line.body["plan"]))
            else:
                told.append(read_decision(str(line.body["line"]).encode()))
        known = frozenset(read_decision(one).digest for one in self.decisions.stored())
        return Record(
            told=tuple(told), stored=known, last_told=last, taken=frozenset(taken)
        )

    def roll(self, record: Record) -> Roll:
        """Return whose keys are whose, by what the ledger tells."""
        return call_roll(
            self.founders,
            record.told,
            people=self.people,
            verify=self.trust.verify,
        )

    def _believed(self, stored: bytes) -> Line:
        line = read_line(stored)
        key = key_of(line.origin)
        pinned = fingerprint(key) in self.trust.pins
        if not pinned or not self.trust.verify(key, line.signed, line.signature):
            message = f"ledger line {line.position}: not signed by the ledger's key"
            raise EvidenceError(message)
        return line
