"""Versions of the register, opened to be compared; and what came of comparing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from custody.application.opening import Opener
from custody.columns.standing import RECORD, masks_of, place_of
from custody.domain.delivery import DeliveryKey
from custody.domain.reclassifying import Place, Standing


@dataclass(slots=True)
class Reclassified:
    """What was found, in versions; `levels` and `tiers` count `old>new`."""

    unchanged: int = 0
    changed: int = 0
    held: int = 0  # of the changed: a person must see them first
    waiting: int = 0  # found changed before, under this policy
    unapproved: int = 0  # their source left the policy
    levels: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    deliveries: list[DeliveryKey] = field(default_factory=list)

    def told(self) -> dict[str, int | list[str]]:
        """Return it as the ledger keeps it."""
        names = ("unchanged", "changed", "held", "waiting", "unapproved")
        return {
            **{name: int(getattr(self, name)) for name in names},
            "levels": _counted(self.levels),
            "tiers": _counted(self.tiers),
            "deliveries": [str(key.delivery_id) for key in self.deliveries],
        }


@dataclass(slots=True, repr=False)
class Version:
    """A version as it stands: its row, and what its sealed values open to."""

    row: Mapping[str, Any]
    texts: dict[str, str] = field(default_factory=dict)
    fields: dict[Place, str] = field(default_factory=dict)

    def take(self, level: str, opened: Mapping[str, str]) -> None:
        """Take the fields of one level, by their sealed names."""
        self.texts |= opened
        self.fields |= {place_of(level, name): text for name, text in opened.items()}

    def standing(self) -> Standing:
        """Return how it stands."""
        row = self.row
        return Standing(
            fields=self.fields,
            record=tuple(
                row["record_level" if name == "level" else name] for name in RECORD
            ),
            masks=masks_of(row["name"], row["shown"]),
            reasons=frozenset(row["reasons"]),
        )


def opened_versions(part: pl.DataFrame, opener: Opener) -> list[Version]:
    """Return the versions of a frame of `RegisteredValues`, opened, in order."""
    found = {row["handle"]: Version(row) for row in part.iter_rows(named=True)}
    for row, opened in opener.each(part.filter(pl.col("level").is_not_null())):
        found[row["handle"]].take(row["level"], opened)
    return list(found.values())


def _counted(moved: Counter[str]) -> list[str]:
    return [f"{move} {count}" for move, count in sorted(moved.items())]
