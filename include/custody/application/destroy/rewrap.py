"""Rewrap: every survivor's key and token goes to a new epoch, and is verified (R69).

Live and restricted epochs of each level that is touched, and the index: whichever
lived on would open an older copy of what was deleted.
"""

from dataclasses import dataclass

from custody.application.destroy.steps import Steps
from custody.application.ports import Entry
from custody.application.ports.destruction_book import Run
from custody.application.reindex import ReindexTokens
from custody.application.rekey import RekeyEpochs
from custody.domain.destruction import RunState
from custody.domain.epochs import EpochId, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class RewrapSurvivors(Steps):
    """`deleted` to `rewrapped`; nothing is opened."""

    rekey: RekeyEpochs
    reindex: ReindexTokens

    def __call__(self, run: Run) -> Run:
        """Move keys and tokens; each epoch that ends gets its successor noted."""
        moved = verified = 0
        for one in self.book.successions(run.plan):
            if one.old.purpose is not Purpose.INDEX:
                new = self.rekey.succeed(one.old)
                self.book.succeed(run.plan, one.old, new)
                moved += self.rekey.rewrap(one.old, new)
                verified += self.rekey.verify(new)
        tokens = self._tokens(run)
        entry = Entry(
            kind="destruction_rewrapped",
            subject=self.policy.dataset,
            body={
                "plan": run.plan,
                "keys": moved,
                "verified": verified,
                "tokens": tokens,
            },
        )
        self.reached("destroy.rewrapped.before")
        rewrapped = self.advance(run, RunState.REWRAPPED, entry)
        self.reached("destroy.rewrapped.after")
        return rewrapped

    def _tokens(self, run: Run) -> int:
        turn = self.reindex.succeed()
        old = EpochId(Purpose.INDEX, None, turn.old)
        self.book.expect(run, (old,))
        self.book.succeed(run.plan, old, EpochId(Purpose.INDEX, None, turn.new))
        return self.reindex.reencrypt()
