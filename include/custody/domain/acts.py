"""What people did, by the ledger: a set has it until its snapshot, this to the end.

Decisions and certificates stand in its lines whole.  Of events and legal holds it has
an id and no customer: what was set after a set is known to be missing, what was ended
after it is ended (R69-R72).
"""

import datetime as dt
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from custody.domain.ledger import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificate:
    """A certificate that was told: its id, and its file, "" when no line has it."""

    certificate_id: str
    content: str


@dataclass(slots=True)
class Word:
    """An event or a legal hold, and when it was taken back."""

    ended_at: dt.datetime | None = None


@dataclass(slots=True)
class Acts:
    """Folds the lines of a ledger; memory grows with what people did."""

    decisions: list[tuple[dt.datetime, bytes]] = field(default_factory=list)
    """When each was recorded, and the line that was signed."""
    certificates: list[IssuedCertificate] = field(default_factory=list)
    events: dict[str, Word] = field(default_factory=dict)
    holds: dict[str, Word] = field(default_factory=dict)

    def take(self, line: Line) -> None:
        """Take one line."""
        match line.kind:
            case "decision_recorded":
                self.decisions.append((line.time, str(line.body["line"]).encode()))
            case "certificate_issued":
                self.certificates.append(
                    IssuedCertificate(
                        certificate_id=str(line.body["certificate"]),
                        content=str(line.body.get("content", "")),
                    )
                )
            case "event_recorded":
                self.events[str(line.body["event"])] = Word()
            case "hold_set":
                self.holds[str(line.body["hold"])] = Word()
            case "event_withdrawn":
                self.events[str(line.body["event"])].ended_at = line.time
            case "hold_lifted":
                self.holds[str(line.body["hold"])].ended_at = line.time


def missing(words: Mapping[str, Word], *, there: Container[str]) -> tuple[str, ...]:
    """Return what stands by the ledger and is not there: lost now, or long ago."""
    return tuple(
        name
        for name, word in words.items()
        if word.ended_at is None and name not in there
    )
