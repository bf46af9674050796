"""What a restore could not bring back of people's words, until they answer it (R69).

Of a legal hold or an event that was told after a set the ledger has an id, and no
customer.  The line `restored` names it.  It is answered by a later line about the same
id that says which restore it answers: the word stands again, or is over for good.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.delivery_story import texts_of
from custody.domain.ledger import BodyValue, Line

RESTORED = "restored"
"""The kind of a restore's line, and the key by which a later one answers it."""


class WordKind(StrEnum):
    """What people say of a customer; the codes are those of the ledger's lines.

    A hold alone keeps somebody from destruction: an event that nobody knows of has
    not happened, and nobody is due before it has.
    """

    HOLD = "hold"
    EVENT = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A word that is lost; `restored` is the position of the line that named it.

    `told` is the line by which it was said, where the reader has it.
    """

    kind: WordKind
    word_id: str
    restored: int
    told: Line | None = None

    def __str__(self) -> str:
        """Return it as the ledger names it: `hold 00ab…`."""
        return f"{self.kind} {self.word_id}"

    def says(self, **body: BodyValue) -> bool:
        """Whether the line by which it was said has all of this."""
        told = {} if self.told is None else self.told.body
        return all(told.get(name) == value for name, value in body.items())


def unanswered(lines: Iterable[Line]) -> tuple[Unanswered, ...]:
    """Return what restores have named and nobody has answered, in their order.

    A further restore, from a set that has it, brings back what an earlier one lost.
    """
    found: dict[str, Unanswered] = {}
    told: dict[str, Line] = {}
    for line in lines:
        if line.kind == RESTORED:
            if _NAMES_ALL in line.body:  # what it does not name has come back
                found.clear()
            found |= {one.word_id: one for one in _named(line, told)}
        elif line.kind in _WORDS:
            name = str(line.body[_WORDS[line.kind]])
            if RESTORED in line.body:
                found.pop(name, None)
            told[name] = line
    return tuple(found.values())


_NAMES_ALL = "changed"
"""Since a restore tells this, it names everything that lacks, of earlier ones too."""

_WORDS = {
    "hold_set": WordKind.HOLD,
    "hold_lifted": WordKind.HOLD,
    "event_recorded": WordKind.EVENT,
    "event_withdrawn": WordKind.EVENT,
}


def _named(line: Line, told: Mapping[str, Line]) -> Iterator[Unanswered]:
    for one in texts_of(line.body, "unknown"):
        kind, _, name = one.partition(" ")
        if kind in set(WordKind):
            yield Unanswered(
                kind=WordKind(kind),
                word_id=name,
                restored=line.position,
                told=told.get(name),
            )
