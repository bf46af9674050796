"""Sample: some of the condemned and some survivors are opened, for comparison (R72).

What is kept of the sample is what a thief would have who copied rows and wrapped keys
before the destruction; only then does it prove something that it opens no more.
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from custody.application.destroy.steps import Steps
from custody.application.opening import Opener
from custody.application.ports import Entry, Keyring
from custody.application.ports.destruction import Sample
from custody.application.ports.destruction_book import Run
from custody.domain.destruction import RunState
from custody.domain.language import Text
from custody.errors import EvidenceError

SAMPLE_SIZE = 25
"""Sealed values of each side, as many as there are of them."""

PIVOT_BYTES = 16
_NO_SAMPLE = Text(
    "待销毁者没有可抽样的内容", "nothing of the condemned is there to be sampled"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSample(Steps):
    """`condemned` to `sampled`."""

    sample: Sample
    keyring: Keyring
    opener: Opener
    entropy: Callable[[int], bytes]

    def __call__(self, run: Run) -> Run:
        """Draw and open a sample; OpenError when one does not open even now."""
        drawn = self.sample.draw(
            run.plan, pivot=self.entropy(PIVOT_BYTES), size=SAMPLE_SIZE
        )
        opened = sum(1 for _ in self.opener.each(drawn))
        due = drawn["due"].sum()
        if not due:
            raise _NO_SAMPLE.as_error(EvidenceError)
        entry = Entry(
            kind="destruction_sampled",
            subject=self.policy.dataset,
            body={"plan": run.plan, "opened": opened, "due": int(due)},
        )
        self.reached("destroy.sample.before")
        self.sample.keep(run.plan, self._with_keys(drawn))
        self.reached("destroy.sample.after")
        self.reached("destroy.sampled.before")
        sampled = self.advance(run, RunState.SAMPLED, entry)
        self.reached("destroy.sampled.after")
        return sampled

    def _with_keys(self, drawn: pl.DataFrame) -> pl.DataFrame:
        keys = self.keyring.wrapped(drawn["handle"].unique().to_list())
        return drawn.join(
            keys.select("handle", "level", "key_id", "epoch", "wrapped"),
            on=["handle", "level", "key_id"],
        )
