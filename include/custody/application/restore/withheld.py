"""Withheld: who must stay gone, and which replaced versions of who stays (R70-R72).

Asked of every salt in the copies that are read.  The value that has it is the lowest
of the first version that was left when somebody was named: where a level had ended
before, that is not the first version at all (decisions 20 and 21).
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object to read; `delivery` is empty for one of a full set."""

    path: str
    sha256: str
    position: int
    delivery: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Customers by number, levels of others, versions by (number, level, part).

    `salts` are values with salts; `since` tells when a customer left a suppression
    mark, None: not yet.
    """

    customers: frozenset[str] = frozenset()
    levels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    versions: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    salts: frozenset[tuple[bytes, str]] = frozenset()
    since: Mapping[str, dt.datetime | None] = field(default_factory=dict)

    @property
    def marked(self) -> list[str]:
        """Return whose marks keep an older delivery from bringing them again."""
        return [*self.customers, *(self.levels.keys() - self.customers)]

    def names(self, numbers: pl.Series) -> bool:
        """Whether some versions of these customers are meant."""
        there = set(numbers.drop_nulls())
        return any(number in there for number, _, _ in self.versions)

    def of(self, frame: pl.DataFrame, parts: pl.Series | None) -> pl.Series:
        """Return which rows stay away; `parts` are theirs, None when nobody asks."""
        gone = frame["customer"].is_in(list(self.customers)).fill_null(value=False)
        if self.levels:
            places = frame.select("customer", "level").rows()
            gone |= pl.Series(
                [level in self.levels.get(customer, ()) for customer, level in places],
                dtype=pl.Boolean,
            )
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


@dataclass(frozen=True, slots=True)
class _Named:
    """Whom the ledger names, by commitments."""

    gone: frozenset[bytes]
    parted: Mapping[bytes, frozenset[str]]
    replaced: frozenset[Replaced]

    def __bool__(self) -> bool:
        return bool(self.gone or self.parted or self.replaced)


@dataclass(slots=True)
class _Found:
    customers: set[str] = field(default_factory=set)
    levels: dict[str, frozenset[str]] = field(default_factory=dict)
    commitments: dict[str, bytes] = field(default_factory=dict)
    versions: dict[tuple[str, str, str], int] = field(default_factory=dict)
    salts: set[tuple[bytes, str]] = field(default_factory=set)

    def take(self, row: Mapping[str, Any], salt: bytes, named: _Named) -> None:
        """Take a value: whether its salt is one by which somebody was named."""
        number = str(row["customer"])
        commitment = commit(salt, number)
        if commitment in named.gone:
            self.customers.add(number)
            self.commitments[number] = commitment
        elif commitment in named.parted:
            before = self.levels.get(number, frozenset())
            self.levels[number] = before | named.parted[commitment]
            self.commitments.setdefault(number, commitment)
        for one in named.replaced:
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
            named = _Named(
                self.replay.gone(written_at=one.position),
                self.replay.parted(written_at=one.position),
                self.replay.replaced(written_at=one.position),
            )
            if named:
                for frame in self.objects.frames(one.path, one.sha256):
                    self._look(frame, found, named)
        return Withheld(
            customers=frozenset(found.customers),
            levels=found.levels,
            versions=found.versions,
            salts=frozenset(found.salts),
            since={
                number: self.replay.suppressed_at(commitment)
                for number, commitment in found.commitments.items()
            },
        )

    def _look(self, frame: pl.DataFrame, found: _Found, named: _Named) -> None:
        """Open every value: the salt is of whichever version was the first left."""
        for row in frame.filter(pl.col("customer").is_not_null()).iter_rows(named=True):
            try:
                salt = self.opener.open_copied(row).salt
            except KeyDestroyedError:  # nobody brings them back
                continue
            found.take(row, salt, named)
