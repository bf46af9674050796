"""A site, the roads that deliveries take through it, and what must hold at their end.

The invariants are those of `docs/threats.md`: each row exactly once (I1), nothing in
plain (I2), a ledger that verifies and tells of each effect once (I3), a key for each
value (I4), one retry and no manual step (I8), nothing left behind (I9).
"""

import dataclasses
import io
import random
from collections.abc import Callable, Mapping, Sequence
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
from custody.domain.outcome import Tally
from custody.errors import ConflictError
from tests.builders.deliveries import DAY
from tests.faults.canaries import Canary, draw
from tests.faults.scanner import Scanner
from tests.faults.site import Site, website_file
from tests.faults.walk import FAULT, Death, opened, take_intake, walk

ROWS = 6
"""Of each of two files: a first block, and one in the middle."""

MANY = 300
"""Rows that make every file and table grow."""


@dataclasses.dataclass
class Road:
    """One way of a delivery: what is landed, and how it must end."""

    name: str
    site: Site
    seed: int
    ledger: tuple[str, ...]
    tally: Tally
    canaries: list[Canary] = dataclasses.field(default_factory=list)
    landed: int = 0

    def land(self) -> DeliveryId:
        """Land one delivery that nobody else brings."""
        self.landed += 1
        label = f"{self.name}-{self.landed}"
        canaries = draw(self.seed, label)
        self.canaries += canaries.values()
        files = [
            website_file(
                f"{self.seed}-{label}-{n}", ROWS, canaries=canaries if not n else None
            )
            for n in range(2)
        ]
        return _LANDS[self.name](self.site, files)


def _land(site: Site, files: Sequence[bytes]) -> DeliveryId:
    streams = {f"{n}.jsonl": io.BytesIO(content) for n, content in enumerate(files)}
    custody = site.installation.custody
    return custody.deliver("website", streams, business_date=DAY).delivery_id


def _land_good(site: Site, files: Sequence[bytes]) -> DeliveryId:
    """Two files, one row of which is cut short."""
    first, second = files
    return _land(site, [first, second[:-3] + b"\n"])


def _land_unreadable(site: Site, files: Sequence[bytes]) -> DeliveryId:
    return _land(site, [files[0].decode().encode("utf-16-le")])


def _land_tampered(site: Site, files: Sequence[bytes]) -> DeliveryId:
    """The file is not the one of the manifest."""
    delivery_id = _land(site, [b"{}\n", b"{}\n"])
    (site.home / "landing" / delivery_id / "0.jsonl").write_bytes(files[0])
    return delivery_id


def _land_many(site: Site, files: Sequence[bytes]) -> DeliveryId:
    """Enough to make every file grow."""
    more = website_file(f"many-{hash(files[0])}", MANY)
    return _land(site, [files[0], more])


_LANDS: Mapping[str, Callable[[Site, Sequence[bytes]], DeliveryId]] = {
    "good": _land_good,
    "many": _land_many,
    "unreadable": _land_unreadable,
    "tampered": _land_tampered,
}
_ENDS = {
    "good": (
        ("admitted", "sealed", "checked", "loaded", "exported", "erased"),
        Tally(read=2 * ROWS, loaded=2 * ROWS - 1, quarantined=1),
    ),
    "many": (
        ("admitted", "sealed", "checked", "loaded", "exported", "erased"),
        Tally(read=ROWS + MANY, loaded=ROWS + MANY),
    ),
    "unreadable": (("admitted", "quarantined", "erased"), Tally()),
    "tampered": (("quarantined", "erased"), Tally()),
}


class Country:
    """A site, its roads, and the points that each road passes."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.seed = random.getrandbits(32)
        self.rng = random.Random(self.seed)  # noqa: S311 - which points are drawn
        print(f"seed {self.seed}")  # noqa: T201 - so that a failure can be repeated
        self.roads = {
            name: Road(name, site, self.seed, *ends) for name, ends in _ENDS.items()
        }
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
        """Return each point on the first road that passes it, first and last visit."""
        found: dict[tuple[str, int], tuple[str, Death]] = {}
        for road, heard in self.passed.items():
            for point in heard:
                last = heard.count(point)
                found.setdefault((point, 1), (road, Death(point)))
                found.setdefault(
                    (point, min(last, 2)), (road, Death(point, min(last, 2)))
                )
        return list(found.values())

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
                assert escrow_path(epoch, medium.read(path)) == path
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
