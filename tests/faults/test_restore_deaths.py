"""A restore that dies at any point: nobody may enter, and the next one succeeds."""

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from custody.adapters import roles
from custody.bootstrap import Custody
from custody.bootstrap.restore import RestoreFrom
from custody.domain.ledger import read_line
from custody.errors import ConfigurationError, WorldError
from tests.builders.destructions import bring
from tests.builders.restored import Target, empty_target
from tests.faults.points import kill_points
from tests.faults.site import Site, open_site
from tests.faults.step import start_server
from tests.faults.walk import Death, walk

pytestmark = pytest.mark.integration

CUSTOMERS = 3
SAMPLE = 1
LAST = "restore.open.after"
"""After the last transaction: what dies there has succeeded."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    start_server()
    with open_site() as site:
        bring(site.installation, CUSTOMERS - 1, seed=3)
        assert not site.installation.custody.back_up().faults
        bring(site.installation, 1, seed=4)
        site.installation.custody.copy_ledger()
        yield site


def _restore(custody: Custody, *, given: RestoreFrom) -> object:
    """Restore, in a process of its own."""
    return custody.restore(given)()


def _die(site: Site, home: Path, point: str) -> None:
    with empty_target(site.server, site.installation, home) as target:
        work = partial(_restore, given=target.given())

        assert walk(target.environment, Death(point), work=work) is None

        if point == LAST:
            _holds(target, runs=1)
            return
        with pytest.raises((ConfigurationError, WorldError)):
            list(target.opened().views.customers())
        target.restore()
        _holds(target, runs=1)


def _holds(target: Target, *, runs: int) -> None:
    custody = target.opened()
    assert len(list(custody.views.customers())) == CUSTOMERS
    kinds = [read_line(line).kind for line in custody.ledger.lines()]
    assert kinds.count("restored") == runs
    keyring = custody.keyring(roles.KEYRING_OWNER)
    held = {one: keyring.keys_left(one) for one in keyring.living()}
    assert sum(held.values()) == 3 * CUSTOMERS


@pytest.mark.long
def test_every_point_is_passed(site: Site, tmp_path: Path) -> None:
    """Tested = found: the walk below dies at each of them."""
    with empty_target(site.server, site.installation, tmp_path) as target:
        work = partial(_restore, given=target.given())
        heard = walk(target.environment, work=work)

    assert heard is not None
    assert {one for one in heard if one.startswith("restore.")} == set(
        kill_points("restore.")
    )


@pytest.mark.long
def test_a_restore_killed_at_a_drawn_point_starts_afresh(
    site: Site, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    drawn = random.Random(seed).sample(sorted(kill_points("restore.")), SAMPLE)  # noqa: S311 - a draw
    print(f"seed {seed}")  # noqa: T201 - what failed is told last

    for at, point in enumerate(drawn):
        _die(site, tmp_path / str(at), point)

    assert drawn


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_restore_killed_at_every_point_starts_afresh(
    site: Site, tmp_path: Path
) -> None:
    points = sorted(kill_points("restore."))

    for at, point in enumerate(points):
        _die(site, tmp_path / str(at), point)

    assert points
