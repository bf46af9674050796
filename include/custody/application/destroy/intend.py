"""Intend: the ledger hears who is to be destroyed, by commitments (design idea 6).

Before any row is touched: whoever restores an older copy reads here whom it must not
bring back.  The salt of a commitment dies with its customer; who asked to be deleted
gets it with the receipt.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from custody.application.destroy.steps import Steps
from custody.application.opening import Opener
from custody.application.ports import Entry
from custody.application.ports.destruction import (
    DoomedKeys,
    Intended,
    Intending,
)
from custody.application.ports.destruction_book import Run
from custody.domain.commitments import commit
from custody.domain.destruction import RunState, ending
from custody.domain.levels import Level

COMMITMENTS_PER_LINE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordIntent(Steps):
    """`approved` to `intended`; opens one value a customer, as the destroyer."""

    intending: Intending
    keys: DoomedKeys
    opener: Opener

    def __call__(self, run: Run) -> Run:
        """Keep commitments and what is to end, and tell the ledger of them."""
        self.reached("destroy.intend.before")
        self.intending.intend(run.plan, tuple(self._customers(run)))
        self.intending.keep_fields(run.plan, self._fields(run))
        self.reached("destroy.intend.after")
        levels = {line.level for line, _ in self.intending.standings(run.plan)}
        self.book.expect(run, ending(self.keys.living(), levels))
        self.reached("destroy.intended.before")
        intended = self.advance(run, RunState.INTENDED, *self._entries(run))
        self.reached("destroy.intended.after")
        return intended

    def _customers(self, run: Run) -> Iterator[Intended]:
        for values in self.intending.first_values(run.plan):
            for row, opened in self.opener.opened(values):
                number = str(row["number"])
                yield Intended(
                    number=number,
                    commitment=commit(opened.salt, number),
                    salt=opened.salt if row["asked"] else None,
                    handle=bytes(row["handle"]),
                    level=Level(row["level"]),
                )

    def _fields(self, run: Run) -> dict[int, set[str]]:
        """Return what each line holds of versions that keep another level."""
        fields: dict[int, set[str]] = defaultdict(set)
        for values in self.intending.parted_values(run.plan):
            for row, opened in self.opener.each(values):
                fields[int(row["position"])] |= opened.keys()
        return fields

    def _entries(self, run: Run) -> Iterator[Entry]:
        told = self.book.who_goes(run.plan)
        for start in range(0, len(told), COMMITMENTS_PER_LINE):
            part = told[start : start + COMMITMENTS_PER_LINE]
            yield Entry(
                kind="destruction_intended",
                subject=self.policy.dataset,
                body={
                    "plan": run.plan,
                    "from": start + 1,
                    "customers": len(told),
                    "commitments": [one.commitment.hex() for one in part],
                    "levels": [" ".join(one.levels) for one in part],
                },
            )
        versions = [str(one) for one in self.book.versions(run.plan)]
        for start in range(0, len(versions), COMMITMENTS_PER_LINE):
            yield Entry(
                kind="superseded_intended",
                subject=self.policy.dataset,
                body={
                    "plan": run.plan,
                    "from": start + 1,
                    "lines": len(versions),
                    "versions": versions[start : start + COMMITMENTS_PER_LINE],
                },
            )
