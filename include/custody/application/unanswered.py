"""Answer a restore: what it lost of holds and events is set again, or is over (R69).

The word keeps its id, and the line says which restore it answers.  Whoever may set a
hold, or lift one, may do so with one that is lost: the ledger has when it was set, by
whom and why, and people know of whom.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from custody.application.ports import Entry
from custody.application.retention import (
    Answer,
    EventKind,
    KeepRetention,
    RetentionBook,
    Told,
    answers,
)
from custody.domain.unanswered import Unanswered, WordKind

Lost = Callable[[], Iterable[Unanswered]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRestore:
    """The use case, over that of plain words; `lost` reads the ledger each time."""

    keep: KeepRetention
    book: RetentionBook
    lost: Lost

    def hold(self, hold_id: bytes, number: str, *, reason: str, actor: str) -> Told:
        """Set a lost hold again."""
        again = self._find(WordKind.HOLD, hold_id)
        if again is None:
            return Told(answer=Answer.NOT_LOST)
        return self.keep.hold(number, reason=reason, actor=actor, again=again)

    def record(
        self,
        event_id: bytes,
        number: str,
        kind: EventKind,
        on: dt.date,
        *,
        reason: str,
        actor: str,
    ) -> Told:
        """Record a lost event again, as the ledger tells that it was."""
        again = self._find(WordKind.EVENT, event_id)
        if again is None:
            return Told(answer=Answer.NOT_LOST)
        if not again.says(kind=kind.value, on=on.isoformat()):
            return Told(answer=Answer.OTHER_EVENT)
        return self.keep.record(
            number, kind, on, reason=reason, actor=actor, again=again
        )

    def lift(self, hold_id: bytes, *, reason: str, actor: str) -> Told:
        """Lift a hold: one that stands, or one that is lost and needed no more."""
        told = self.keep.lift(hold_id, reason=reason, actor=actor)
        if told.answer is not Answer.UNKNOWN:
            return told
        return self._end(WordKind.HOLD, hold_id, {"reason": reason, "actor": actor})

    def withdraw(self, event_id: bytes, *, reason: str, actor: str) -> Told:
        """Take an event back: one that stands, or one that is lost."""
        told = self.keep.withdraw(event_id, reason=reason, actor=actor)
        if told.answer is not Answer.UNKNOWN:
            return told
        return self._end(WordKind.EVENT, event_id, {"reason": reason, "actor": actor})

    def _end(self, kind: WordKind, word_id: bytes, why: Mapping[str, str]) -> Told:
        lost = self._find(kind, word_id)
        if lost is None:
            return Told(answer=Answer.UNKNOWN)
        entry = Entry(
            kind=_OVER[kind],
            subject=self.keep.policy.dataset,
            body={kind.value: lost.word_id, **why, **answers(lost)},
        )
        return Told(answer=self.book.give_up(word_id, entry), made_id=word_id)

    def _find(self, kind: WordKind, word_id: bytes) -> Unanswered | None:
        wanted = (kind, word_id.hex())
        found = (one for one in self.lost() if (one.kind, one.word_id) == wanted)
        return next(found, None)


_OVER = {WordKind.HOLD: "hold_lifted", WordKind.EVENT: "event_withdrawn"}
