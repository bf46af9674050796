"""Marks: suppression tokens of the destroyed that lie in no table which was restored.

A set that is older than a destruction does not have its marks, and without them the
next delivery of an old file would found the destroyed anew (R69).  What the older
copies hold of them opens by the escrows, as whoever has two cards could open it; it is
opened here for the marks alone, in memory, and nothing of it is written.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from custody.application.ports import Clock, Entry, KeyProvider
from custody.application.ports.suppress import Suppressed, Suppressions
from custody.columns.facts import ExaminePlan
from custody.columns.index import IndexKeys
from custody.columns.restored_marks import marks_of
from custody.domain.epochs import EpochId
from custody.domain.policy import Policy
from custody.domain.sources import Source
from custody.domain.suppression import match_key_names
from custody.errors import KeyDestroyedError


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreMarks:
    """The step; memory is that of the destroyed, not of the register."""

    policy: Policy
    plan: Callable[[Source], ExaminePlan]
    escrowed: KeyProvider
    index_keys: IndexKeys
    suppressions: Suppressions
    clock: Clock

    def __call__(self, gone: Sequence[pl.DataFrame]) -> int:
        """Write the marks of who was destroyed, told; return of how many customers.

        What opens no more, or is of a source that left policy, leaves none.
        """
        marks: dict[dt.date, set[tuple[str, str, bytes]]] = {}
        for source, part in self._parts(gone):
            found = self._found(source, part)
            for customer, since, key, token in found.iter_rows():
                day = self.policy.today(since or self.clock.now())
                marks.setdefault(day, set()).add((customer, key, token))
        for day in sorted(marks):
            self._write(day, marks[day])
        return len({one for day in marks.values() for one, _, _ in day})

    def _parts(
        self, gone: Sequence[pl.DataFrame]
    ) -> Iterator[tuple[Source, pl.DataFrame]]:
        """Yield what opens, by source; a record is not split."""
        if not gone:
            return
        rows = pl.concat(gone).unique(["handle", "level"], maintain_order=True)
        source_ids = pl.col("delivery_id").str.split("/").list.first()
        for (source_id,), part in rows.group_by(source_ids, maintain_order=True):
            source = self.policy.source(str(source_id))
            keys = self._keys(part)
            opening = part.filter(pl.col("epoch").is_in(list(keys)))
            if source is not None and opening.height:
                yield source, opening

    def _keys(self, part: pl.DataFrame) -> Mapping[str, bytes]:
        """Return the key of each epoch that still has an escrow."""
        found = {}
        for name in part["epoch"].unique(maintain_order=True).to_list():
            try:
                found[name] = self.escrowed.open(EpochId.parse(name))
            except KeyDestroyedError:
                continue
        return found

    def _found(self, source: Source, part: pl.DataFrame) -> pl.DataFrame:
        keys = match_key_names(
            fields for one in self.policy.sources for fields in one.match_keys
        )
        return marks_of(
            part.sort("handle", "level"),
            plan=self.plan(source),
            wrapping=self._keys(part),
            index=self.index_keys,
            match_keys=keys,
        )

    def _write(self, day: dt.date, marks: Collection[tuple[str, str, bytes]]) -> None:
        tokens = sorted({(key, token) for _, key, token in marks})
        rules = self.policy.suppression
        expires = rules.keep.last_day(day)
        if expires < self.policy.today(self.clock.now()):
            return
        entry = Entry(
            kind="suppressed",
            subject=self.policy.dataset,
            body={
                "customers": len({customer for customer, _, _ in marks}),
                "tokens": len(tokens),
                "destroyed_on": day.isoformat(),
                "expires_on": expires.isoformat(),
                "legal_basis": rules.legal_basis,
            },
        )
        suppressed = Suppressed(
            tokens=tokens,
            destroyed_on=day,
            expires_on=expires,
            legal_basis=rules.legal_basis,
        )
        self.suppressions.add(suppressed, entry)
