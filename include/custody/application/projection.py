"""Rebuild the projection: after a crash or restore it is made from sealed values.

The projection lies in UNLOGGED tables: a crash empties it, by design (idea 2).
The rebuilder opens, masks and writes; each run is in the ledger (design section
5).  Masks follow the policy of today, so a rebuild also applies a changed mask.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from custody.application.opening import Opener
from custody.application.ports import Entry, KeyProvider, Keyring, Ledger
from custody.application.views import Projection
from custody.columns.project import NAME_FIELD, NATURAL, mask_at
from custody.domain.levels import Level
from custody.domain.masking import mask
from custody.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildProjection:
    """The use case; it does only what is missing, so it may be repeated."""

    policy: Policy
    projection: Projection
    keyring: Keyring
    provider: KeyProvider
    ledger: Ledger

    def __call__(self) -> int:
        """Return how many records are shown again; EvidenceError without its key.

        The ledger line comes first: an opening is recorded before it happens.
        """
        shower = _Shower(
            self.policy,
            Opener(policy=self.policy, keyring=self.keyring, provider=self.provider),
        )
        rebuilt, begun = 0, False
        for values in self.projection.missing():
            if not begun:
                self._record("projection_rebuild_begun", 0)
                begun = True
            shown = shower.show(values)
            self.projection.write(shown)
            rebuilt += shown.height
        if begun:
            self._record("projection_rebuilt", rebuilt)
        return rebuilt

    def _record(self, kind: str, records: int) -> None:
        self.ledger.append(
            Entry(
                kind=kind,
                subject=self.policy.dataset,
                body={"records": records, "policy": self.policy.digest},
            )
        )


_SHOWN: dict[str, pl.DataType | type[pl.DataType]] = {
    "handle": pl.Binary,
    "name": pl.String,
    "shown": pl.String,
    "levels": pl.List(pl.String),
}


@dataclass(slots=True)
class _Shower:
    """Opens the values of a batch and masks them."""

    policy: Policy
    opener: Opener

    def show(self, values: pl.DataFrame) -> pl.DataFrame:
        """Return handle, name, shown and levels of every handle in the batch."""
        records: dict[bytes, tuple[str | None, dict[str, str], list[str]]] = {}
        for row, opened in self.opener.each(values):
            name, shown, levels = records.get(row["handle"], (None, {}, []))
            levels.append(str(row["level"]))
            person = row["party"] == NATURAL
            for one, text, plain in self._fields(
                opened, str(row["level"]), natural=person
            ):
                shown[one] = text
                name = text if plain else name
            records[row["handle"]] = (name, shown, levels)
        return pl.DataFrame(
            [
                (handle, name, json.dumps(shown, ensure_ascii=False), levels)
                for handle, (name, shown, levels) in records.items()
            ],
            schema=_SHOWN,
            orient="row",
        )

    def _fields(
        self, values: Mapping[str, str], level: str, *, natural: bool
    ) -> Iterator[tuple[str, str, bool]]:
        """Yield field, what is shown of it, and whether it is the searchable name."""
        for one in self.policy.fields:
            if one.name in values:
                text = mask(
                    values[one.name], mask_at(one, level), natural_person=natural
                )
                plain = (
                    one.name == NAME_FIELD and level == Level.LOW.value and not natural
                )
                yield one.name, text, plain
