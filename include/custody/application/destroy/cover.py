"""Cover: a full set of every survivor lies on every medium, read back (R65-R67).

The same as a backup writes, by the same identity, who can open nothing: an expired
escrow may leave a medium only when such a set lies there (design idea 4).
"""

from collections.abc import Callable
from dataclasses import dataclass

from custody.application.destroy.steps import Steps
from custody.application.drafted_set import told_of
from custody.application.ports import Entry
from custody.application.ports.destruction_book import Run
from custody.application.write_set import WriteSet
from custody.domain.destruction import RunState
from custody.domain.language import Text
from custody.errors import WorldError

NAME_BYTES = 8
_LACKING = Text(
    "备份集未写入全部介质：{why}", "the full set is not on every medium: {why}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverSurvivors(Steps):
    """`ended` to `covered`; a killed one writes a new set, and the old one stays."""

    write_set: WriteSet
    entropy: Callable[[int], bytes]

    def __call__(self, run: Run) -> Run:
        """Write a full set; EvidenceError when a value has no key record.

        WorldError when a medium did not take it: it is repeated until all have.
        """
        name = f"{run.plan[:16]}-{self.entropy(NAME_BYTES).hex()}"
        self.reached("destroy.cover.before")
        written = self.write_set(name, plan=run.plan)
        self.reached("destroy.cover.after")
        if written.faults:
            raise _LACKING.as_error(WorldError, why=told_of(written))
        self.reached("destroy.sets.before")
        self.book.keep_full_sets(run.plan, written.seen)
        self.reached("destroy.sets.after")
        entry = Entry(
            kind="full_set_written",
            subject=self.policy.dataset,
            body={
                "plan": run.plan,
                "values": written.values,
                "root": written.root,
                "manifests": [f"{one.medium}:{one.manifest}" for one in written.seen],
            },
        )
        self.reached("destroy.covered.before")
        covered = self.advance(run, RunState.COVERED, entry)
        self.reached("destroy.covered.after")
        return covered
