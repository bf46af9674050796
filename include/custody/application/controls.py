"""Plant controls: one is destroyed, one comes, and the others move to a new epoch.

By the very steps of a destruction: a successor is born and escrowed, survivors are
wrapped anew, the row goes, the object is written and read back, the old epoch ends.
A run that was killed is followed by a whole one: whoever has no epoch any more is
gone, an epoch that is closing ends (R69-R72).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from custody.application.keys import ESCROW_LOCK_DAYS, escrow_path, insist_escrow
from custody.application.ports import (
    Clock,
    DataObjects,
    Entry,
    Ledger,
    Offsite,
    Reached,
    StoredObject,
    pass_by,
)
from custody.application.ports.controls import CONTROL_SCHEMA, ControlBook
from custody.application.ports.rekey import Exclusively
from custody.application.public_keys import MediumKeys, tag_of
from custody.application.rekey import RekeyEpochs
from custody.application.rewrapped import rewrapped
from custody.crypto.batch import seal_batch
from custody.crypto.escrow import seal_escrow
from custody.crypto.framing import HANDLE_BYTES
from custody.crypto.rewrap import Wrapping
from custody.domain.canonical import encode_fields
from custody.domain.controls import DATASET, ENDED, KEPT, LEVEL, PLANTED, invented
from custody.domain.epochs import EpochId, Purpose
from custody.domain.language import Text
from custody.errors import ConfigurationError, KeyDestroyedError

OBJECT_LOCK_DAYS = 400
"""Longer than a year of drills looks back."""

_NAME_BYTES = 8
_NO_DRILL_KEY = Text(
    "{medium}：没有演练密钥：请运行 `custody keys init`",
    "{medium}: no drill key: run `custody keys init`",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantControls:
    """The use case, monthly; `keys` are the media's public ones."""

    dataset: str
    rekey: RekeyEpochs
    exclusively: Exclusively
    book: ControlBook
    objects: DataObjects
    keys: Mapping[str, MediumKeys]
    ledger: Ledger
    clock: Clock
    entropy: Callable[[int], bytes]
    reached: Reached = pass_by

    def __call__(self) -> EpochId:
        """Let a month pass; return the epoch under which the controls are now."""
        recipients = {one.name: self._recipient(one) for one in self._media}
        with self.exclusively():
            new = self._succeed()
            self._escrow(new, recipients)
            before = self.book.all()
            rows = self._rows(before, new)
            self.reached("drill.rows.before")
            self.book.keep(rows)
            self.reached("drill.rows.after")
            stored = self._write(new, rows)
            gone = before.height + KEPT - rows.height
            self.reached("drill.told.before")
            self.ledger.append(self._entry(new, rows, stored, gone=gone))
            self.reached("drill.told.after")
            self._end(new)
        return new

    def _succeed(self) -> EpochId:
        old = self.rekey.keys.open_of(Purpose.DRILL, LEVEL)
        if old is None:
            return self.rekey.open_of(Purpose.DRILL, LEVEL)
        return self.rekey.succeed(old)

    def _escrow(self, epoch: EpochId, recipients: Mapping[str, bytes]) -> None:
        """Seal the epoch's key to each medium's drill as well, and read it back."""
        key = self.rekey.provider.open(epoch)
        until = self._today + dt.timedelta(days=ESCROW_LOCK_DAYS)
        for medium in self._media:
            public = recipients[medium.name]
            sealed = seal_escrow(public, epoch=str(epoch), key=key)
            path = escrow_path(epoch, sealed, tag_of(public))
            self.reached("drill.escrow.before")
            medium.put(path, sealed, locked_until=until)
            self.reached("drill.escrow.after")
            insist_escrow(medium, epoch, path, sealed)

    def _recipient(self, medium: Offsite) -> bytes:
        keys = self.keys.get(medium.name)
        if keys is None or not keys.drill_hpke:
            raise _NO_DRILL_KEY.as_error(ConfigurationError, medium=medium.name)
        return keys.drill_hpke

    def _rows(self, found: pl.DataFrame, new: EpochId) -> pl.DataFrame:
        """Return who lives from now on: the oldest is gone once all were there."""
        spared = found.slice(1) if found.height >= KEPT else found
        kept = [
            moved
            for (epoch,), part in spared.group_by("epoch", maintain_order=True)
            for moved in self._moved(part, EpochId.parse(str(epoch)), new)
        ]
        survivors = sum(part.height for part in kept)
        return pl.concat([*kept, self._fresh(KEPT - survivors, new)])

    def _moved(
        self, part: pl.DataFrame, old: EpochId, new: EpochId
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows under the new epoch; none whose key is gone for good."""
        try:
            key = self.rekey.provider.open(old)
        except (KeyDestroyedError, KeyError):
            return
        moved = rewrapped(
            part.with_columns(level=pl.lit(LEVEL.value)),
            dataset=DATASET,
            old=Wrapping(key=key, epoch=str(old)),
            new=Wrapping(key=self.rekey.provider.open(new), epoch=str(new)),
        )
        yield moved.select(*CONTROL_SCHEMA)

    def _fresh(self, count: int, epoch: EpochId) -> pl.DataFrame:
        handles = [self.entropy(HANDLE_BYTES) for _ in range(count)]
        sealed = seal_batch(
            encodings=[encode_fields(invented(handle)) for handle in handles],
            handles=handles,
            dataset=DATASET,
            level=LEVEL.value,
            suite=self.rekey.births.suites[LEVEL],
            wrapping_key=self.rekey.provider.open(epoch),
            epoch=str(epoch),
        )
        made = {
            "handle": handles,
            "sealed": sealed.sealed,
            "digest": sealed.digests,
            "key_id": sealed.key_ids,
            "wrapped": sealed.wrapped,
            "epoch": [str(epoch)] * count,
        }
        return pl.DataFrame(made, schema=CONTROL_SCHEMA)

    def _write(self, epoch: EpochId, rows: pl.DataFrame) -> tuple[StoredObject, ...]:
        frame = rows.with_columns(
            customer=pl.lit(None, dtype=pl.String),
            version=pl.lit(None, dtype=pl.Int32),
            level=pl.lit(LEVEL.value),
            state=pl.lit("control"),
            business_date=pl.lit(self._today),
        )
        name = f"drill/{epoch.number:06d}-{self.entropy(_NAME_BYTES).hex()}"
        until = self._today + dt.timedelta(days=OBJECT_LOCK_DAYS)
        return self.objects.write(name, iter((frame,)), locked_until=until)

    def _entry(
        self,
        epoch: EpochId,
        rows: pl.DataFrame,
        stored: tuple[StoredObject, ...],
        *,
        gone: int,
    ) -> Entry:
        objects = [f"{one.medium}:{one.path}:{one.sha256}" for one in stored]
        body: dict[str, str | int | Sequence[str]] = {
            "epoch": str(epoch),
            "alive": rows.height,
            "gone": gone,
            "objects": objects,
        }
        return Entry(kind=PLANTED, subject=self.dataset, body=body)

    def _end(self, new: EpochId) -> None:
        """End whatever drill epoch is closing: this month's, or a killed run's."""
        for epoch in self.rekey.keys.leaving():
            if epoch.purpose is Purpose.DRILL:
                body = {"epoch": str(epoch), "successor": str(new)}
                self.reached("drill.end.before")
                self.ledger.append(Entry(kind=ENDED, subject=self.dataset, body=body))
                self.reached("drill.end.after")
                self.rekey.end(epoch, new)

    @property
    def _media(self) -> Sequence[Offsite]:
        return self.rekey.births.media

    @property
    def _today(self) -> dt.date:
        return self.clock.now().astimezone(dt.UTC).date()
