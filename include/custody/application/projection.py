"""Rebuild the projection: after a crash or restore it is made from sealed values.

The projection lies in UNLOGGED tables: a crash empties it, by design (idea 2).
The rebuilder opens, masks and writes; each run is in the ledger (design section
5).  Masks follow the policy of today, so a rebuild also applies a changed mask.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from custody.application.opening import Opener
from custody.application.ports import Entry, KeyProvider, Keyring, Ledger
from custody.application.views import Projection
from custody.columns.blocks import Examined
from custody.columns.project import project
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


@dataclass(frozen=True, slots=True)
class _Shower:
    """Opens the values of a batch and masks them, by columns, as sealing does."""

    policy: Policy
    opener: Opener

    def show(self, values: pl.DataFrame) -> pl.DataFrame:
        """Return handle, name, shown and levels of every handle in the batch."""
        records = values.group_by("handle", maintain_order=True).agg(
            pl.col("party").first(), levels=pl.col("level")
        )
        places = {handle: at for at, handle in enumerate(records["handle"])}
        fields = _Fields(records.height, {one.name for one in self.policy.fields})
        for row, opened in self.opener.each(values):
            fields.add(places[row["handle"]], str(row["level"]), opened)
        numbers = pl.int_range(1, records.height + 1, dtype=pl.Int64, eager=True)
        rows = records.select("handle", "party", "levels", row=numbers)
        examined = Examined(
            values=fields.frame(rows["row"]),
            facts=rows.select("row"),
            identity=rows.select("row", "party"),
        )
        shown = project(
            examined,
            handles=rows["handle"],
            levels=fields.levels(),
            fields=self.policy.fields,
        )
        return shown.select("handle", "name", "shown").with_columns(rows["levels"])


@dataclass(slots=True)
class _Fields:
    """What is opened, a column a field, and at which level it was sealed."""

    height: int
    names: set[str]
    _texts: dict[str, list[str | None]] = field(default_factory=dict)
    _levels: dict[str, list[str | None]] = field(default_factory=dict)

    def add(self, at: int, level: str, opened: Mapping[str, str]) -> None:
        """Take the fields of one level of the record at a place."""
        for name in opened.keys() & self.names:
            if name not in self._texts:
                self._texts[name] = [None] * self.height
                self._levels[name] = [None] * self.height
            self._texts[name][at] = opened[name]
            self._levels[name][at] = level

    def frame(self, rows: pl.Series) -> pl.DataFrame:
        """Return `row` and a column of text for each field."""
        columns = [
            pl.Series(name, texts, dtype=pl.String)
            for name, texts in self._texts.items()
        ]
        return pl.DataFrame([rows.alias("row"), *columns])

    def levels(self) -> dict[str, pl.Series]:
        """Return the level of each field, by record."""
        return {
            name: pl.Series(name, levels, dtype=pl.String)
            for name, levels in self._levels.items()
        }
