"""Killed at any step of a month's planting: the next is whole, and nobody remains."""

import dataclasses
from collections.abc import Iterator

import pytest

from custody.adapters import roles
from custody.bootstrap import Custody
from custody.crypto import signing
from custody.domain.controls import KEPT, LEVEL
from custody.domain.epochs import Purpose
from custody.domain.ledger_check import verify_lines
from custody.errors import ConflictError
from tests.faults.points import kill_points, walked
from tests.faults.site import Site, open_site
from tests.faults.step import start_server
from tests.faults.walk import Death, walk

pytestmark = pytest.mark.integration

SAMPLE = ("drill.rows.after", "drill.end.after")
"""Where what is kept, what lies on the media and what is told differ most."""


def plant(custody: Custody) -> object:
    """Let a month pass."""
    return custody.plant_controls()


@dataclasses.dataclass
class Plantings:
    """A site with controls, and what a month passes."""

    site: Site
    passed: list[str] = dataclasses.field(default_factory=list)

    @property
    def custody(self) -> Custody:
        """Custody as this process has it."""
        return self.site.installation.custody

    def pass_once(self) -> None:
        """Plant twice, the second time heard."""
        plant(self.custody)
        self.passed = walk(self.site.installation.environment, work=plant) or []
        self.holds()

    def deaths(self) -> Iterator[Death]:
        """Yield the first and the last visit of each point of a planting's own."""
        for point in dict.fromkeys(self.passed):
            if point.startswith("drill."):
                yield from {
                    Death(point, visit) for visit in (1, self.passed.count(point))
                }

    def die(self, death: Death) -> None:
        """Plant, die, plant once more, and look whether everything holds."""
        print(death)  # noqa: T201 - what failed is told last
        heard = walk(self.site.installation.environment, death, work=plant)
        assert heard is None, f"{death} survived"
        for _ in range(20):
            try:
                plant(self.custody)
            except ConflictError:  # the server may take a moment to see who died
                continue
            break
        self.holds()

    def holds(self) -> None:
        """As many live as ever, under the open epoch; every other one has ended."""
        custody = self.custody
        rows = custody.plant_controls.book.all()
        epoch = custody.rekey_epochs.open_of(Purpose.DRILL, LEVEL)
        assert rows.height == KEPT
        assert set(rows["epoch"]) == {str(epoch)}
        living = custody.keyring(roles.KEYRING_OWNER).living()
        assert [one for one in living if one.purpose is Purpose.DRILL] == [epoch]
        for medium in custody.media:
            assert list(custody.examine_controls(medium)) == []
        pins = [signing.fingerprint(custody.public_keys.ledger)]
        lines = list(custody.ledger.lines())
        assert verify_lines(lines, verify=signing.verify_labelled, pins=pins).holds


@pytest.fixture(scope="module")
def plantings() -> Iterator[Plantings]:
    """A site of its own, without a customer."""
    start_server()
    with open_site() as site:
        made = Plantings(site)
        made.pass_once()
        yield made


@pytest.mark.long
def test_every_kill_point_of_a_planting_is_passed(plantings: Plantings) -> None:
    """Tested = found."""
    assert walked("drill.", plantings.passed) == set(kill_points("drill."))


@pytest.mark.long
def test_a_planting_killed_where_it_matters_is_whole_in_one_retry(
    plantings: Plantings,
) -> None:
    deaths = list(plantings.deaths())
    for point in SAMPLE:
        plantings.die(next(death for death in deaths if death.point == point))


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_planting_killed_anywhere_is_whole_in_one_retry(
    plantings: Plantings,
) -> None:
    for death in plantings.deaths():
        plantings.die(death)
