"""A site whose keys are rotated, in a process that may die at any kill point."""

import dataclasses
import datetime as dt
from functools import partial

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
from custody.domain.levels import LEVELS_FROM_HIGH
from custody.errors import ConflictError
from tests.faults.site import Site, website_file
from tests.faults.walk import Death, take_intake, walk

CUSTOMERS = 7
BATCH = 3
"""So small that each level takes several."""

_KEYS = "SELECT handle, level, key_id FROM keyring.data_key ORDER BY handle, level"
_VALUES = "SELECT handle, level, key_id FROM register.sealed_value"
_TABLES = (
    "SELECT count(*) FROM pg_inherits WHERE inhparent = 'keyring.data_key'::regclass"
)
_ADVISORY = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"


def rotation_of(custody: Custody) -> RotateEpochs:
    """Return the use case with small batches."""
    rotate = custody.rotate_epochs
    return dataclasses.replace(
        rotate, rekey=dataclasses.replace(rotate.rekey, batch=BATCH)
    )


def rotate(custody: Custody, *, before: dt.datetime) -> object:
    """Rotate every level."""
    return rotation_of(custody)(before=before)


@dataclasses.dataclass
class Rotations:
    """The site, and what must be the same after each rotation."""

    site: Site
    passed: list[str] = dataclasses.field(default_factory=list)

    @property
    def custody(self) -> Custody:
        """Custody as this process has it."""
        return self.site.installation.custody

    def load(self) -> None:
        """Load customers with values of every level."""
        content = website_file("rotated", CUSTOMERS)
        self.site.installation.put("website", content, name="rows.jsonl")
        take_intake(self.custody)
        assert self.keys()

    def pass_once(self) -> None:
        """Rotate unharmed, and note what is passed."""
        former, keys = self.opened(), self.keys()
        before = self.custody.clock.now()
        self.passed = (
            walk(
                self.site.installation.environment,
                work=partial(rotate, before=before),
            )
            or []
        )
        self.holds(former, keys)

    def deaths(self) -> list[Death]:
        """Return the first and the last visit of each point of a rotation."""
        found = {}
        for point in self.passed:
            for visit in (1, self.passed.count(point)):
                found[point, visit] = Death(point, visit)
        return list(found.values())

    def die(self, death: Death) -> None:
        """Rotate, die, rotate once more, and look whether everything holds."""
        print(death)  # noqa: T201 - what failed is told last
        former, keys = self.opened(), self.keys()
        before = self.custody.clock.now()
        heard = walk(
            self.site.installation.environment,
            death,
            work=partial(rotate, before=before),
        )
        assert heard is None or death.process is not None, f"{death} survived"
        if death.process is not None:
            self.site.server.start()
        self.nobody_is_lost(keys)
        self._retry(before)
        self.holds(former, keys)

    def _retry(self, before: dt.datetime) -> None:
        """Rotate again; the server may take a moment to see who died."""
        for _ in range(20):
            try:
                rotate(self.custody, before=before)
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
        rekey = rotation_of(self.custody).rekey
        living = self.custody.keyring(roles.KEYRING_LOADER).living()
        assert sum(map(rekey.verify, living)) == len(keys)

    def holds(self, former: list[EpochId], keys: list[tuple[object, ...]]) -> None:
        """Each level has exactly its next epoch; the former one is gone for good."""
        opened = self.opened()
        assert [one.number for one in opened] == [one.number + 1 for one in former]
        assert set(self.custody.keyring(roles.KEYRING_LOADER).living()) == set(opened)
        for epoch in former:
            assert epoch.purpose is Purpose.LIVE
            assert self.custody.provider.state(epoch).name == "destroyed"
            assert self._told(epoch) in {1, 2}
        self.nobody_is_lost(keys)
        self._values_open()
        with self.site.connect(KEYRING_DATABASE) as connection:
            assert connection.execute(_TABLES).fetchone() == (len(opened),)
            assert connection.execute(_ADVISORY).fetchone() == (0,)

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
