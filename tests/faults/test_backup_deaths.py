"""Killed at any step of a backup: no half set is one, and the next run is whole."""

import dataclasses
import datetime as dt
from collections.abc import Iterator

import pytest

from custody.bootstrap import Custody
from custody.crypto import signing
from custody.domain.ledger import read_line
from custody.domain.ledger_check import verify_lines
from custody.errors import ConflictError
from tests.faults.points import kill_points, walked
from tests.faults.site import Site, open_site, website_file
from tests.faults.step import start_server
from tests.faults.walk import Death, take_intake, walk

pytestmark = pytest.mark.integration

SAMPLE = ("backup.care.after", "backup.manifest.after", "backup.remove.before")
"""Where what lies on the media and what is told differ most."""
SERVER_SAMPLE = ("backup.table.before", "backup.told.before")
"""In the middle of the snapshot; when the sets are good and nobody was told."""
CUSTOMERS = 5


PAST = dt.date(2026, 1, 1)
LEFT = "objects/full/20260101-left/000001.parquet.age"


def back_up(custody: Custody) -> object:
    """Care for escrows, back up, and let go what is over, as the DAGs do."""
    custody.care_for_escrows.insist()
    name = custody.back_up.everywhere()
    custody.expire_sets()
    return name


@dataclasses.dataclass
class Backups:
    """A site that is backed up, and what a backup passes."""

    site: Site
    passed: list[str] = dataclasses.field(default_factory=list)

    @property
    def custody(self) -> Custody:
        """Custody as this process has it."""
        return self.site.installation.custody

    def pass_once(self) -> None:
        """Back up unharmed, and note what is passed."""
        before = self.prepared()
        heard = walk(self.site.installation.environment, work=back_up)
        self.passed = heard or []
        self.holds(before, more=1)

    def deaths(self) -> Iterator[Death]:
        """Yield the first and the last visit of each point of a backup's own."""
        for point in dict.fromkeys(self.passed):
            if point.startswith("backup."):
                yield from {
                    Death(point, visit) for visit in (1, self.passed.count(point))
                }

    def die(self, death: Death, *, server: bool = False) -> None:
        """Back up, die, back up once more, and look whether everything holds."""
        process = self.site.postmaster() if server else None
        death = dataclasses.replace(death, process=process)
        print(death)  # noqa: T201 - what failed is told last
        before = self.prepared()
        heard = walk(self.site.installation.environment, death, work=back_up)
        assert heard is None or server, f"{death} survived"
        if server:
            self.site.server.start()
        for manifest in self.sets() - before:
            assert self.is_whole(*manifest), "a half set is marked good"
        before = self.sets()
        self.retry()
        self.holds(before, more=1)

    def prepared(self) -> set[tuple[str, str]]:
        """Lose an escrow and leave what is over on a medium; return the sets."""
        medium = self.custody.media[0]
        for path in medium.list("escrow/live/low/"):
            for file in (path, f"{path}.lock"):
                (self.site.home / "offsite" / medium.name / file).unlink()
        medium.put(LEFT, b"sealed", locked_until=PAST)
        return self.sets()

    def retry(self) -> None:
        """Back up once more; the server may take a moment to see who died."""
        for _ in range(20):
            try:
                back_up(self.custody)
            except ConflictError:
                continue
            return
        raise AssertionError("what died still holds the lock")

    def sets(self) -> set[tuple[str, str]]:
        """Return medium and name of every set that is believed."""
        return {
            (medium.name, one.name)
            for medium in self.custody.media
            for one in self.custody.full_sets.listed(medium)
            if one.full is not None
        }

    def is_whole(self, name: str, wanted: str) -> bool:
        """Whether a set reads back."""
        (medium,) = [one for one in self.custody.media if one.name == name]
        return any(
            one.name == wanted and self.custody.full_sets.is_whole(medium, one)
            for one in self.custody.full_sets.listed(medium)
        )

    def holds(self, before: set[tuple[str, str]], *, more: int) -> None:
        """As many whole sets more on every medium, the newest of them told."""
        new = self.sets() - before
        assert len(new) == more * len(self.custody.media)
        assert all(self.is_whole(*one) for one in new)
        lines = list(self.custody.ledger.lines())
        told = [line for line in map(read_line, lines) if line.kind == "backed_up"]
        assert told[-1].body["set"] in {name for _, name in new}
        assert told[-1].body["failed"] == []
        pins = [signing.fingerprint(self.custody.public_keys.ledger)]
        assert verify_lines(lines, verify=signing.verify_labelled, pins=pins).holds
        assert not any(medium.list(LEFT) for medium in self.custody.media)
        assert all(one.holds for one in self.custody.care_for_escrows())
        left = self.site.home / "work"
        assert not [one for one in left.rglob("*") if one.is_file()]


@pytest.fixture(scope="module")
def backups() -> Iterator[Backups]:
    """A site of its own, with some customers."""
    start_server()
    with open_site() as site:
        content = website_file("backed-up", CUSTOMERS)
        site.installation.put("website", content, name="rows.jsonl")
        take_intake(site.installation.custody)
        backups = Backups(site)
        backups.pass_once()
        yield backups


@pytest.mark.long
def test_every_kill_point_of_a_backup_is_passed(backups: Backups) -> None:
    """Tested = found."""
    assert walked("backup.", backups.passed) == set(kill_points("backup."))


def test_every_effect_of_a_backup_has_a_point_before_and_after() -> None:
    points = set(kill_points("backup."))

    for effect in {point.rpartition(".")[0] for point in points}:
        assert {f"{effect}.before", f"{effect}.after"} <= points, effect


@pytest.mark.long
def test_a_backup_killed_where_it_matters_is_whole_in_one_retry(
    backups: Backups,
) -> None:
    deaths = list(backups.deaths())
    for point in SAMPLE:
        backups.die(next(death for death in deaths if death.point == point))


@pytest.mark.long
def test_a_server_killed_where_it_matters_leaves_no_half_set(backups: Backups) -> None:
    deaths = list(backups.deaths())
    for point in SERVER_SAMPLE:
        backups.die(next(one for one in deaths if one.point == point), server=True)


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_server_killed_anywhere_under_a_backup_leaves_no_half_set(
    backups: Backups,
) -> None:
    for death in backups.deaths():
        backups.die(death, server=True)


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_backup_killed_anywhere_is_whole_in_one_retry(backups: Backups) -> None:
    for death in backups.deaths():
        backups.die(death)
