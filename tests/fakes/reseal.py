"""Sealed values and former keys in memory: their suite also runs on PostgreSQL."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from custody.application.ports import Entry
from custody.application.ports.reseal import Replacement, StoredValue
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from tests.fakes.keyring import FakeKeyring
from tests.fakes.ledger import FakeLedger

DEPARTMENT = "sales"


class FakeValueReplacer:
    """Replaces values; whoever made it keeps them."""

    def __init__(
        self, values: dict[tuple[Level, bytes], StoredValue], level: Level
    ) -> None:
        """Take what is there."""
        self.values = values
        self.told: list[Entry] = []
        self._level = level

    def replace(self, values: Sequence[Replacement]) -> tuple[StoredValue, ...]:
        """Write those that still have their former key id."""
        written = []
        for one in values:
            place = (self._level, one.handle)
            stored = self.values.get(place)
            if stored is not None and stored.key_id == one.former_key_id:
                self.values[place] = replace(
                    stored, sealed=one.sealed, key_id=one.key_id
                )
                written.append(self.values[place])
        return tuple(written)

    def tell(self, entry: Entry) -> None:
        """Remember until the end."""
        self.told.append(entry)


class FakeSealedValues:
    """Values by level and handle."""

    def __init__(self, ledger: FakeLedger) -> None:
        """Start empty; entries go to the ledger."""
        self.ledger = ledger
        self.replacer = FakeValueReplacer  # a test's own may do otherwise
        self.values: dict[tuple[Level, bytes], StoredValue] = {}

    def put(self, level: Level, frame: pl.DataFrame) -> None:
        """Keep what was sealed: handle, sealed, digest, key_id."""
        for row in frame.iter_rows(named=True):
            self.values[level, row["handle"]] = StoredValue(
                handle=row["handle"],
                sealed=row["sealed"],
                digest=row["digest"],
                key_id=row["key_id"],
            )

    def find(self, level: Level, handles: Sequence[bytes]) -> tuple[StoredValue, ...]:
        """Return the values that some handles have of a level."""
        places = ((level, handle) for handle in handles)
        return tuple(self.values[one] for one in places if one in self.values)

    @contextlib.contextmanager
    def replacing(self, level: Level) -> Iterator["FakeValueReplacer"]:
        """Keep what was replaced, and told, at a clean exit."""
        replacer = self.replacer(dict(self.values), level)
        yield replacer
        self.values = replacer.values
        for entry in replacer.told:
            self.ledger.append(entry)


class FakeFormerKeys:
    """The keys of a fake keyring, all of one department."""

    def __init__(self, keyring: FakeKeyring) -> None:
        """Take the keyring whose keys are forgotten."""
        self.keyring = keyring

    def departments(
        self, epoch: EpochId, handles: Sequence[bytes]
    ) -> Mapping[bytes, str]:
        """Return the owner department of each handle that has a key there."""
        found = self.keyring.wrapped(handles).filter(pl.col("epoch") == str(epoch))
        return dict.fromkeys(found["handle"].to_list(), DEPARTMENT)

    def forget(
        self, epoch: EpochId, handles: Sequence[bytes], key_ids: Sequence[bytes]
    ) -> int:
        """Delete those records of an epoch."""
        pairs = set(zip(handles, key_ids, strict=True))
        keys = self.keyring.keys
        kept = [
            row["epoch"] != str(epoch) or (row["handle"], row["key_id"]) not in pairs
            for row in keys.iter_rows(named=True)
        ]
        self.keyring.keys = keys.filter(pl.Series(kept, dtype=pl.Boolean))
        return keys.height - self.keyring.keys.height
