"""Every byte of the ends of each object, and 1,000 drawn ones: verify sees the flip.

On a set whose values are larger than the ends that are looked at, so that there is a
middle; then every class of truncation, as far as an object is large enough for it.
"""

import random
from collections.abc import Iterator

import pytest

from tests.faults.flips import (
    FIRST_BYTES,
    LAST_BYTES,
    Flips,
    cut,
    drawn,
    edges,
    flipped,
    kind_of,
)
from tests.faults.site import open_site, website_file
from tests.faults.step import start_server
from tests.faults.walk import WHOLE_GRID_SECONDS, take_intake

pytestmark = [pytest.mark.integration, pytest.mark.faults]

CUSTOMERS = 400
DRAWN = 1_000


@pytest.fixture(scope="module")
def flips() -> Iterator[Flips]:
    """A medium that a backup was written to, in memory."""
    start_server()
    with open_site() as site:
        content = website_file("flipped", CUSTOMERS)
        site.installation.put("website", content, name="rows.jsonl")
        custody = site.installation.custody
        take_intake(custody)
        custody.back_up.everywhere()
        assert all(one.holds for one in custody.verify_media())
        yield Flips.of(custody.media[0], custody.trust)


@pytest.mark.timeout(WHOLE_GRID_SECONDS)
def test_every_flip_is_noticed(flips: Flips) -> None:
    """A mask drawn for each position: of what is hashed every one is alike."""
    chance = random.Random("masks")  # noqa: S311 - positions
    looked = 0
    for path, content in flips.objects.items():
        positions = edges(content) + drawn(content, DRAWN, chance)
        for at in positions:
            other = next(flipped(content, (at,), chance.randrange(1, 256)))
            assert not flips.holds(path, other), f"{path} at {at}"
        looked += len(positions)

    sizes = {kind_of(path): len(one) for path, one in flips.objects.items()}
    print(f"{looked} flips; {sizes}")  # noqa: T201 - what was tried
    assert sizes["values"] > FIRST_BYTES + LAST_BYTES


@pytest.mark.timeout(WHOLE_GRID_SECONDS)
def test_every_truncation_is_noticed(flips: Flips) -> None:
    looked = [
        (path, name)
        for path, content in flips.objects.items()
        for name, other in cut(content).items()
        if not flips.holds(path, other)
    ]

    assert len(looked) == sum(len(cut(one)) for one in flips.objects.values())
    assert any(name.startswith("until") for _, name in looked)
