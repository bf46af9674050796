"""Killed before and after every effect of the intake, one retry makes it whole."""

import dataclasses
from collections.abc import Iterator

import pytest

from custody.adapters.config import read_settings
from custody.application.ports import pass_by
from custody.bootstrap import open_custody
from tests.faults.country import Country
from tests.faults.points import kill_points
from tests.faults.site import open_site
from tests.faults.step import start_server
from tests.faults.walk import WHOLE_GRID_SECONDS, Death

pytestmark = pytest.mark.integration

TASKS_IN_SAMPLE = 10
SERVERS_IN_SAMPLE = 2
NO_DATABASE = {
    *("discover", "read_manifest", "hash", "escrow", "export.seal", "announce"),
    *("hide", "overwrite", "unlink", "prune", "erase.tell", "quarantine.tell"),
}
"""Where nothing of the database is under way."""


@pytest.fixture(scope="module")
def country() -> Iterator[Country]:
    """A site of its own: its server is killed too."""
    start_server()
    with open_site(unborn=True) as site:
        country = Country(site)
        country.pass_once()
        yield country


@pytest.mark.long
def test_every_kill_point_is_passed_on_one_of_the_roads(country: Country) -> None:
    """Tested = found: a new effect without a road to it turns this red."""
    tested = {death.point for _, death in country.deaths()}

    assert tested == set(kill_points())


_LONE = {
    "unlink",  # before it stands `overwrite.after`
    "keys.copy",  # before it stands `seal.after`
    "export",  # after it stands `export.mark.before`
    "export.read_back",  # before it stands `export.put.after`
}


def test_every_effect_has_a_point_before_and_after() -> None:
    points = set(kill_points())
    effects = {point.rpartition(".")[0] for point in points - {"parse.block"}}

    for effect in effects - _LONE:
        assert {f"{effect}.before", f"{effect}.after"} <= points, effect


@pytest.mark.long
def test_what_is_shipped_listens_to_nothing(country: Country) -> None:
    """No listener is named in the package but the one that passes by."""
    shipped = open_custody(read_settings(country.environment))

    assert shipped.reached is pass_by


@pytest.mark.long
def test_a_task_killed_at_drawn_points_converges_in_one_retry(
    country: Country,
) -> None:
    drawn = country.rng.sample(country.deaths(), TASKS_IN_SAMPLE)

    for road, death in drawn:
        country.die(road, death)

    assert country.evidence_lost() == []


@pytest.mark.long
def test_a_server_killed_at_drawn_points_loses_nothing(country: Country) -> None:
    drawn = country.rng.sample(server_deaths(country), SERVERS_IN_SAMPLE)

    for road, death in drawn:
        process = country.site.postmaster()
        country.die(road, dataclasses.replace(death, process=process))

    assert country.evidence_lost() == []


def server_deaths(country: Country) -> list[tuple[str, Death]]:
    """Return the points at which the database is at work."""
    return [
        (road, death)
        for road, death in country.deaths()
        if death.point.rpartition(".")[0] not in NO_DATABASE
    ]


@pytest.mark.faults
@pytest.mark.timeout(WHOLE_GRID_SECONDS)
def test_a_task_killed_at_every_point_converges_in_one_retry(country: Country) -> None:
    for road, death in country.deaths():
        country.die(road, death)

    assert country.evidence_lost() == []


@pytest.mark.faults
@pytest.mark.timeout(WHOLE_GRID_SECONDS)
def test_a_server_killed_at_every_point_loses_nothing(country: Country) -> None:
    for road, death in server_deaths(country):
        process = country.site.postmaster()
        country.die(road, dataclasses.replace(death, process=process))

    assert country.evidence_lost() == []
