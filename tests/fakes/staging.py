"""In-memory staging: its contract suite also runs on PostgreSQL."""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import polars as pl

from custody.application.ports import Basis, Entry
from custody.columns.blocks import SealedBlock
from custody.domain.delivery import DeliveryId, DeliveryKey, DeliveryState, may_move
from custody.domain.outcome import Tally
from custody.errors import ConflictError
from tests.builders.deliveries import MOMENT
from tests.fakes.delivery_book import FakeDeliveryBook

INDEX_EPOCH = 1
ROWS_PER_FRAME = 2  # few, so that a test sees several frames
_WAITS_FOR_OTHERS = {
    Basis.LANDED: DeliveryState.HELD,
    Basis.STAGED: DeliveryState.ADMITTED,
    Basis.AFRESH: DeliveryState.ADMITTED,
}
_VALUES = ("row", "handle", "level", "sealed", "key_id", "digest")
_SEALED = ("handle", "row", "level", "sealed", "digest", "key_id")


@dataclass
class Staged:
    """What one delivery has in staging."""

    blocks: list[SealedBlock] = field(default_factory=list)
    late: pl.DataFrame | None = None
    unreadable: int = 0
    is_lost: bool = False


class FakeStaging:
    """Blocks in a dict; the deliveries they belong to stand in a fake book."""

    def __init__(
        self,
        *facts: pl.DataFrame,
        whole: bool = True,
        book: FakeDeliveryBook | None = None,
    ) -> None:
        """Take facts that any delivery has, and whether what is not staged is whole."""
        self.staged: dict[DeliveryId, Staged] = {}
        self.book = book or FakeDeliveryBook(MOMENT)
        self._facts = facts
        self._whole = whole
        self._held: set[DeliveryId] = set()

    @contextmanager
    def restage(
        self, key: DeliveryKey, *, basis: Basis = Basis.LANDED
    ) -> Iterator["FakeStagingWriter"]:
        """Replace the delivery's staging; nothing is kept unless it is finished."""
        record = self.book.find(key.delivery_id)
        if (
            record is None
            or key.delivery_id in self._held
            or record.state is _WAITS_FOR_OTHERS[basis]
            or not may_move(record.state, DeliveryState.SEALED)
        ):
            message = f"{key.delivery_id} is not waiting to be sealed"
            raise ConflictError(message)
        self._held.add(key.delivery_id)
        try:
            yield FakeStagingWriter(self, key.delivery_id, basis)
        finally:
            self._held.discard(key.delivery_id)

    def facts(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield the staged facts, whole-file facts joined in."""
        yield from self._facts
        staged = self.staged.get(delivery_id, Staged())
        for block in staged.blocks if not staged.is_lost else ():
            facts = block.facts
            if staged.late is not None:
                told = [name for name in staged.late.columns if name != "row"]
                facts = facts.drop(told, strict=False)
                facts = facts.join(staged.late, on="row", how="left")
            yield facts

    def whole(self, delivery_id: DeliveryId) -> bool:
        """Tell whether staging survived."""
        staged = self.staged.get(delivery_id)
        if staged is None:
            return self._whole
        return not staged.is_lost and bool(staged.blocks)

    def sealed_rows(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield the sealed values, in no customer yet."""
        for block in self.staged.get(delivery_id, Staged()).blocks:
            yield (
                block.values.join(block.rows.select("handle", "row"), on="handle")
                .select(_SEALED)
                .with_columns(
                    customer=pl.lit(None, dtype=pl.String),
                    version=pl.lit(None, dtype=pl.Int32),
                )
                .select(*_SEALED[:2], "customer", "version", *_SEALED[2:])
            )

    def lose(self, delivery_id: DeliveryId) -> None:
        """Play a crash of the database: what is not logged is gone."""
        self.staged[delivery_id].is_lost = True


class FakeStagedValues:
    """The sealed values that a fake staging holds; a crash leaves them."""

    def __init__(self, staging: FakeStaging) -> None:
        """Take the staging."""
        self._staging = staging

    def of(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield the values by row; a row is never split, nor left out."""
        for block in self._staging.staged.get(delivery_id, Staged()).blocks:
            values = (
                block.rows.select("handle", "row")
                .join(block.values, on="handle", how="left")
                .select(_VALUES)
                .sort("row", "level")
            )
            for start in range(0, block.rows.height, ROWS_PER_FRAME):
                rows = block.rows["row"].sort().slice(start, ROWS_PER_FRAME)
                yield values.filter(pl.col("row").is_in(rows.implode()))


class FakeStagingWriter:
    """One open staging; kept at `finish`."""

    index_epoch = INDEX_EPOCH

    def __init__(
        self, staging: FakeStaging, delivery_id: DeliveryId, basis: Basis
    ) -> None:
        """Take over the unreadable rows unless the file itself is read again."""
        former = staging.staged.get(delivery_id, Staged())
        kept = 0 if basis is Basis.LANDED else former.unreadable
        self._staged = Staged(unreadable=kept)
        self._staging = staging
        self._id = delivery_id
        self._basis = basis

    def write(self, block: SealedBlock) -> None:
        """Keep one block."""
        self._staged.blocks.append(block)

    def quarantine_rows(self, rows: Sequence[tuple[int, str | None, str]]) -> None:
        """Count unreadable rows."""
        self._staged.unreadable += len(rows)

    def finish(self, *, late_facts: pl.DataFrame | None, entry: Entry) -> None:
        """Keep the staging and move the delivery to sealed."""
        self._staged.late = late_facts
        self._staging.staged[self._id] = self._staged
        readable = sum(block.rows.height for block in self._staged.blocks)
        book = self._staging.book
        record = book.records[self._id]
        book.records[self._id] = dataclasses.replace(
            record,
            state=DeliveryState.SEALED,
            tally=Tally(
                read=readable + self._staged.unreadable,
                quarantined=self._staged.unreadable,
            ),
            reasons=(),
            exported_at=None,
            released=() if self._basis is Basis.AFRESH else record.released,
        )
        book.entries.append(entry)
