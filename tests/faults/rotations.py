"""A site whose keys are rotated, in a process that may die at any kill point."""

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
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
from custody.errors import ConflictError
from tests.faults.moulds import CUSTOMERS, Mould
from tests.faults.site import Site
from tests.faults.survivors import lost
from tests.faults.walk import Death, walk

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
class Rotations:
    """The site as it was loaded, and what must be the same after each rotation."""

    site: Site
    numbers: tuple[str, ...]
    work: Callable[..., object] = rotate
    levels: tuple[Level, ...] = LEVELS_FROM_HIGH
    passed: list[str] = dataclasses.field(default_factory=list)

    @property
    def custody(self) -> Custody:
        """Custody as this process has it."""
        return self.site.installation.custody

    @classmethod
    def of(cls, mould: Mould) -> Self:
        """Take the loaded site."""
        return cls(mould.site, tuple(one.number for one in mould.persons))

    @contextlib.contextmanager
    def copy(self) -> Iterator[Self]:
        """Lend a copy of it, to be spoilt."""
        with self.site.copy() as site:
            yield dataclasses.replace(self, site=site)

    def walk(self, before: dt.datetime, death: Death | None = None) -> list[str] | None:
        """Rotate in a process; return what it passed, None when it was killed."""
        work = partial(self.work, before=before)
        return walk(self.site.installation.environment, death, work=work)

    def pass_once(self) -> None:
        """Rotate a copy unharmed, and note what is passed."""
        with self.copy() as whole:
            former, keys = whole.opened(), whole.keys()
            self.passed = whole.walk(whole.custody.clock.now()) or []
            whole.holds(former, keys)

    def deaths(self) -> list[Death]:
        """Return the first and the last visit of each point of a rotation."""
        found = {}
        for point in self.passed:
            for visit in (1, self.passed.count(point)):
                found[point, visit] = Death(point, visit)
        return list(found.values())

    def die(self, death: Death, *, server: bool = False) -> None:
        """Rotate a copy, die, rotate once more, and look whether everything holds."""
        print(death, "server" if server else "")  # noqa: T201 - what failed is last
        with self.copy() as one:
            former, keys = one.opened(), one.keys()
            before = one.custody.clock.now()
            process = one.site.postmaster() if server else None
            heard = one.walk(before, dataclasses.replace(death, process=process))
            assert heard is None or server, f"{death} survived"
            if server:
                one.site.server.start()
            one.nobody_is_lost(keys)
            one._retry(before)
            one.holds(former, keys)
            assert one.evidence_lost() == []

    def _retry(self, before: dt.datetime) -> None:
        """Rotate again; the server may take a moment to see who died."""
        for _ in range(20):
            try:
                self.work(self.custody, before=before)
            except ConflictError:
                continue
            return
        raise AssertionError("what died still holds the lock")

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

    def nobody_is_lost(self, keys: list[tuple[object, ...]]) -> None:
        """Every key is there, once, and opens where it is, whatever has died."""
        assert self.keys() == keys
        assert lost(self.custody, self.numbers) == []

    def holds(self, former: list[EpochId], keys: list[tuple[object, ...]]) -> None:
        """Each level has exactly its next epoch; the former one is gone for good."""
        opened = self.opened()
        assert [one.number for one in opened] == [
            one.number + (one.level in self.levels) for one in former
        ]
        assert set(self.custody.keyring(roles.KEYRING_LOADER).living()) == set(opened)
        for epoch in set(former) - set(opened):
            assert epoch.purpose is Purpose.LIVE
            assert self.custody.provider.state(epoch).name == "destroyed"
            assert self._told(epoch) in {1, 2}
        self.nobody_is_lost(keys)
        self._values_open()
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

    work: Callable[..., object] = seal_again
    levels: tuple[Level, ...] = (SEALED_AGAIN,)
    before: list[tuple[object, ...]] = dataclasses.field(default_factory=list)

    @classmethod
    def of(cls, mould: Mould) -> Self:
        """Take the loaded site, and remember every content digest."""
        made = super().of(mould)
        made.before = made.digests()
        return made

    def nobody_is_lost(self, keys: list[tuple[object, ...]]) -> None:
        """Each value opens to the digest that it had, whatever has died.

        What a kill left are keys besides: of values not written, or written since.
        """
        there = {key[:2] for key in self.keys()}
        assert there == {key[:2] for key in keys}
        assert self.digests() == self.before
        assert lost(self.custody, self.numbers) == []
        self._values_open()

    def holds(self, former: list[EpochId], keys: list[tuple[object, ...]]) -> None:
        """Every value of the level has a new key, every other one its own."""
        super().holds(former, keys)
        now = self.keys()
        assert len(now) == len(keys)
        for old, new in zip(sorted(keys, key=str), sorted(now, key=str), strict=True):
            assert old[:2] == new[:2]
            assert (old != new) is (old[1] == SEALED_AGAIN)
