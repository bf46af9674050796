"""Killed at any step of a rotation, one retry makes it whole and nobody is lost."""

import pytest

from tests.faults.moulds import Mould
from tests.faults.points import kill_points, walked
from tests.faults.rotations import Resealings, Rotations
from tests.faults.walk import FAULT, Death

pytestmark = pytest.mark.integration

ROTATED = Death("rekey.destroy.after", 3)
"""The last epoch is destroyed at its provider, and the keyring does not know."""
SEALED_AGAIN = Death("rekey.reseal.before", 3)
"""Fresh keys of the last batch are there, and their values are not."""


@pytest.fixture(scope="module")
def rotations(mould: Mould) -> Rotations:
    """The loaded site, whose epochs are rotated on copies."""
    rotations = Rotations.of(mould)
    rotations.pass_once()
    return rotations


@pytest.fixture(scope="module")
def resealings(mould: Mould) -> Resealings:
    """The same, one level of which is sealed again."""
    resealings = Resealings.of(mould)
    resealings.pass_once()
    return resealings


@pytest.mark.long
def test_every_kill_point_of_a_rekey_is_passed(
    rotations: Rotations, resealings: Resealings
) -> None:
    """Tested = found."""
    heard = rotations.passed + resealings.passed

    assert not [point for point in heard if point.startswith(FAULT)]
    assert walked("rekey.", heard) == set(kill_points("rekey."))


def test_every_effect_of_a_rekey_has_a_point_before_and_after() -> None:
    points = set(kill_points("rekey."))

    for effect in {point.rpartition(".")[0] for point in points}:
        assert {f"{effect}.before", f"{effect}.after"} <= points, effect


@pytest.mark.long
def test_a_rotation_killed_where_it_matters_converges_in_one_retry(
    rotations: Rotations,
) -> None:
    assert ROTATED in rotations.deaths()
    rotations.die(ROTATED)


@pytest.mark.long
def test_a_sealing_again_killed_where_it_matters_converges_in_one_retry(
    resealings: Resealings,
) -> None:
    assert SEALED_AGAIN in resealings.deaths()
    resealings.die(SEALED_AGAIN)


@pytest.mark.long
def test_a_server_killed_while_an_epoch_ends_loses_nothing(
    rotations: Rotations,
) -> None:
    rotations.die(ROTATED, server=True)

    assert rotations.site.server.running()


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_rotation_killed_anywhere_converges_in_one_retry(
    rotations: Rotations,
) -> None:
    """At the birth and escrow of a successor too, and at the last visit of each."""
    for death in rotations.deaths():
        rotations.die(death)

    assert rotations.deaths()


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_sealing_again_killed_anywhere_converges_in_one_retry(
    resealings: Resealings,
) -> None:
    for death in resealings.deaths():
        resealings.die(death)

    assert resealings.deaths()


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("road", ["rotations", "resealings"])
def test_a_server_killed_anywhere_under_a_rekey_loses_nothing(
    road: str, rotations: Rotations, resealings: Resealings
) -> None:
    walks = {"rotations": rotations, "resealings": resealings}[road]

    for death in walks.deaths():
        if death.point.startswith(("rekey.", "keys.")):
            walks.die(death, server=True)

    assert walks.deaths()
