"""No byte of planted values outside the landed file while it exists, none after.

Deliveries take every way there is; then every byte is looked at of databases, WAL,
server log, logs, reports, home, off-site folders, quarantine, temporary files,
shared memory, and of the raw disk image that all of it lies on.
"""

import logging
import random
from collections.abc import Iterator

import pytest

from tests.faults.aftermath import (
    PARTNER_KEY,
    Aftermath,
    look_everywhere,
    take_every_way,
)
from tests.faults.canaries import KINDS, draw
from tests.faults.mounts import Image, ext4_image, may_mount
from tests.faults.scanner import Scanner
from tests.faults.site import Site, open_site

pytestmark = [pytest.mark.integration, pytest.mark.long]

UNFINISHED = {"seal", "check", "load", "export"}
"""Failing there leaves the landed file, which the next run needs."""


@pytest.fixture(scope="module")
def image() -> Iterator[Image | None]:
    """Mount a file system of the site's own, where this machine lets us."""
    if not may_mount():
        yield None
        return
    with ext4_image() as image:
        yield image


@pytest.fixture(scope="module")
def site(image: Image | None) -> Iterator[Site]:
    """A site whose programs write every log line there is into one file."""
    within = None if image is None else image.mounted
    with open_site(partner_key=PARTNER_KEY, within=within) as site:
        lines = logging.FileHandler(site.root / "python.log", encoding="utf-8")
        root = logging.getLogger()
        before = root.level
        root.addHandler(lines)
        root.setLevel(logging.DEBUG)
        yield site
        root.setLevel(before)
        root.removeHandler(lines)
        lines.close()


@pytest.fixture(scope="module")
def aftermath(site: Site, image: Image | None) -> Aftermath:
    """Take every way, look everywhere, heal, look again.

    pytest-randomly's seed gives the same values again.
    """
    after = Aftermath(site, random.getrandbits(32), image)
    take_every_way(after)
    look_everywhere(after)
    return after


@pytest.mark.parametrize("look", ["files", "files, server stopped", "files, healed"])
def test_no_plaintext_in_any_file(aftermath: Aftermath, look: str) -> None:
    assert aftermath.looks[look] == []


@pytest.mark.parametrize("look", ["tables", "tables, healed"])
def test_no_plaintext_in_any_row_of_any_table(aftermath: Aftermath, look: str) -> None:
    """Read through SQL: what lies there compressed or in pieces is whole."""
    assert aftermath.looks[look] == []


def test_the_landed_files_are_what_was_left_out(aftermath: Aftermath) -> None:
    """The twin of leaving them out: there the values lie until the healing run."""
    found = aftermath.looks["landing"]

    assert {one.canary.label for one in found} == UNFINISHED
    assert {one.canary.kind for one in found} == set(KINDS)
    assert all(not path.exists() for path in aftermath.landed.values())


@pytest.mark.mounts
def test_no_plaintext_on_the_raw_disk(aftermath: Aftermath) -> None:
    """Freed blocks and the file system's journal too; unfinished files are seen."""
    assert {one.canary.label for one in aftermath.looks["disk"]} == UNFINISHED
    assert aftermath.looks["disk, healed"] == []


@pytest.mark.mounts
def test_twin_a_file_that_is_only_unlinked_stays_on_the_raw_disk(
    site: Site, image: Image
) -> None:
    canaries = draw(random.getrandbits(32), "unlinked")
    path = site.temporary / "unlinked"
    path.write_text("\n".join(one.value for one in canaries.values()))
    image.settle()
    path.unlink()
    image.settle()

    found = list(Scanner(canaries.values()).scan_file(image.file, "image"))

    assert {one.canary.kind for one in found} == set(KINDS)
