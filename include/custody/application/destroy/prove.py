"""Prove: what opened before the destruction does not open after it (R72).

The attempt is made as a thief would make it: with the rows and wrapped keys of the
sample as they were copied, and every wrapping key that exists now.  Survivors are
opened as everybody opens them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from custody.application.destroy.steps import Steps
from custody.application.opening import Opener
from custody.application.ports import Entry
from custody.application.ports.destruction import Sample
from custody.application.ports.destruction_book import Run
from custody.domain.destruction import RunState
from custody.domain.language import Text
from custody.domain.observations import Recovery
from custody.errors import EvidenceError, KeyDestroyedError

_OPEN_AGAIN = Text(
    "{due_after} 位被销毁者仍可打开", "{due_after} of the destroyed open again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecovery(Steps):
    """`covered` to `proven`; the sample is forgotten with it.

    `thief` opens with wrapped keys that it is given, and asks the provider for keys
    that were told to die, too; `opener` opens with the keyring's.
    """

    sample: Sample
    thief: Opener
    opener: Opener

    def __call__(self, run: Run) -> Run:
        """Try both; EvidenceError when one of the destroyed opens, or a survivor not.

        What was found is kept before, so that no certificate can overlook it.  Who was
        killed when the sample was forgotten goes on with what was found of it.
        """
        kept = self.sample.kept(run.plan)
        before = self.book.recovery(run.plan) if kept.is_empty() else None
        if before is not None:
            return self._proven(run, before)
        found = self._attempt(kept)
        self.reached("destroy.prove.before")
        self.book.keep_recovery(run.plan, found)
        self.reached("destroy.prove.after")
        if found.due_after:
            raise _OPEN_AGAIN.as_error(EvidenceError, due_after=found.due_after)
        return self._proven(run, found)

    def _attempt(self, kept: pl.DataFrame) -> Recovery:
        due = kept.filter("due")
        survivors = kept.filter(~pl.col("due")).drop("epoch", "wrapped")
        return Recovery(
            due=due.height,
            due_before=due.height,  # the sample was kept after all of it had opened
            due_after=sum(self._opens(row) for row in due.iter_rows(named=True)),
            survivors=survivors.height,
            survivors_after=sum(1 for _ in self.opener.each(survivors)),
            seen_at=self.clock.now(),
        )

    def _opens(self, row: Mapping[str, Any]) -> bool:
        """Whether a copied value opens with its copied key."""
        try:
            self.thief.open_copied(row)
        except KeyDestroyedError:
            return False
        return True

    def _proven(self, run: Run, found: Recovery) -> Run:
        entry = Entry(
            kind="destruction_proven",
            subject=self.policy.dataset,
            body={
                "plan": run.plan,
                "due": found.due,
                "due_before": found.due_before,
                "due_after": found.due_after,
                "survivors": found.survivors,
                "survivors_after": found.survivors_after,
            },
        )
        self.sample.forget(run.plan)
        self.reached("destroy.proven.before")
        proven = self.advance(run, RunState.PROVEN, entry)
        self.reached("destroy.proven.after")
        return proven
