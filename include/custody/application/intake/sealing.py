"""The part that sealing a landed file and sealing staged values again have in common.

One transaction per delivery replaces its staging; keys first: the keyring
commits before the warehouse.  A killed run leaves keys without a row, which are
swept, never a row without its key.  Every pass draws new handles and keys.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from custody.application.ports import (
    Basis,
    DeliveryRecord,
    Entry,
    KeyProvider,
    Keyring,
    KeyWriter,
    Reached,
    Staging,
    StagingWriter,
    pass_by,
)
from custody.columns.blocks import Examined
from custody.columns.index import IndexKeys
from custody.columns.line import Line, Lines, PieceWork, SealedPiece, one_by_one
from custody.columns.seal import Sealer, SealKeys
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId, Purpose
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.policy import Policy
from custody.domain.sources import Source
from custody.errors import EpochClosedError

_ATTEMPTS = 3

PIECE_ROWS = 8_192
"""Rows sealed at a time: what one worker takes, and what bounds memory."""


class Examiner(Protocol):
    """Normalises and checks the pieces of one source (columns.facts, rules)."""

    @property
    def apart(self) -> Callable[[pl.DataFrame], tuple[Examined, pl.DataFrame]]:
        """Return what examines one piece; what it saw goes to `keep`."""

    def keep(self, seen: pl.DataFrame) -> None:
        """Take what was seen of a piece, for the rules on the whole file."""

    def finish(self) -> pl.DataFrame | None:
        """Return the facts that only the whole file can tell, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """Seals one delivery into staging; `examiner` starts afresh for each attempt."""

    policy: Policy
    examiner: Callable[[Source], Examiner]
    staging: Staging
    keyring: Keyring
    provider: KeyProvider
    entropy: Callable[[int], bytes]
    lines: Lines = one_by_one
    reached: Reached = pass_by

    def __call__(
        self,
        record: DeliveryRecord,
        source: Source,
        fill: Callable[["SealingPass"], int],
        *,
        basis: Basis = Basis.LANDED,
    ) -> None:
        """Let `fill` seal every block; it returns how many rows are unreadable.

        Tries again when an epoch closes between its look-up and its lock.
        """
        for _ in range(_ATTEMPTS - 1):
            with suppress(EpochClosedError):
                return self._seal(record, source, fill, basis)
        return self._seal(record, source, fill, basis)

    def _seal(
        self,
        record: DeliveryRecord,
        source: Source,
        fill: Callable[["SealingPass"], int],
        basis: Basis,
    ) -> None:
        epochs = {level: self.keyring.open_epoch(level) for level in LEVELS_FROM_HIGH}
        examiner = self.examiner(source)
        with (
            self.staging.restage(record.key, basis=basis) as staged,
            self.keyring.writing(tuple(epochs.values())) as keys,
            self.lines(
                PieceWork(
                    examine=examiner.apart,
                    sealer=Sealer(
                        policy=self.policy,
                        source=source,
                        keys=self._keys(epochs, staged.index_epoch),
                        entropy=self.entropy,
                        business_date=record.key.business_date,
                    ),
                )
            ) as line,
        ):
            made = SealingPass(
                policy=self.policy,
                source=source,
                line=line,
                examiner=examiner,
                staged=staged,
                keys=keys,
                reached=self.reached,
            )
            unreadable = fill(made)
            made.seal_no_rows()
            made.finish(record, unreadable=unreadable)

    def _keys(self, epochs: Mapping[Level, EpochId], index_epoch: int) -> SealKeys:
        wrapping = {level: self.provider.open(epoch) for level, epoch in epochs.items()}
        index = EpochId(Purpose.INDEX, None, index_epoch)
        return SealKeys(
            epochs=epochs,
            wrapping=wrapping,
            index=IndexKeys(
                index_key=self.provider.open(index),
                field_root=self.provider.open(FIELD_ROOT),
                suppression_key=self.provider.open(SUPPRESSION_ROOT),
            ),
        )


@dataclass(slots=True, kw_only=True)
class SealingPass:
    """One pass over the blocks of a delivery, inside its two transactions."""

    policy: Policy
    source: Source
    line: Line[SealedPiece]
    examiner: Examiner
    staged: StagingWriter
    keys: KeyWriter
    rows: int = 0
    reached: Reached = pass_by
    aside: tuple[str, ...] = ()
    """Rows of a bundle's sides that no row took: `<file> <reason> <count>`."""

    def seal(self, cells: pl.DataFrame, headers: Mapping[str, str]) -> None:
        """Examine, seal and stage one block; `headers` are those of unknown columns.

        Staged is what the line has ready; `finish` stages the rest.
        """
        for piece in cells.iter_slices(PIECE_ROWS):
            self._seal(piece, headers)

    def seal_no_rows(self) -> None:
        """Stage the facts of no row if there was none: checks ask of columns too.

        The columns are those that policy declares; a header that lacks one is the
        reader's to refuse.
        """
        if self.rows:
            return
        names = [one.name for one in self.source.columns]
        shape = {"row": pl.Int64, **dict.fromkeys(names, pl.String)}
        self._seal(pl.DataFrame(schema=shape), {})

    def _seal(self, cells: pl.DataFrame, headers: Mapping[str, str]) -> None:
        self.rows += cells.height
        self.reached("seal.before")
        for sealed in self.line.put(cells, headers):
            self._stage(sealed)

    def _stage(self, sealed: SealedPiece) -> None:
        self.examiner.keep(sealed.seen)
        self.reached("seal.after")
        self.keys.write(
            sealed.block.keys,
            dataset=self.policy.dataset,
            department=self.source.owner_department,
        )
        self.reached("keys.copy.after")
        self.staged.write(sealed.block)

    def finish(self, record: DeliveryRecord, *, unreadable: int) -> None:
        """Stage the rest, what only the whole delivery tells, and its ledger entry."""
        for sealed in self.line.rest():
            self._stage(sealed)
        self.staged.finish(
            late_facts=self.examiner.finish(),
            entry=Entry(
                kind="sealed",
                subject=record.key.delivery_id,
                body={
                    "rows": self.rows,
                    "unreadable": unreadable,
                    "policy": self.policy.digest,
                    **({"aside": self.aside} if self.aside else {}),
                },
            ),
        )
