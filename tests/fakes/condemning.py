"""Due, marked, condemned, sampled, in memory: the suite also runs on PostgreSQL."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from custody.application.ports import Entry
from custody.application.ports.destruction_book import Fate, Run
from custody.domain.destruction import RunState
from custody.domain.record_states import RecordState
from custody.domain.retention_plan import Due, Planning, due_by
from custody.errors import ConflictError
from tests.fakes.destruction import FakeLine
from tests.fakes.doomed import FakeCustomers

DRAWN = {
    "due": pl.Boolean,
    "handle": pl.Binary,
    "level": pl.String,
    "sealed": pl.Binary,
    "key_id": pl.Binary,
    "digest": pl.Binary,
}
KEPT = {**DRAWN, "epoch": pl.String, "wrapped": pl.Binary}


@dataclass
class FakeCondemning:
    """Implements `Condemning`."""

    customers: FakeCustomers

    def mark(self, run: Run, entry: Entry, *, at: dt.datetime) -> Run | None:
        """Mark every line and move the run; None when one of them is not fit."""
        here = self.customers
        here.insist_as_signed(run.plan)
        lines = [line.due for _, line in here.lines(run.plan)]
        places = [(one.number, one.level) for one in lines if one.up_to is None]
        due = [here.standings.get(place) is RecordState.DUE for place in places]
        if not all(due) or here.holds & {one.number for one in lines}:
            return None
        here.standings |= dict.fromkeys(places, RecordState.DESTROYING)
        return self._move(run, RunState.MARKED, entry, at=at)

    def spare(self, run: Run, entry: Entry, *, at: dt.datetime) -> Run:
        """Take every mark back and end the run."""
        for _, line in self.customers.lines(run.plan):
            line.fate = Fate.SPARED
            self._settle(line.due, RecordState.STORAGE_ONLY)
        return self._move(run, RunState.SPARED, entry, at=at)

    def condemn(
        self, plan: str, planning: Planning, *, at: dt.datetime
    ) -> tuple[int, int]:
        """Condemn what nothing keeps, spare the rest; count both."""
        assert at.tzinfo
        here = self.customers
        here.insist_as_signed(plan)
        for _, line in here.lines(plan):
            if line.fate is Fate.INTENDED:
                spared = self._is_kept(line.due, planning)
                line.fate = Fate.SPARED if spared else Fate.CONDEMNED
                line.values = sum(
                    line.due.level in one.values
                    for one in here.of(line.due, line.salt_in)
                )
                self._settle(
                    line.due,
                    RecordState.STORAGE_ONLY if spared else RecordState.DESTROYED,
                )
        fates = [line.fate for _, line in here.lines(plan)]
        return fates.count(Fate.CONDEMNED), fates.count(Fate.SPARED)

    def numbers(self, plan: str) -> Iterator[tuple[str, ...]]:
        """Yield the numbers of the condemned customers, all at once."""
        found = {
            line.due.number
            for _, line in self.customers.lines(plan)
            if line.due.up_to is None and line.fate is Fate.CONDEMNED
        }
        if found:
            yield tuple(sorted(found))

    def _is_kept(self, due: Due, planning: Planning) -> bool:
        here = self.customers
        if due.number in here.holds:
            return True
        if due.up_to is None:
            standing = here.standings.get((due.number, due.level))
            return standing is not RecordState.DESTROYING
        dues = {one.place: one for one in planning.dues(here.kept[due.number])}
        found = due_by(due, dues)
        return found is None or not found.covers(due)

    def _settle(self, due: Due, state: RecordState) -> None:
        """Give a marked level its next state."""
        place = due.number, due.level
        marked = self.customers.standings.get(place) is RecordState.DESTROYING
        if due.up_to is None and marked:
            self.customers.standings[place] = state

    def _move(self, run: Run, new: RunState, entry: Entry, *, at: dt.datetime) -> Run:
        found = self.customers.book.move(run, new, entry, at=at)
        if found is None:
            raise ConflictError("another run has taken this step of the destruction")
        return found


@dataclass
class FakeSample:
    """Implements `Sample`."""

    customers: FakeCustomers
    samples: dict[str, pl.DataFrame] = field(default_factory=dict)

    def draw(self, plan: str, *, pivot: bytes, size: int) -> pl.DataFrame:
        """Return some of the condemned, and some survivors, from a handle on."""
        condemned = {
            (one.handle, line.due.level)
            for _, line, one in self.customers.doomed(plan)
            if _is_to_go(line)
        }
        found: dict[bool, list[dict[str, object]]] = {True: [], False: []}
        order = sorted(
            self.customers.versions, key=lambda one: (one.handle < pivot, one.handle)
        )
        for one in order:
            for level in sorted(one.values, key=str):
                due = (one.handle, level) in condemned
                found[due].append({"due": due, **one.row(level)})
        rows = found[True][:size] + found[False][:size]
        return pl.DataFrame(rows, schema=DRAWN)

    def keep(self, plan: str, sample: pl.DataFrame) -> None:
        """Keep a sample, in the place of an older one."""
        self.samples[plan] = sample.select(*KEPT).sort("handle", "level")

    def kept(self, plan: str) -> pl.DataFrame:
        """Return the sample that was kept."""
        return self.samples.get(plan, pl.DataFrame(schema=KEPT))

    def forget(self, plan: str) -> None:
        """Delete it."""
        self.samples.pop(plan, None)


def _is_to_go(line: FakeLine) -> bool:
    return line.fate is Fate.CONDEMNED and not line.deleted
