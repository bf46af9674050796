"""A site whose keys are rotated, in a process that may die at any kill point."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Self

from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.adapters.roles import KEYRING_DATABASE
from custody.application.rotate import RotateEpochs
from custody.bootstrap import Custody
from custody.crypto import signing
from custody.domain.epochs import EpochId, Purpose
from custody.domain.ledger import read_line
from custody.domain.ledger_check import verify_lines
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from tests.faults.mortal import Mortal
from tests.faults.moulds import CUSTOMERS, Mould
from tests.faults.survivors import lost

SEALED_AGAIN = Level.HIGH
BATCH = 3
"""So small that each level takes several."""

_KEYS = "SELECT handle, level, key_id FROM keyring.data_key ORDER BY handle, level"
_VALUES = "SELECT handle, level, key_id FROM register.sealed_value"
_DIGESTS = (
    "SELECT handle, level, digest FROM register.sealed_value ORDER BY handle, level"
)
_TABLES = (
    "SELECT count(*) FROM pg_inherits WHERE inhparent = 'keyring.data_key'::regclass"
)
_ADVISORY = (
    "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    " WHERE locktype = 'advisory' AND d.datname = current_database()"
)


def rotation_of(custody: Custody) -> RotateEpochs:
    """Return the use case with small batches."""
    rotate = custody.rotate_epochs
    return dataclasses.replace(
        rotate, rekey=dataclasses.replace(rotate.rekey, batch=BATCH)
    )


def rotate(custody: Custody, *, before: dt.datetime) -> object:
    """Rotate every level."""
    return rotation_of(custody)(before=before)


def seal_again(custody: Custody, *, before: dt.datetime) -> object:
    """Seal one level again, in small batches."""
    use = dataclasses.replace(custody.reseal_level, batch=BATCH)
    rekey = dataclasses.replace(use.rekey, batch=BATCH)
    return dataclasses.replace(use, rekey=rekey)(
        SEALED_AGAIN, reason="a new suite", actor="tests", before=before
    )


@dataclasses.dataclass
class Rotations(Mortal):
    """The site as it was loaded, and what must be the same after each rotation.

    Every copy begins with these epochs and keys, and rotates what was born `before`.
    """

    numbers: tuple[str, ...]
    before: dt.datetime
    former: list[EpochId] = dataclasses.field(default_factory=list)
    known: list[tuple[object, ...]] = dataclasses.field(default_factory=list)

    @classmethod
    def of(cls, mould: Mould) -> Self:
        """Take the loaded site, and remember its epochs and keys."""
        custody = mould.site.installation.custody
        numbers = tuple(one.number for one in mould.persons)
        made = cls(mould.site, numbers, custody.clock.now())
        made.former, made.known = made.opened(), made.keys()
        return made

    @property
    def work(self) -> Callable[[Custody], object]:
        """Rotate."""
        return partial(rotate, before=self.before)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels whose epochs end."""
        return LEVELS_FROM_HIGH

    @property
    def survivors(self) -> tuple[str, ...]:
        """Everybody."""
        return self.numbers

    def look_at_death(self) -> None:
        """Every key is where it was or where it goes."""
        self.nobody_is_lost()

    # --- what must hold -----------------------------------------------------------

    def opened(self) -> list[EpochId]:
        """Return the open live epoch of each level."""
        keyring = self.custody.keyring(roles.KEYRING_LOADER)
        return [keyring.open_epoch(level) for level in LEVELS_FROM_HIGH]

    def keys(self) -> list[tuple[object, ...]]:
        """Return handle, level and key id of every data key."""
        engine = self.custody.keyring_engine(roles.KEYRING_OWNER)
        with transaction(engine, "look") as connection:
            return [tuple(row) for row in connection.execute(text(_KEYS))]

    def nobody_is_lost(self) -> None:
        """Every key is there, once, and opens where it is, whatever has died."""
        assert self.keys() == self.known
        assert lost(self.custody, self.numbers) == []

    def holds(self) -> None:
        """Each level has exactly its next epoch; the former one is gone for good."""
        opened = self.opened()
        assert [one.number for one in opened] == [
            one.number + (one.level in self.levels) for one in self.former
        ]
        assert set(self.custody.keyring(roles.KEYRING_LOADER).living()) == set(opened)
        for epoch in set(self.former) - set(opened):
            assert epoch.purpose is Purpose.LIVE
            assert self.custody.provider.state(epoch).name == "destroyed"
            assert self._told(epoch) in {1, 2}
        self.nobody_is_lost()
        self._values_open()
        assert self.evidence_lost() == []
        with self.site.connect(KEYRING_DATABASE) as connection:
            assert connection.execute(_TABLES).fetchone() == (len(opened),)
            assert connection.execute(_ADVISORY).fetchone() == (0,)

    def digests(self) -> list[tuple[object, ...]]:
        """Return handle, level and content digest of every sealed value."""
        engine = self.custody.warehouse(roles.WAREHOUSE_OWNER)
        with transaction(engine, "look") as connection:
            return [tuple(row) for row in connection.execute(text(_DIGESTS))]

    def _values_open(self) -> None:
        """Each sealed value of the register has the key that it names, and opens."""
        engine = self.custody.warehouse(roles.WAREHOUSE_OWNER)
        with transaction(engine, "look") as connection:
            values = {tuple(row) for row in connection.execute(text(_VALUES))}
            connection.execute(text("DELETE FROM projection.record"))
        assert values
        assert values <= set(self.keys())
        assert self.custody.rebuild_projection() == CUSTOMERS

    def _told(self, epoch: EpochId) -> int:
        lines = [read_line(line) for line in self.custody.ledger.lines()]
        return sum(
            (line.kind, line.subject) == ("rekeyed", str(epoch)) for line in lines
        )

    def evidence_lost(self) -> list[object]:
        """Return what the ledger's verification finds."""
        pins = [signing.fingerprint(self.custody.public_keys.ledger)]
        lines = self.custody.ledger.lines()
        verdict = verify_lines(lines, verify=signing.verify_labelled, pins=pins)
        return list(verdict.faults)


@dataclasses.dataclass
class Resealings(Rotations):
    """The same site, one level of which is sealed again and again."""

    was: list[tuple[object, ...]] = dataclasses.field(default_factory=list)

    @classmethod
    def of(cls, mould: Mould) -> Self:
        """Take the loaded site, and remember every content digest."""
        made = super().of(mould)
        made.was = made.digests()
        return made

    @property
    def work(self) -> Callable[[Custody], object]:
        """Seal one level again."""
        return partial(seal_again, before=self.before)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The one level."""
        return (SEALED_AGAIN,)

    def nobody_is_lost(self) -> None:
        """Each value opens to the digest that it had, whatever has died.

        What a kill left are keys besides: of values not written, or written since.
        """
        there = {key[:2] for key in self.keys()}
        assert there == {key[:2] for key in self.known}
        assert self.digests() == self.was
        assert lost(self.custody, self.numbers) == []
        self._values_open()

    def holds(self) -> None:
        """Every value of the level has a new key, every other one its own."""
        super().holds()
        was, now = (sorted(keys, key=str) for keys in (self.known, self.keys()))
        for old, new in zip(was, now, strict=True):
            assert old[:2] == new[:2]
            assert (old != new) is (old[1] == SEALED_AGAIN)
