"""Customers whom a destruction ends, in memory: what its ports look at and change.

`FakeCustomers` is the register; the ports over it stand here, in `condemning` and in
`deleting`.  Their contract suite also runs on PostgreSQL.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from custody.application.ports.destruction import Intended
from custody.application.ports.destruction_book import Fate
from custody.domain.destruction import LineStanding
from custody.domain.kept_customer import KeptCustomer
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.record_states import RecordState
from custody.domain.retention_plan import REQUEST, Due
from custody.errors import EvidenceError
from tests.fakes.destruction import FakeDestructionBook, FakeLine

_VALUE = {
    "handle": pl.Binary,
    "level": pl.String,
    "sealed": pl.Binary,
    "key_id": pl.Binary,
    "digest": pl.Binary,
}
FIRST = {"number": pl.String, "asked": pl.Boolean, **_VALUE}
PARTED = {"number": pl.String, "position": pl.Int64, **_VALUE}


@dataclass(eq=False)
class FakeVersion:
    """One version: its sealed values by level, and the fields of its tokens."""

    number: str
    version: int
    handle: bytes
    values: dict[Level, dict[str, bytes]]
    tokens: set[str] = field(default_factory=set)
    part: str = ""
    delivery: str = "d"
    shown: bool = True

    def row(self, level: Level) -> dict[str, object]:
        """Return one of its sealed values."""
        return {"handle": self.handle, "level": level.value, **self.values[level]}


@dataclass
class FakeCustomers:
    """The register, people's words about it, and the plans; lines are the book's."""

    book: FakeDestructionBook
    plans: dict[str, tuple[Due, ...]] = field(default_factory=dict)
    versions: list[FakeVersion] = field(default_factory=list)
    kept: dict[str, KeptCustomer] = field(default_factory=dict)
    standings: dict[tuple[str, Level], RecordState] = field(default_factory=dict)
    holds: set[str] = field(default_factory=set)
    landed: set[str] = field(default_factory=set)
    unsettled: set[str] = field(default_factory=set)
    salts: dict[tuple[str, str], bytes | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let the book ask what is left of a customer."""
        self.book.left = lambda number: {
            level
            for one in self.versions
            if one.number == number
            for level in one.values
        }

    def lines(self, plan: str) -> list[tuple[int, FakeLine]]:
        """Return the lines of a run with their positions."""
        return list(enumerate(self.book.lines.get(plan, []), start=1))

    def of(self, due: Due, salt_in: bytes | None = None) -> list[FakeVersion]:
        """Return the versions that a line takes."""
        return [
            one
            for one in self.versions
            if one.number == due.number
            and (
                due.up_to is None
                or (
                    one.part == due.up_to.part
                    and one.version <= due.up_to.version
                    and one.handle != salt_in
                )
            )
        ]

    def doomed(
        self, plan: str, *, spared: bool = False
    ) -> Iterator[tuple[int, FakeLine, FakeVersion]]:
        """Yield each version that each line of a run takes."""
        for position, line in self.lines(plan):
            if spared or line.fate is not Fate.SPARED:
                for one in self.of(line.due, line.salt_in):
                    yield position, line, one

    def insist_as_signed(self, plan: str) -> None:
        """Compare a run's lines with the plan's."""
        if tuple(line.due for _, line in self.lines(plan)) != self.plans[plan]:
            message = f"the run's lines are not those of the plan {plan}"
            raise EvidenceError(message)


@dataclass
class FakeIntending:
    """Implements `Intending`."""

    customers: FakeCustomers

    def standings(self, plan: str) -> Iterator[tuple[Due, LineStanding]]:
        """Yield each line of a plan with what the register says of it."""
        here = self.customers
        for due in here.plans[plan]:
            deliveries = {one.delivery for one in here.of(due)}
            yield (
                due,
                LineStanding(
                    due=None,
                    state=here.standings.get(
                        (due.number, due.level), RecordState.IN_USE
                    ),
                    on_hold=due.number in here.holds,
                    landed=bool(deliveries & here.landed),
                    unsettled=due.up_to is None and due.number in here.unsettled,
                ),
            )

    def first_values(self, plan: str) -> Iterator[pl.DataFrame]:
        """Yield one sealed value a customer: where the salt is."""
        rules: dict[str, set[str]] = defaultdict(set)
        for due in self.customers.plans[plan]:
            rules[due.number].add(due.rule_id)
        rows = []
        for number in sorted(rules):
            left = [one for one in self.customers.versions if one.number == number]
            found = [one for one in left if one.values]
            for first in sorted(found, key=lambda one: one.version)[:1]:
                lowest = max(first.values, key=LEVELS_FROM_HIGH.index)
                asked = REQUEST in rules[number]
                rows.append({"number": number, "asked": asked, **first.row(lowest)})
        if rows:
            yield pl.DataFrame(rows, schema=FIRST)

    def parted_values(self, plan: str) -> Iterator[pl.DataFrame]:
        """Yield what goes of versions that keep another level."""
        taken = [
            (position, line.due.level, one)
            for position, line, one in self.customers.doomed(plan, spared=True)
        ]
        goes = {(one.handle, level) for _, level, one in taken}
        rows = [
            {"number": one.number, "position": position, **one.row(level)}
            for position, level, one in taken
            if level in one.values
            and any((one.handle, other) not in goes for other in one.values)
        ]
        if rows:
            yield pl.DataFrame(rows, schema=PARTED)

    def intend(self, plan: str, customers: Sequence[Intended]) -> None:
        """Keep the lines, the commitments, and where a salt stays."""
        told = {one.number: one for one in customers}
        if not self.customers.lines(plan):
            self.customers.book.lines[plan] = [
                FakeLine(due, told[due.number].commitment)
                for due in self.customers.plans[plan]
            ]
        for one in customers:
            self.customers.salts.setdefault((plan, one.number), one.salt)
        for _, line in self.customers.lines(plan):
            mine = told.get(line.due.number)
            if line.due.up_to and mine and mine.level is line.due.level:
                line.salt_in = mine.handle

    def keep_fields(self, plan: str, fields: Mapping[int, set[str]]) -> None:
        """Keep what the lines of parted versions hold."""
        for position, line in self.customers.lines(plan):
            line.fields |= fields.get(position, set())


@dataclass
class FakeLeftOver:
    """Implements `LeftOver`."""

    customers: FakeCustomers

    def left(self, plan: str) -> Mapping[str, int]:
        """Count what is left of the condemned."""
        found = list(self.customers.doomed(plan))
        return {
            "values": sum(line.due.level in one.values for _, line, one in found),
            "tokens": sum(
                len(one.tokens & line.fields if one.values else one.tokens)
                for _, line, one in found
            ),
            "shown": sum(one.shown and not one.values for _, _, one in found),
        }

    def handles(self, plan: str) -> Iterator[tuple[Level, tuple[bytes, ...]]]:
        """Yield the handles of every version, by the level that goes."""
        levels: dict[Level, list[bytes]] = defaultdict(list)
        for _, line, one in self.customers.doomed(plan):
            levels[line.due.level].append(one.handle)
        yield from ((level, tuple(found)) for level, found in sorted(levels.items()))

    def landed(self, plan: str) -> int:
        """Count the deliveries of a run whose landed files are not erased."""
        found = {one.delivery for _, _, one in self.customers.doomed(plan)}
        return len(found & self.customers.landed)
