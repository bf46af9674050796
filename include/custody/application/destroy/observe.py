"""Observe: each kind of copy is looked at, at its place, as a run ends (R71, R72).

Nothing is concluded here from what was ordered or is to be expected: what is stated
was counted, listed or answered at this moment.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.application.escrow_removal import unlocks
from custody.application.keys import ESCROW_PREFIX
from custody.application.ports import Clock, KeyProvider, Offsite, Quarantine
from custody.application.ports.destruction import DoomedKeys, LeftOver
from custody.application.ports.destruction_book import DestructionBook, Run
from custody.domain.epochs import EpochId, Purpose
from custody.domain.observations import (
    Copy,
    Method,
    Observation,
    Overwriting,
    Result,
)
from custody.domain.policy import Policy

OBJECTS = "objects/"
DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """How the places are called, and what overwriting comes to at each (R71)."""

    provider: str
    destroys: Method
    overwrites_keys: Overwriting
    landing: str
    overwrites_landing: Overwriting


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserveCopies:
    """The use case; it opens nothing and changes nothing."""

    policy: Policy
    book: DestructionBook
    left_over: LeftOver
    keys: DoomedKeys
    provider: KeyProvider
    quarantine: Quarantine
    media: Sequence[Offsite]
    places: Places
    clock: Clock

    def __call__(self, run: Run) -> tuple[Observation, ...]:
        """Return what was seen, one observation a copy and place."""
        return (
            *self._warehouse(run),
            *self._keys(run),
            *self._files(run),
            *self._media(run),
            *self._elsewhere(),
        )

    def awaited(self, run: Run) -> tuple[EpochId, ...]:
        """Return the epochs of a run whose provider does not say `destroyed` yet."""
        return tuple(
            one.old
            for one in self.book.successions(run.plan)
            if self.provider.state(one.old).name != DESTROYED
        )

    def _warehouse(self, run: Run) -> Iterator[Observation]:
        left = self.left_over.left(run.plan)
        for copy, method, name in (
            (Copy.ROWS, Method.DELETED, "values"),
            (Copy.TOKENS, Method.DELETED, "tokens"),
            (Copy.PROJECTION, Method.REWRITTEN, "shown"),
        ):
            yield self._counted(copy, "warehouse", method, left[name])

    def _keys(self, run: Run) -> Iterator[Observation]:
        left = sum(
            self.keys.left(handles, level)
            for level, handles in self.left_over.handles(run.plan)
        )
        yield self._counted(Copy.KEYS, "keyring", Method.DELETED, left)
        for one in self.book.successions(run.plan):
            index = one.old.purpose is Purpose.INDEX
            gone = self.provider.state(one.old).name == DESTROYED
            yield Observation(
                copy=Copy.INDEX_KEY if index else Copy.WRAPPING_KEY,
                where=self.places.provider,
                method=self.places.destroys,
                result=Result.GONE if gone else Result.FAILED,
                overwriting=self.places.overwrites_keys,
                seen_at=self.clock.now(),
                left=0 if gone else 1,
                epoch=one.old,
            )

    def _files(self, run: Run) -> Iterator[Observation]:
        landed = self.left_over.landed(run.plan)
        yield Observation(
            copy=Copy.LANDING,
            where=self.places.landing,
            method=Method.OVERWRITTEN,
            result=Result.FAILED if landed else Result.GONE,
            overwriting=self.places.overwrites_landing,
            seen_at=self.clock.now(),
            left=landed,
        )
        kept = sum(1 for _ in self.quarantine.names())
        now = self.clock.now()
        days = dt.timedelta(days=self.policy.quarantine_days)
        yield Observation(
            copy=Copy.QUARANTINE,
            where="quarantine",
            method=Method.DECLARED if kept else Method.NONE,
            result=Result.UNTIL if kept else Result.GONE,
            overwriting=(
                Overwriting.NOT_BY_CUSTODY if kept else Overwriting.NOTHING_THERE
            ),
            seen_at=now,
            left=kept,
            until=now.astimezone(dt.UTC).date() + days if kept else None,
        )

    def _media(self, run: Run) -> Iterator[Observation]:
        epochs = [one.old for one in self.book.successions(run.plan)]
        for medium in self.media:
            written = (
                Overwriting.NOT_BY_CUSTODY
                if medium.overwrites
                else Overwriting.NOT_BY_OBJECT_STORE
            )
            objects = sum(1 for one in medium.versions(OBJECTS) if not one.marker)
            yield Observation(
                copy=Copy.DATA_OBJECTS,
                where=medium.name,
                method=Method.KEY_DESTROYED,
                result=Result.UNREADABLE if objects else Result.GONE,
                overwriting=written if objects else Overwriting.NOTHING_THERE,
                seen_at=self.clock.now(),
                left=objects,
            )
            yield self._escrows(medium, epochs, written)

    def _escrows(
        self, medium: Offsite, epochs: Sequence[EpochId], written: Overwriting
    ) -> Observation:
        """Say until when what unlocks older copies is locked on a medium.

        Of the epochs before these as well: a rotation leaves theirs to run out.
        """
        found = [
            one
            for one in medium.versions(f"{ESCROW_PREFIX}/")
            if not one.marker and unlocks(one, epochs)
        ]
        now = self.clock.now()
        today = now.astimezone(dt.UTC).date()
        locks = [one.locked_until for one in found if one.locked_until is not None]
        return Observation(
            copy=Copy.ESCROWS,
            where=medium.name,
            method=Method.LOCK_RUNS_OUT if found else Method.NONE,
            result=Result.UNTIL if found else Result.GONE,
            overwriting=written if found else Overwriting.NOTHING_THERE,
            seen_at=now,
            left=len(found),
            until=max(today, *locks) if found else None,
        )

    def _elsewhere(self) -> Iterator[Observation]:
        now = self.clock.now()
        days = self.policy.destruction.snapshot_days
        yield Observation(
            copy=Copy.SNAPSHOTS,
            where="databases",
            method=Method.DECLARED if days else Method.NONE,
            result=Result.UNTIL if days else Result.NO_SUCH_COPY,
            overwriting=(
                Overwriting.NOT_BY_CUSTODY if days else Overwriting.NOTHING_THERE
            ),
            seen_at=now,
            until=(
                now.astimezone(dt.UTC).date() + dt.timedelta(days=days)
                if days
                else None
            ),
        )
        for copy in (Copy.LOGS, Copy.AIRFLOW):
            yield self._absent(copy, Result.NEVER_HELD)
        for copy in (Copy.DOCUMENTS, Copy.BACKUP_SETS):
            yield self._absent(copy, Result.NO_SUCH_COPY)

    def _absent(self, copy: Copy, result: Result) -> Observation:
        return Observation(
            copy=copy,
            where=copy.value,
            method=Method.NONE,
            result=result,
            overwriting=Overwriting.NOTHING_THERE,
            seen_at=self.clock.now(),
        )

    def _counted(
        self, copy: Copy, where: str, method: Method, left: int
    ) -> Observation:
        return Observation(
            copy=copy,
            where=where,
            method=method,
            result=Result.FAILED if left else Result.GONE,
            overwriting=Overwriting.NOT_BY_DATABASE,
            seen_at=self.clock.now(),
            left=left,
        )
