"""Delete: the keys of the condemned, then their rows (R69-R71).

In this order a killed run leaves rows without keys, by which the next one finds what
is left to do; what opens nothing is no danger meanwhile.  Whatever epoch a key is under
now ends with the run: keys may have been rotated since the intent.

What goes was read in one moment, and in that moment every version was whose the
ledger says: nobody's keys go by a link that was changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from custody.application.approve import Approved, Refusals
from custody.application.destroy.linked import StillLinked
from custody.application.destroy.steps import Steps
from custody.application.ports import Entry
from custody.application.ports.destruction import (
    Batch,
    Deleting,
    DoomedKeys,
    LeftOver,
)
from custody.application.ports.destruction_book import Run
from custody.domain.decision_words import DOUBTS
from custody.domain.destruction import RunState, ending
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.errors import EvidenceError

_NOTHING = Text("未删除任何内容：{why}", "nothing is deleted: {why}")
_ROWS_LEFT = Text(
    "待销毁者仍有数据行：{told}", "rows of the condemned are left: {told}"
)
_KEYS_LEFT = Text("待销毁者仍有数据密钥", "data keys of the condemned are left")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCondemned(Steps):
    """`suppressed` to `deleted`, batch by batch."""

    deleting: Deleting
    left_over: LeftOver
    keys: DoomedKeys
    signed: Approved
    linked: StillLinked

    def __call__(self, run: Run) -> Run:
        """Delete every batch that is left; EvidenceError when something remains.

        So too when the plan is not the one that was signed any more, or a version has
        another customer's number: from here no word of people is asked, so its lines,
        and where they lead, are all that says whom.
        """
        answer = self.signed.check(run.plan, now=self.clock.now())
        if isinstance(answer, Refusals):
            why = DOUBTS[answer.reasons[0].doubt]
            raise _NOTHING.as_error(EvidenceError, why=why)
        keys = {str(one.source_id): one.match_keys for one in self.policy.sources}
        for batch in self.deleting.batches(run.plan, keys, self.linked.insist):
            self._delete(run, batch)
        left = self.left_over.left(run.plan)
        if any(left.values()):
            told = ", ".join(f"{name} {count}" for name, count in left.items())
            raise _ROWS_LEFT.as_error(EvidenceError, told=told)
        entry = Entry(
            kind="destruction_deleted",
            subject=self.policy.dataset,
            body={
                "plan": run.plan,
                "customers": self.book.customers(run.plan),
                "values": sum(one.values for one in self.book.portions(run.plan)),
            },
        )
        self.reached("destroy.deleted.before")
        deleted = self.advance(run, RunState.DELETED, entry)
        self.reached("destroy.deleted.after")
        return deleted

    def _delete(self, run: Run, batch: Batch) -> None:
        self._expect(run, batch)
        self.reached("destroy.keys.before")
        for level, handles in _doomed(batch):
            self.keys.delete(handles, level)
        self.reached("destroy.keys.after")
        if any(self.keys.left(handles, level) for level, handles in _doomed(batch)):
            raise _KEYS_LEFT.as_error(EvidenceError)
        self.reached("destroy.rows.before")
        self.deleting.delete(run.plan, batch)
        self.reached("destroy.rows.after")

    def _expect(self, run: Run, batch: Batch) -> None:
        """Note that every epoch ends under which a copy of these keys may be."""
        levels = frozenset(Level) if batch.waiting else batch.handles.keys()
        self.book.expect(run, ending(self.keys.living(), levels))


def _doomed(batch: Batch) -> Iterator[tuple[Level | None, tuple[bytes, ...]]]:
    """Yield the handles whose keys go: of a level, or of all of a row that waits."""
    yield from batch.handles.items()
    if batch.waiting:
        yield None, tuple(one.handle for one in batch.waiting)
