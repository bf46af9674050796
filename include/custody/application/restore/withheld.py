"""Withheld: who must stay gone, and which replaced versions of who stays (R70-R72).

Asked of every salt in the copies that are read: the value that has it is the lowest of
a customer's first version, and stays as long as the customer (decision 21).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from custody.application.opening import Opener
from custody.application.ports.restore import StoredRows
from custody.domain.commitments import commit
from custody.domain.destruction_story import Replaced
from custody.domain.restoring import Replay
from custody.errors import KeyDestroyedError

FIRST_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object to read; `delivery` is empty for one of a full set."""

    path: str
    sha256: str
    position: int
    delivery: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Customers by number, versions by (number, level, part), and values with salts.

    `since` tells when a customer left a suppression mark, None: not yet.
    """

    customers: frozenset[str] = frozenset()
    versions: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    salts: frozenset[tuple[bytes, str]] = frozenset()
    since: Mapping[str, dt.datetime | None] = field(default_factory=dict)

    def names(self, numbers: pl.Series) -> bool:
        """Whether some versions of these customers are meant."""
        there = set(numbers.drop_nulls())
        return any(number in there for number, _, _ in self.versions)

    def of(self, frame: pl.DataFrame, parts: pl.Series | None) -> pl.Series:
        """Return which rows stay away; `parts` are theirs, None when nobody asks."""
        gone = frame["customer"].is_in(list(self.customers)).fill_null(value=False)
        if parts is None:
            return gone
        rows = frame.select("customer", "version", "level", "handle").rows()
        replaced = [
            (handle, level) not in self.salts
            and (version or 0) <= self.versions.get((customer, level, part), -1)
            for (customer, version, level, handle), part in zip(
                rows, parts, strict=True
            )
        ]
        return gone | pl.Series(replaced, dtype=pl.Boolean)


NOBODY = Withheld()


@dataclass(slots=True)
class _Found:
    customers: dict[str, bytes] = field(default_factory=dict)
    versions: dict[tuple[str, str, str], int] = field(default_factory=dict)
    salts: set[tuple[bytes, str]] = field(default_factory=set)

    def take(
        self,
        row: Mapping[str, Any],
        salt: bytes,
        gone: frozenset[bytes],
        replaced: Iterable[Replaced],
    ) -> None:
        """Take a first version's value: whether its salt is one that was named."""
        number = str(row["customer"])
        commitment = commit(salt, number)
        if commitment in gone:
            self.customers[number] = commitment
        for one in replaced:
            if one.commitment == commitment:
                key = (number, one.level, one.part)
                self.versions[key] = max(one.up_to, self.versions.get(key, 0))
                self.salts.add((bytes(row["handle"]), str(row["level"])))


@dataclass(frozen=True, slots=True, kw_only=True)
class FindWithheld:
    """Finds them in objects that are older than their destruction."""

    objects: StoredRows
    opener: Opener
    replay: Replay

    def __call__(self, stored: Iterable[Stored]) -> Withheld:
        """Return them; reads only objects that may hold one of them."""
        found = _Found()
        for one in stored:
            gone = self.replay.gone(written_at=one.position)
            replaced = self.replay.replaced(written_at=one.position)
            if gone or replaced:
                for frame in self.objects.frames(one.path, one.sha256):
                    self._look(frame, found, gone, replaced)
        return Withheld(
            frozenset(found.customers),
            found.versions,
            frozenset(found.salts),
            {
                number: self.replay.suppressed_at(commitment)
                for number, commitment in found.customers.items()
            },
        )

    def _look(
        self,
        frame: pl.DataFrame,
        found: _Found,
        gone: frozenset[bytes],
        replaced: frozenset[Replaced],
    ) -> None:
        first = frame.filter(pl.col("version") == FIRST_VERSION)
        for row in first.iter_rows(named=True):
            try:
                salt = self.opener.open_copied(row).salt
            except KeyDestroyedError:  # nobody brings them back
                continue
            found.take(row, salt, gone, replaced)
