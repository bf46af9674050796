"""A medium that is full or goes in the middle of a backup bears no half set.

The other medium gets its whole set, who asked is told, nothing is written beside the
disk, and the next backup is whole on both (R65, R66).
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from custody.application.drafted_set import WrittenSet
from custody.application.ports import Reached, pass_by
from custody.bootstrap import Custody
from custody.errors import EvidenceError
from tests.faults.mounts import Bound, bound, tmpfs
from tests.faults.site import Site, open_site, website_file
from tests.faults.walk import WHOLE_GRID_SECONDS, opened, take_intake

pytestmark = [pytest.mark.integration, pytest.mark.mounts]

CUSTOMERS = 60
DISK_BYTES = 64 * 1024 * 1024
STEP_BYTES = 64 * 1024
MOST_STEPS = 60
FULL_SAMPLE = (0, 2, 5)
GONE_SAMPLE = ("backup.values.before", "backup.table.after", "backup.manifest.before")
UNREAD = "backup.manifest.after"
MINE = "a"


@dataclass
class Shore:
    """A site one of whose media lies at `mount`."""

    site: Site
    mount: Path
    heard: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    ear: Reached = pass_by

    @property
    def environment(self) -> Mapping[str, str]:
        """What a task is told."""
        installation = self.site.installation
        _, second = installation.custody.settings.offsite_urls
        urls = f"{self.mount.as_uri()}#{MINE},{second}"
        return {**installation.environment, "CUSTODY_OFFSITE_URLS": urls}

    @cached_property
    def custody(self) -> Custody:
        """Custody, with an ear."""
        return opened(self.environment, self._hear)

    def back_up(self, ear: Reached = pass_by) -> WrittenSet:
        """Back up; what a medium did not take is in its faults."""
        self.ear = ear
        try:
            return self.custody.back_up()
        finally:
            self.ear = pass_by

    def _hear(self, step: str) -> None:
        self.heard.append(step)
        self.ear(step)

    def holds(self, written: WrittenSet, *, unread: bool = False) -> None:
        """Whatever is believed is whole; the other medium has all of it.

        `unread`: a manifest was written and the disk went before it was read back.
        Then a whole set may lie there of which nobody was told.
        """
        custody = self.custody
        seen = {one.medium for one in written.seen}
        assert seen | set(written.faults) == {one.name for one in custody.media}
        assert not seen & set(written.faults)
        assert "b" in seen
        for medium in custody.media:
            believed = [
                one
                for one in custody.full_sets.listed(medium)
                if one.full is not None and one.name == written.name
            ]
            assert len(believed) == (medium.name in seen) or (unread and believed)
            assert all(custody.full_sets.is_whole(medium, one) for one in believed)
        work = self.site.home / "work"
        assert not [one for one in work.rglob("*") if one.is_file()]

    def heals(self) -> None:
        """The next backup is whole on both, and nothing unfinished lies there."""
        custody = self.custody
        name = custody.back_up.everywhere()
        assert all(one.holds for one in custody.verify_media(name))
        names = [one.name for one in self.mount.rglob("*")]
        assert not [one for one in names if one.startswith(".unfinished")]


@contextmanager
def loaded_site() -> Iterator[Site]:
    """A site with customers."""
    with open_site() as site:
        content = website_file("shore", CUSTOMERS)
        site.installation.put("website", content, name="rows.jsonl")
        take_intake(site.installation.custody)
        yield site


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """One for both kinds of medium."""
    with loaded_site() as site:
        yield site


# --- a disk that fills up -------------------------------------------------------------


@pytest.fixture(scope="module")
def small(site: Site) -> Iterator[Shore]:
    """The first medium on a file system of its own."""
    with tmpfs(DISK_BYTES) as disk:
        shutil.copytree(site.home / "offsite" / MINE, disk, dirs_exist_ok=True)
        yield Shore(site, disk)


def fits(shore: Shore, steps: int) -> bool:
    """Back up with so much room, give room, back up; whether it needed none."""
    status = os.statvfs(shore.mount)
    free = status.f_bavail * status.f_frsize
    ballast = shore.mount / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free - steps * STEP_BYTES, 1))
    written = shore.back_up()
    ballast.unlink()
    shore.holds(written)
    shore.heals()
    # What stands would fill the disk in the end: sets are alike.
    for folder in ("objects/full", "full"):
        shutil.rmtree(shore.mount / folder)
    return not written.faults


@pytest.mark.long
def test_a_disk_that_is_full_after_some_growth_bears_no_half_set(small: Shore) -> None:
    done = [fits(small, steps) for steps in FULL_SAMPLE]

    assert not done[0]


@pytest.mark.faults
@pytest.mark.timeout(WHOLE_GRID_SECONDS)
def test_a_disk_that_is_full_after_any_growth_bears_no_half_set(small: Shore) -> None:
    """Every 64 KiB, until a whole set fits."""
    steps = 0
    while not fits(small, steps):
        steps += 1
        assert steps < MOST_STEPS

    print(f"{steps} points of growth")  # noqa: T201 - what was tried
    assert steps > 1


# --- a disk that goes -----------------------------------------------------------------


@pytest.fixture(scope="module")
def binding(site: Site) -> Iterator[Bound]:
    """The first medium, mounted."""
    with bound(site.home / "offsite" / MINE, site.root / "mounted") as binding:
        yield binding


@pytest.fixture(scope="module")
def mounted(site: Site, binding: Bound) -> Shore:
    """What a whole backup passes there."""
    shore = Shore(site, binding.mounted)
    shore.holds(shore.back_up())
    shore.passed = list(shore.heard)
    return shore


def visits(shore: Shore) -> list[tuple[str, int]]:
    """Return the first and the last visit of each point of a backup's own."""
    own = [point for point in shore.passed if point.startswith("backup.")]
    return [(one, at) for one in dict.fromkeys(own) for at in {1, own.count(one)}]


def leaves(shore: Shore, binding: Bound, point: str, visit: int) -> WrittenSet:
    """Back up, unmount at a visit of a point, look, mount, back up."""
    print(f"unmounted at {point} ({visit})")  # noqa: T201 - what failed is told last
    shore.heard.clear()

    def hear(step: str) -> None:
        if step == point and shore.heard.count(point) == visit:
            binding.unmount()

    written = shore.back_up(hear)
    assert shore.heard.count(point) >= visit
    beside = list(binding.mounted.iterdir())
    binding.mount()
    assert not beside, "something was written under the mount"
    shore.holds(written, unread=point == UNREAD)
    shore.heals()
    return written


@pytest.mark.long
def test_a_disk_that_is_unmounted_where_it_matters_bears_no_half_set(
    mounted: Shore, binding: Bound
) -> None:
    for point in GONE_SAMPLE:
        assert list(leaves(mounted, binding, point, 1).faults) == [MINE], point


@pytest.mark.faults
@pytest.mark.timeout(WHOLE_GRID_SECONDS)
def test_a_disk_that_is_unmounted_anywhere_bears_no_half_set(
    mounted: Shore, binding: Bound
) -> None:
    for point, visit in visits(mounted):
        leaves(mounted, binding, point, visit)

    assert visits(mounted)


@pytest.mark.long
def test_twin_a_set_without_its_last_object_is_no_set(
    mounted: Shore, binding: Bound
) -> None:
    """What the grids look for is found when it is there."""
    written = mounted.back_up()
    newest = max((binding.source / "objects/full" / written.name).glob("*.age"))
    newest.unlink()

    with pytest.raises(AssertionError):
        mounted.holds(written)
    with pytest.raises(EvidenceError):
        mounted.custody.expire_sets()
