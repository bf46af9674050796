"""Rebuild the projection: after a crash or restore it is made from sealed values.

The projection lies in UNLOGGED tables: a crash empties it, by design (idea 2).
The rebuilder opens, masks and writes; each run is in the ledger (design section
5).  Masks follow the policy of today, so a rebuild also applies a changed mask.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from custody.application.ports import Entry, KeyProvider, Keyring, Ledger
from custody.application.views import Projection
from custody.columns.project import NAME_FIELD, NATURAL, mask_at
from custody.crypto.cs1 import open_sealed
from custody.crypto.keyrecord import unwrap_key
from custody.domain.canonical import decode_fields
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from custody.domain.masking import mask
from custody.domain.policy import Policy
from custody.errors import EvidenceError


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
        opener = _Opener(self)
        rebuilt, begun = 0, False
        for values in self.projection.missing():
            if not begun:
                self._record("projection_rebuild_begun", 0)
                begun = True
            shown = opener.show(values)
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


@dataclass(slots=True)
class _Opener:
    """Opens the values of a batch; wrapping keys are asked for once a run."""

    use: RebuildProjection
    wrapping: dict[str, bytes] = field(default_factory=dict)

    def show(self, values: pl.DataFrame) -> pl.DataFrame:
        """Return handle, name and shown of every handle in the batch."""
        keys = self.use.keyring.wrapped(values["handle"].unique().to_list())
        joined = values.join(
            keys.select("handle", "level", "epoch", "wrapped"),
            on=["handle", "level"],
            how="left",
        )
        records: dict[bytes, tuple[str | None, dict[str, str]]] = {}
        for row in joined.iter_rows(named=True):
            name, shown = records.get(row["handle"], (None, {}))
            person = row["party"] == NATURAL
            for one, text, plain in self._fields(row, natural=person):
                shown[one] = text
                name = text if plain else name
            records[row["handle"]] = (name, shown)
        return pl.DataFrame(
            [
                (handle, name, json.dumps(shown, ensure_ascii=False))
                for handle, (name, shown) in records.items()
            ],
            schema={"handle": pl.Binary, "name": pl.String, "shown": pl.String},
            orient="row",
        )

    def _fields(
        self, row: dict[str, object], *, natural: bool
    ) -> Iterator[tuple[str, str, bool]]:
        """Yield field, what is shown of it, and whether it is the searchable name."""
        level = str(row["level"])
        values = self._open(row)
        for one in self.use.policy.fields:
            if one.name in values:
                text = mask(
                    values[one.name], mask_at(one, level), natural_person=natural
                )
                plain = (
                    one.name == NAME_FIELD and level == Level.LOW.value and not natural
                )
                yield one.name, text, plain

    def _open(self, row: dict[str, object]) -> dict[str, str]:
        if row["wrapped"] is None:
            message = "a sealed value has no key record: reconcile before rebuilding"
            raise EvidenceError(message)
        level, handle = str(row["level"]), _bytes(row["handle"])
        data_key = unwrap_key(
            wrapping_key=self._wrapping_key(str(row["epoch"])),
            wrapped=_bytes(row["wrapped"]),
            epoch=str(row["epoch"]),
            key_id=_bytes(row["key_id"]),
            dataset=self.use.policy.dataset,
            level=level,
            handle=handle,
        )
        opened = open_sealed(
            data_key=data_key,
            sealed=_bytes(row["sealed"]),
            key_id=_bytes(row["key_id"]),
            dataset=self.use.policy.dataset,
            level=level,
            handle=handle,
            suites=self.use.policy.level_rule(Level(level)).suites,
        )
        return decode_fields(opened.encoding)

    def _wrapping_key(self, epoch: str) -> bytes:
        if epoch not in self.wrapping:
            self.wrapping[epoch] = self.use.provider.open(EpochId.parse(epoch))
        return self.wrapping[epoch]


def _bytes(cell: object) -> bytes:
    if not isinstance(cell, bytes):
        message = "a key or sealed value is not a byte string"
        raise EvidenceError(message)
    return cell
