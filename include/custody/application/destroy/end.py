"""End: the old wrapping keys are told to die where they are kept (R70, R71).

Which of them may die, `rekey` and `reindex` look themselves, holding the epoch's row:
zero keys or tokens left, every survivor verified, every successor's escrow read back.
"""

from dataclasses import dataclass

from custody.application.destroy.steps import Steps
from custody.application.ports import Entry
from custody.application.ports.destruction_book import Run, Succession
from custody.application.ports.reindex import IndexTurn
from custody.application.reindex import ReindexTokens
from custody.application.rekey import RekeyEpochs
from custody.domain.destruction import RunState
from custody.domain.epochs import EpochId, Purpose
from custody.domain.language import Text
from custody.errors import EvidenceError

_NO_SUCCESSOR = Text(
    "{old} 没有后继纪元：留存者未迁移",
    "{old} has no successor: its survivors were not moved",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEpochs(Steps):
    """`reshown` to `ended`; a key service may take days from here."""

    rekey: RekeyEpochs
    reindex: ReindexTokens

    def __call__(self, run: Run) -> Run:
        """End each epoch of the run; repeatable."""
        ended = []
        for one in self.book.successions(run.plan):
            self._end(one, _successor(one))
            ended.append(str(one.old))
        entry = Entry(
            kind="destruction_ended",
            subject=self.policy.dataset,
            body={"plan": run.plan, "epochs": ended},
        )
        self.reached("destroy.ended.before")
        moved = self.advance(run, RunState.ENDED, entry)
        self.reached("destroy.ended.after")
        return moved

    def _end(self, one: Succession, new: EpochId) -> None:
        self.reached("destroy.end.before")
        if one.old.purpose is Purpose.INDEX:
            self.reindex.end(IndexTurn(one.old.number, new.number))
        else:
            self.rekey.end(one.old, new)
        self.reached("destroy.end.after")


def _successor(one: Succession) -> EpochId:
    if one.new is None:
        raise _NO_SUCCESSOR.as_error(EvidenceError, old=one.old)
    return one.new
