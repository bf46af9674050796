"""Linked: every version is whose the ledger says, or nothing of anybody is deleted.

People sign numbers of customers; what is deleted are keys by handle, in the other
database.  What leads from the one to the other lies in the warehouse alone, whose
owner can write it: the roots of the ledger say what was there when it came in (ADR 26).
"""

from dataclasses import dataclass

from custody.application.copy_ledger import Trust
from custody.application.ledgered import walk_ledger
from custody.application.ports.destruction import LinksNow, LinksThen
from custody.domain.destruction import Obstacle
from custody.domain.language import Text
from custody.domain.links import Linked, Links
from custody.errors import EvidenceError

MOST_TOLD = 10
"""Deliveries that are named; there may be more."""
_RELINKED = Text(
    "未删除任何内容：版本归属与台账不符：{deliveries}",
    "nothing is deleted: versions are not whose the ledger says they are: {deliveries}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StillLinked:
    """Compares all versions with the ledger; memory grows with deliveries."""

    now: LinksNow
    trust: Trust

    def __call__(self) -> tuple[str, ...]:
        """Return what speaks against a run now: `relinked delivery` each."""
        with self.now.taken() as moment:
            found = self.judge(moment)
        return tuple(f"{Obstacle.RELINKED} {one}" for one in found.relinked[:MOST_TOLD])

    def insist(self, moment: LinksThen) -> None:
        """Refuse a moment in which a version has another number than it came with."""
        relinked = self.judge(moment).relinked
        if relinked:
            raise _RELINKED.as_error(
                EvidenceError, deliveries=", ".join(relinked[:MOST_TOLD])
            )

    def judge(self, moment: LinksThen) -> Linked:
        """Judge; EvidenceError when the ledger itself does not hold."""
        links = Links()
        walk_ledger(moment.lines(), self.trust, links.tell)
        for delivery_id, handles, leaf_hashes in moment.versions():
            links.add(delivery_id, handles, leaf_hashes)
        return links.judge()
