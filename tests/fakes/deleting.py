"""The rows and keys of the condemned, in memory: the suite also runs on PostgreSQL."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from custody.application.ports.destruction import Batch, LinksThen
from custody.application.ports.destruction_book import Fate
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from tests.fakes.doomed import FakeCustomers
from tests.fakes.keyring import FakeKeyring
from tests.fakes.linked import FakeLinks


@dataclass
class FakeDeleting:
    """Implements `Deleting`; `rewritten` counts how often what is shown was.

    No row waits here; by which keys one would be found is remembered.
    """

    customers: FakeCustomers
    rewritten: int = 0
    match_keys: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)

    def batches(
        self,
        plan: str,
        match_keys: Mapping[str, Sequence[Sequence[str]]],
        insist: Callable[[LinksThen], None],
    ) -> Iterator[Batch]:
        """Yield the condemned lines whose rows are not deleted yet, all at once."""
        self.match_keys = match_keys
        here = self.customers
        positions = [
            at
            for at, one in here.lines(plan)
            if one.fate is Fate.CONDEMNED and not one.deleted
        ]
        if not positions:
            return
        insist(FakeLinks(here))
        here.insist_as_signed(plan)
        handles: dict[Level, list[bytes]] = defaultdict(list)
        for position, line, one in here.doomed(plan):
            if position in positions:
                handles[line.due.level].append(one.handle)
        yield Batch(
            positions=tuple(positions),
            handles={level: tuple(found) for level, found in handles.items()},
        )

    def delete(self, plan: str, batch: Batch) -> None:
        """Delete every row of a batch; what remains are tombstones."""
        here = self.customers
        mine = [it for it in here.doomed(plan) if it[0] in batch.positions]
        for _, line, one in mine:
            one.values.pop(line.due.level, None)
            one.shown = False
        for _, line, one in mine:
            one.tokens = one.tokens - line.fields if one.values else set()
            line.deleted = True

    def rewrite(self) -> None:
        """Count it."""
        self.rewritten += 1


@dataclass
class FakeDoomedKeys:
    """Implements `DoomedKeys` over the fake keyring."""

    keyring: FakeKeyring

    def living(self) -> tuple[EpochId, ...]:
        """Return every epoch of keys that is not destroyed."""
        return self.keyring.living()

    def delete(self, handles: Sequence[bytes], level: Level | None = None) -> int:
        """Delete the keys of handles, of one level or of all; count them."""
        gone = self._of(handles, level)
        count = self.left(handles, level)
        self.keyring.keys = self.keyring.keys.filter(~gone)
        return count

    def left(self, handles: Sequence[bytes], level: Level | None = None) -> int:
        """Count the keys that handles have."""
        return self.keyring.keys.filter(self._of(handles, level)).height

    @staticmethod
    def _of(handles: Sequence[bytes], level: Level | None) -> pl.Expr:
        named = pl.col("handle").is_in(list(handles))
        return named if level is None else named & (pl.col("level") == level.value)
