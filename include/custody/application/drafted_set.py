"""A set as it grows, and a set that was written."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from custody.application.ports.backup import Offered, TableOf
from custody.domain.epochs import EpochId
from custody.domain.full_set import SetTable
from custody.domain.language import Text, at_place, joined
from custody.domain.merkle import MerkleTree
from custody.domain.observations import FullSetSeen
from custody.domain.reconciliation import Reconciled


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSet:
    """A set that was read back from `seen`, and why it is not on other media."""

    name: str
    values: int
    root: str
    rows: int
    seen: tuple[FullSetSeen, ...]
    faults: Mapping[str, Text]
    missing: tuple[str, ...]
    reconciled: Reconciled


@dataclass(slots=True)
class Draft:
    """A set as it grows; `faults` are why a medium is left out."""

    name: str
    until: dt.date
    media: list[str]
    faults: dict[str, Text] = field(default_factory=dict)
    objects: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    tables: dict[str, list[SetTable]] = field(default_factory=dict)
    tree: MerkleTree = field(default_factory=MerkleTree)
    epochs: set[EpochId] = field(default_factory=set)
    rows: int = 0

    def keep_values(self, offered: Offered) -> None:
        """Keep where values were stored."""
        self._leave_out(offered.faults)
        for medium, one in offered.stored.items():
            self.objects.setdefault(medium, []).append((one.path, one.sha256))

    def keep_table(self, table: TableOf, offered: Offered) -> None:
        """Keep where a table was stored."""
        self._leave_out(offered.faults)
        self.rows += offered.rows
        for medium, one in offered.stored.items():
            kept = SetTable(
                name=table.name,
                columns=table.columns,
                rows=offered.rows,
                path=one.path,
                sha256=one.sha256,
            )
            self.tables.setdefault(medium, []).append(kept)

    def _leave_out(self, faults: Mapping[str, Text]) -> None:
        """Go on without the media that failed."""
        self.faults.update(faults)
        self.media = [one for one in self.media if one not in self.faults]


def told_of(written: WrittenSet) -> Text:
    """Return which media failed, and why, in one line."""
    faults = sorted(written.faults.items(), key=lambda one: one[0])
    return joined(at_place(name, why) for name, why in faults)
