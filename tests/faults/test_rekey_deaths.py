"""Killed at any step of a rotation, one retry makes it whole and nobody is lost."""

import dataclasses
from collections.abc import Iterator

import pytest

from tests.faults.points import kill_points
from tests.faults.rotations import Resealings, Rotations
from tests.faults.site import open_site
from tests.faults.step import start_server
from tests.faults.walk import FAULT

pytestmark = pytest.mark.integration

_UNDER_WAY = {"rekey.batch.before", "rekey.destroy.after"}


@pytest.fixture(scope="module")
def rotations() -> Iterator[Rotations]:
    """A site of its own: its server is killed too."""
    start_server()
    with open_site() as site:
        rotations = Rotations(site)
        rotations.load()
        rotations.pass_once()
        yield rotations


@pytest.fixture(scope="module")
def resealings() -> Iterator[Resealings]:
    """Another site: one level is sealed again and again."""
    start_server()
    with open_site() as site:
        resealings = Resealings(site)
        resealings.load()
        resealings.pass_once()
        yield resealings


def test_every_kill_point_of_a_rekey_is_passed(
    rotations: Rotations, resealings: Resealings
) -> None:
    """Tested = found."""
    heard = rotations.passed + resealings.passed
    passed = {point for point in heard if point.startswith("rekey.")}

    assert not [point for point in heard if point.startswith(FAULT)]
    assert passed == set(kill_points("rekey."))


def test_every_effect_of_a_rekey_has_a_point_before_and_after() -> None:
    points = set(kill_points("rekey."))

    for effect in {point.rpartition(".")[0] for point in points}:
        assert {f"{effect}.before", f"{effect}.after"} <= points, effect


def test_a_rotation_killed_at_any_step_of_its_own_converges_in_one_retry(
    rotations: Rotations,
) -> None:
    for death in rotations.deaths():
        if death.point.startswith("rekey.") and death.visit == 1:
            rotations.die(death)

    assert rotations.evidence_lost() == []


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_a_rotation_killed_anywhere_converges_in_one_retry(
    rotations: Rotations,
) -> None:
    """At the birth and escrow of a successor too, and at the last visit of each."""
    for death in rotations.deaths():
        rotations.die(death)

    assert rotations.evidence_lost() == []


def test_a_sealing_again_killed_at_any_step_of_its_own_converges_in_one_retry(
    resealings: Resealings,
) -> None:
    for death in resealings.deaths():
        own = death.point.startswith(("rekey.reseal", "rekey.forget", "keys."))
        if own and death.visit == 1:
            resealings.die(death)

    assert resealings.evidence_lost() == []


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_a_sealing_again_killed_anywhere_converges_in_one_retry(
    resealings: Resealings,
) -> None:
    for death in resealings.deaths():
        resealings.die(death)

    assert resealings.evidence_lost() == []


def test_a_server_killed_under_a_rotation_loses_nothing(rotations: Rotations) -> None:
    """At the last batch of all, and while an epoch's end is under way."""
    for death in rotations.deaths():
        if death.visit > 1 and death.point in _UNDER_WAY:
            process = rotations.site.postmaster()
            rotations.die(dataclasses.replace(death, process=process))

    assert rotations.evidence_lost() == []


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_a_server_killed_anywhere_under_a_rotation_loses_nothing(
    rotations: Rotations,
) -> None:
    for death in rotations.deaths():
        if death.point.startswith("rekey."):
            process = rotations.site.postmaster()
            rotations.die(dataclasses.replace(death, process=process))

    assert rotations.evidence_lost() == []
