"""A site, the roads that deliveries take through it, and what must hold at their end.

The invariants are those of `docs/threats.md`: each row exactly once (I1), nothing in
plain (I2), a ledger that verifies and tells of each effect once (I3), a key for each
value (I4), one retry and no manual step (I8), nothing left behind (I9).
"""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import text

from custody.adapters import durable, roles
from custody.adapters.roles import WAREHOUSE_DATABASE
from custody.adapters.warehouse.index_epochs import PostgresIndexEpochs
from custody.application.keys import escrow_folder, escrow_path
from custody.crypto import signing
from custody.domain.delivery import DeliveryId
from custody.domain.ledger import read_line
from custody.domain.ledger_check import verify_lines
from custody.domain.levels import LEVELS_FROM_HIGH
from custody.errors import ConflictError
from tests.faults.roads import Road, roads
from tests.faults.scanner import Scanner
from tests.faults.site import Site
from tests.faults.walk import FAULT, Death, opened, take_intake, walk


class Country:
    """A site, its roads, and the points that each road passes."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.seed = random.getrandbits(32)
        self.rng = random.Random(self.seed)  # noqa: S311 - which points are drawn
        print(f"seed {self.seed}")  # noqa: T201 - so that a failure can be repeated
        self.roads = roads(site, self.seed)
        self.born = 0
        self.passed: dict[str, list[str]] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        """What a task of the site is told."""
        return self.site.installation.environment

    def pass_once(self) -> None:
        """Take each road unharmed, and note what is passed."""
        for name, road in self.roads.items():
            if name == "many":
                continue
            delivery_id = road.land()
            self.passed[name] = walk(self.environment) or []
            assert not any(one.startswith(FAULT) for one in self.passed[name])
            self.holds(road, delivery_id)
        self.passed["birth"] = walk(self.unborn(), born=False) or []

    def unborn(self) -> Mapping[str, str]:
        """Return the environment of an installation without an epoch."""
        self.born += 1
        return self.site.bear(f"birth{self.born}")

    def deaths(self) -> list[tuple[str, Death]]:
        """Return every visit of each point, on the first road that makes it."""
        found: dict[Death, str] = {}
        for road, heard in self.passed.items():
            for at, point in enumerate(heard, start=1):
                found.setdefault(Death(point, heard[:at].count(point)), road)
        return [(road, death) for death, road in found.items()]

    # --- dying ----------------------------------------------------------------

    def die(self, road: str, death: Death) -> None:
        """Land, die, retry once, and look whether everything holds."""
        print(f"{death} on {road}")  # noqa: T201 - what failed is told last
        if road == "birth":
            self._die_at_birth(death)
            return
        on = self.roads[road]
        delivery_id = on.land()
        heard = walk(self.environment, death)
        assert heard is None or death.process is not None, f"{death} survived"
        if death.process is not None:
            self.site.server.start()
        self.retry()
        self.holds(on, delivery_id, crashed=death.process is not None)

    def retry(self) -> None:
        """Take the intake again; the server may take a moment to see who died."""
        for _ in range(200):
            try:
                take_intake(self.site.installation.custody)
            except ConflictError:
                continue
            return
        pytest.fail("what died still holds its delivery")

    def _die_at_birth(self, death: Death) -> None:
        environment = self.unborn()
        heard = walk(environment, death, born=False)
        assert heard is None or death.process is not None, f"{death} survived"
        if death.process is not None:
            self.site.server.start()
        custody = opened(environment)
        born = custody.prepare()
        keyring = custody.keyring(roles.KEYRING_LOADER)
        opened_now = {keyring.open_epoch(level) for level in LEVELS_FROM_HIGH}
        index = PostgresIndexEpochs(custody.loader).open_number()
        assert set(born) >= opened_now
        assert {one.number for one in set(born) - opened_now} == {index}
        for epoch in custody.provider.epochs():
            assert custody.provider.open(epoch)
            for medium in custody.media:
                (path,) = medium.list(escrow_folder(epoch))
                tag = custody.public_keys.media[medium.name].tag
                assert escrow_path(epoch, medium.read(path), tag) == path
        self.nothing_left(Path(environment["CUSTODY_HOME"]))

    # --- what must hold -------------------------------------------------------

    def holds(
        self, road: Road, delivery_id: DeliveryId, *, crashed: bool = False
    ) -> None:
        """Each row once, its value with its key, each effect told once.

        `crashed`: a database that recovered has lost its UNLOGGED staging, so the
        delivery was sealed and checked again, and the ledger tells that too.
        """
        assert self.site.installation.tally(delivery_id) == road.tally
        loaded = road.tally.loaded
        assert self.count(_LOADED, delivery_id) == (loaded,) * 4
        assert self.count(_STAGED, delivery_id) == (0,)
        self.keys_hold(delivery_id)
        kinds = [
            read_line(line).kind
            for line in self.site.installation.custody.ledger.lines()
            if read_line(line).subject == delivery_id
        ]
        again = _MADE_AGAIN if crashed else set()
        assert set(kinds) == set(road.ledger)
        assert all(kinds.count(kind) == 1 for kind in set(kinds) - again), kinds
        assert not (self.site.home / "landing" / delivery_id).exists()
        self.nothing_left(self.site.home)

    def keys_hold(self, delivery_id: DeliveryId) -> None:
        """Each sealed value has the key that it names."""
        custody = self.site.installation.custody
        engine = custody.warehouse(roles.WAREHOUSE_OWNER)
        with engine.connect() as connection:
            rows = connection.execute(text(_VALUES), {"id": delivery_id}).all()
        keys = custody.keyring(roles.KEYRING_EXPORTER).wrapped([r.handle for r in rows])
        known = {
            (row["handle"], row["level"], row["key_id"])
            for row in keys.iter_rows(named=True)
        }
        assert {tuple(row) for row in rows} <= known

    def count(self, query: str, delivery_id: DeliveryId) -> tuple[int, ...]:
        """Return the numbers that a query gives."""
        engine = self.site.installation.custody.warehouse(roles.WAREHOUSE_OWNER)
        with engine.connect() as connection:
            row = connection.execute(text(query), {"id": delivery_id}).one()
        return tuple(int(cell) for cell in row)

    def nothing_left(self, home: Path) -> None:
        """No unfinished file, no folder for a moment's work, no lock in a database."""
        left = list(home.rglob(f"{durable.TEMPORARY}*"))
        work = home / "work"
        left += list(work.iterdir()) if work.exists() else []
        left += list(self.site.temporary.glob("custody*"))
        assert left == []
        with self.site.connect(WAREHOUSE_DATABASE) as connection:
            held = connection.execute(_HELD).fetchall()
        assert held == []

    def evidence_lost(self) -> list[object]:
        """Return what the ledger's verification and the scan for plaintext find."""
        custody = self.site.installation.custody
        pins = [signing.fingerprint(custody.public_keys.ledger)]
        verdict = verify_lines(
            custody.ledger.lines(), verify=signing.verify_labelled, pins=pins
        )
        canaries = [one for road in self.roads.values() for one in road.canaries]
        return [*verdict.faults, *self.site.scan(Scanner(canaries))]


_MADE_AGAIN = {"sealed", "checked"}
_LOADED = (
    "SELECT count(*), count(DISTINCT handle), count(DISTINCT number),"
    " count(DISTINCT (business_date, row)) FROM register.record_version"
    " WHERE delivery_id = :id"
)
_STAGED = "SELECT count(*) FROM intake.staged_row WHERE delivery_id = :id"
_VALUES = (
    "SELECT v.handle, v.level, v.key_id FROM register.sealed_value v"
    " JOIN register.record_version r USING (handle) WHERE r.delivery_id = :id"
)
_HELD = (
    "SELECT locktype FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
    " WHERE locktype = 'advisory' OR a.state = 'idle in transaction'"
)
