"""A disk that fills up at any moment leaves nothing half done, and a retry heals.

Databases, write-ahead log, work folder, landing zone and off-site folders lie on one
file system; a ballast leaves so many times 64 KiB free.
"""

import os
from collections.abc import Iterator

import pytest

from tests.faults.country import Country
from tests.faults.mounts import tmpfs
from tests.faults.site import open_site
from tests.faults.step import start_server
from tests.faults.walk import WHOLE_GRID_SECONDS, walk

pytestmark = [pytest.mark.integration, pytest.mark.mounts]

DISK_BYTES = 512 * 1024 * 1024
STEP_BYTES = 64 * 1024
MOST_STEPS = 400
SAMPLE = (0, 1, 3, 6)
LAST = "erase.mark.after"


@pytest.fixture(scope="module")
def country() -> Iterator[Country]:
    """A site that has a file system for itself."""
    start_server()
    with tmpfs(DISK_BYTES) as disk, open_site(within=disk) as site:
        yield Country(site)


def fill(country: Country, *, leave: int) -> None:
    """Write a ballast that leaves so many bytes free."""
    site = country.site
    free = os.statvfs(site.root).f_bavail * os.statvfs(site.root).f_frsize
    with (site.root / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, max(free - leave, 1))


def fits(country: Country, steps: int, *, road: str = "many") -> bool:
    """Take an intake with so much room, give room, retry; whether it needed none."""
    site = country.site
    delivery_id = country.roads[road].land()
    fill(country, leave=steps * STEP_BYTES)
    heard = walk(country.environment)
    (site.root / "ballast").unlink()
    site.server.start()
    country.retry()
    country.holds(country.roads[road], delivery_id, crashed=True)
    return LAST in (heard or [])


@pytest.mark.long
def test_a_disk_that_is_full_after_some_growth_loses_nothing(country: Country) -> None:
    done = [fits(country, steps) for steps in SAMPLE]

    assert country.evidence_lost() == []
    assert not done[0]


@pytest.mark.faults
@pytest.mark.timeout(WHOLE_GRID_SECONDS)
def test_a_disk_that_is_full_after_any_growth_loses_nothing(country: Country) -> None:
    """Every 64 KiB, until the whole delivery fits."""
    steps = 0
    while not fits(country, steps):
        steps += 1
        assert steps < MOST_STEPS

    assert country.evidence_lost() == []
    print(f"{steps} points of growth")  # noqa: T201 - what was tried
    assert steps > 1
