"""Watch: look at drills, backups, escrows, heads and destructions, and tell figures.

It mends nothing and opens nothing.  What could not be looked at is an alarm: a skipped
check has failed (R65-R70).
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from custody.application.copy_ledger import Trust, newest_head
from custody.application.escrows import living_epochs, media_without
from custody.application.full_sets import ReadFullSets
from custody.application.keys import IndexEpochs
from custody.application.ports import Clock, Keyring, Ledger, Notifier, Offsite
from custody.domain.drills import DrillAge
from custody.domain.epochs import EpochId
from custody.domain.language import Language, Text, joined, said
from custody.domain.ledger import hash_line, read_line
from custody.domain.unanswered import Unanswered
from custody.domain.watch import (
    DESTRUCTION_LONGEST,
    HEAD_LONGEST,
    Figure,
    Seen,
    SeenMedium,
    alarms,
    figures,
)
from custody.errors import CustodyError, EvidenceError

Publish = Callable[[Figure], None]
_NO_LINE = Text(
    "台账没有台账头所载的第 {size} 行",
    "the ledger has no line {size} as its head tells",
)


class DueViews(Protocol):
    """Who is due, counted; the reader's port."""

    def due(self, *, before: dt.datetime) -> tuple[int, int]:
        """Return how many customers are due, and how many have been since before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The use case, daily and repeatable; a medium stops no other."""

    media: Sequence[Offsite]
    tags: Mapping[str, str]
    trust: Trust
    keyring: Keyring
    index_epochs: IndexEpochs
    ledger: Ledger
    drills: Callable[[], tuple[DrillAge, ...]]
    dues: DueViews
    unanswered: Callable[[], Sequence[Unanswered]]
    notifier: Notifier
    clock: Clock

    def __call__(self) -> Seen:
        """Look at everything."""
        now = self.clock.now()
        first = next(iter(self.ledger.lines()), None)
        epochs = tuple(living_epochs(self.keyring, self.index_epochs))
        due, overdue = self.dues.due(before=now - DESTRUCTION_LONGEST)
        return Seen(
            now=now,
            begun=now if first is None else read_line(first).time,
            drills=self.drills(),
            media=tuple(self._medium(one, epochs, now) for one in self.media),
            due=due,
            overdue=overdue,
            unanswered=len(self.unanswered()),
        )

    def insist(self, publish: Publish) -> int:
        """Publish every figure, tell people of alarms; return how many figures.

        EvidenceError names the alarms, once all is published and people were told.
        """
        seen = self()
        published = tuple(figures(seen))
        for figure in published:
            publish(figure)
        told = tuple(alarms(seen))
        if told:
            texts = [f"{one.of(Language.ZH)}\n{one.of(Language.EN)}" for one in told]
            self.notifier.notify(
                f"备份告警 backup alarms: {len(told)}", "\n".join(texts)
            )
            raise joined(one.filled for one in told).as_error(EvidenceError)
        return len(published)

    def _medium(
        self, medium: Offsite, epochs: Sequence[EpochId], now: dt.datetime
    ) -> SeenMedium:
        try:
            made = [
                one.full.made_at
                for one in ReadFullSets(self.trust).listed(medium)
                if one.full is not None and one.full.made_at is not None
            ]
            without = [
                one for one in epochs if media_without(one, (medium,), self.tags)
            ]
            head_at, uncopied = self._head(medium, now)
        except CustodyError as fault:
            return SeenMedium(medium=medium.name, fault=said(fault))
        return SeenMedium(
            medium=medium.name,
            backed_up_at=max(made, default=None),
            without_escrow=len(without),
            head_at=head_at,
            uncopied=uncopied,
        )

    def _head(
        self, medium: Offsite, now: dt.datetime
    ) -> tuple[dt.datetime | None, bool]:
        """Return the time of the head's line, and whether an old one is not there.

        EvidenceError when the ledger is not the one whose head lies there.
        """
        head = newest_head(medium, self.trust)
        lines = self.ledger.lines(first=1 if head is None else head.size)
        found = list(islice(lines, 1 if head is None else 2))
        time = None
        if head is not None:
            if not found or hash_line(found[0]) != head.hash:
                raise _NO_LINE.as_error(EvidenceError, size=head.size)
            time = read_line(found.pop(0)).time
        before = now - HEAD_LONGEST
        return time, any(read_line(one).time < before for one in found)
