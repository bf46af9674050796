"""The ledger first: verified against pins and every head, written, and read (R72)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.application.copy_ledger import Trust, copied_lines, newest_head
from custody.application.ports import Offsite
from custody.application.ports.restore import RestoreWarehouse
from custody.domain.language import Text
from custody.domain.ledger import Head, read_line
from custody.domain.ledger_check import verify_lines
from custody.domain.ledger_words import fault_at
from custody.domain.restoring import Replay
from custody.errors import CustodyError, EvidenceError

_NO_HEAD = Text(
    "{medium}：没有由 --pin 所指公钥签名的台账头",
    "{medium}: no ledger with a head that a pinned key signed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayLedger:
    """Reads the ledger of the medium that has most of it.

    `medium` is the one that is restored from; `media` are all that can be reached.
    """

    medium: Offsite
    media: Sequence[Offsite]
    trust: Trust
    warehouse: RestoreWarehouse

    def __call__(self) -> tuple[Replay, Head]:
        """Return what the ledger tells, and its head; EvidenceError if it fails."""
        heads = dict(self._heads())
        if not heads:
            raise _NO_HEAD.as_error(EvidenceError, medium=self.medium.name)
        fullest = max(heads, key=lambda one: heads[one].size)
        source = next(one for one in self._within_reach() if one.name == fullest)
        verdict = verify_lines(
            copied_lines(source),
            verify=self.trust.verify,
            pins=self.trust.pins,
            heads=tuple(heads.values()),
        )
        if verdict.head is None or not verdict.holds:
            position, fault = verdict.faults[0]
            raise fault_at(position, fault, source.name)
        replay = Replay(self.medium.name)
        self.warehouse.add_lines(_taken(source, replay))
        return replay, verdict.head

    def _heads(self) -> Iterator[tuple[str, Head]]:
        for one in self._within_reach():
            head = newest_head(one, self.trust)
            if head is not None:
                yield one.name, head

    def _within_reach(self) -> Iterator[Offsite]:
        """Yield the medium itself, and of the others those that answer."""
        yield self.medium
        for one in self.media:
            if one.name != self.medium.name and _answers(one):
                yield one


def replayed(medium: Offsite) -> Replay:
    """Return what the lines on a medium tell; whether they hold, others look."""
    replay = Replay(medium.name)
    for _ in _taken(medium, replay):
        pass
    return replay


def _answers(medium: Offsite) -> bool:
    try:
        medium.list("ledger/")
    except CustodyError:
        return False
    return True


def _taken(medium: Offsite, replay: Replay) -> Iterator[tuple[int, bytes]]:
    for position, line in enumerate(copied_lines(medium), start=1):
        replay.take(read_line(line))
        yield position, line
